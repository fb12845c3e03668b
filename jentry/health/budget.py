"""The disk budget: how full it is, how long it will last, and whether it is kept."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from jentry import clock
from jentry.health.findings import Finding
from jentry.settings import Settings
from jentry.store import connection, disk, forecast, serving, upkeep

SILENT = timedelta(hours=1)
LEAST_SHARE = 10  # percent of the disk that is free, where there is no budget
OVER = 1.05  # times the budget


def budget(settings: Settings) -> Iterator[Finding]:
    sizes = (settings.disk_budget, settings.disk_reserve)
    with closing(connection.connect(settings.file)) as db, connection.snapshot(db):
        now = disk.measure(db, *sizes)
        yield Finding("budget", "ok", forecast.sentence(db, *sizes, clock.timestamp(clock.now())))
    if now.budget is None:
        if 100 * now.free < LEAST_SHARE * now.total:
            sentence = f"there is no disk budget, and less than {LEAST_SHARE} % of the disk is free"
            yield Finding("budget", "warning", sentence)
        return
    if now.files > OVER * now.budget:
        share = 100 * now.files // now.budget
        yield Finding("budget", "warning", f"the files take {share} % of the disk budget")
    is_served = serving.is_served(settings.file)
    if is_served and not disk.has_reserve(settings.file, settings.disk_reserve):
        yield Finding("budget", "warning", "there is no reserve for a disk that is full")


def jobs(settings: Settings) -> Iterator[Finding]:
    """What is to be done besides requests is done."""
    ran = upkeep.read(settings.db)
    for name, job in sorted(ran.items()):
        if job.error:
            yield Finding("upkeep", "warning", f"the job {name} fails: {job.error}")
    began = max((job.began_at or "" for job in ran.values()), default="")
    is_silent = began < clock.timestamp(clock.now() - SILENT)
    is_served = not isinstance(settings.db, Path) or serving.is_served(settings.db)
    if is_served and ran and is_silent:
        yield Finding("upkeep", "warning", "no job has run for an hour; see `jentry upkeep`")
