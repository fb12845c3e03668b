"""All jobs. `Job` and the package's docstring say how to add one."""

from collections.abc import Iterator
from pathlib import Path

from jentry.settings import Settings
from jentry.upkeep import (
    alerts,
    artifacts,
    backups,
    budget,
    canary,
    caps,
    conditions,
    deletions,
    erasures,
    heartbeat,
    regroups,
    retention,
    search,
    splits,
    symbolication,
)
from jentry.upkeep.job import Job


def jobs(settings: Settings) -> tuple[Job, ...]:
    """Those that the settings ask for."""
    found = [
        Job("conditions", conditions.run, every=60),
        Job("deletions", deletions.run, every=5),
        Job("erasures", erasures.run, every=5),
        Job("retention", retention.run, every=600),
        Job("caps", caps.run, every=300),
        Job("artifacts", artifacts.run, every=3600),
        Job("regroups", regroups.run, every=2),
        Job("splits", splits.run, every=2),
        Job("symbolication", symbolication.run, every=5),
        Job("daily retention", retention.run_daily, every=24 * 3600),
        Job("weekly retention", retention.run_weekly, every=7 * 24 * 3600),
        Job("usage", budget.note, every=300),
        Job("search", search.fill, every=60),
        Job("swept search", search.sweep, every=7 * 24 * 3600),
    ]
    if isinstance(settings.db, Path):
        found += _of_a_file(settings)
    if settings.alerts:
        found.append(Job("alerts", alerts.run, every=1))
    if settings.canary:
        found.append(Job("canary", canary.run, every=60, most_retry=60))
    if settings.heartbeat_url:
        found.append(Job("heartbeat", heartbeat.run, every=60, most_retry=60))
    return tuple(found)


def _of_a_file(settings: Settings) -> Iterator[Job]:
    """The room that it takes, and its copies: a server of PostgreSQL has its own ways."""
    yield Job("disk budget", budget.run, every=2)
    yield Job("former files", backups.remove_kept, every=24 * 3600)
    if settings.backup_dir:
        yield Job("backup", backups.run, daily_at=settings.backup_at)
