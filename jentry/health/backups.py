"""How old the latest backup is, and where it lies."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from jentry import clock
from jentry.health.findings import Finding
from jentry.settings import Settings
from jentry.store import checks, connection
from jentry.store.backup import record, space, upgrade

OVERDUE = timedelta(days=7)
OVERDUE_DAILY = timedelta(days=2)  # of a schedule, which makes one each day


def backups(settings: Settings) -> Iterator[Finding]:
    failed, made = _latest(settings)
    if failed:
        yield Finding("backup", "warning", f"the latest backup failed: {failed.error}")
    if made is None:
        yield Finding("backup", "warning", "no backup has been made: see `jentry backup`")
        return
    file, age = Path(made.file), _age(made)
    overdue = OVERDUE_DAILY if settings.backup_dir else OVERDUE
    fact = f"The latest backup is {shown(age)} old: {file}."
    if age > overdue:
        yield Finding("backup", "warning", f"the latest backup is {shown(age)} old: {file}")
    elif not file.exists():
        yield Finding("backup", "warning", f"the latest backup is gone: {file}")
    else:
        yield Finding("backup", "ok", fact)
        if file.stat().st_dev == settings.file.resolve().stat().st_dev:
            sentence = "the latest backup lies on the database's own disk and would be lost with it"
            yield Finding("backup", "warning", sentence)


def former_file(settings: Settings) -> Iterator[Finding]:
    """What an upgrade has kept takes as much room as the database."""
    if path := upgrade.kept_file(settings.file):
        size = space.shown(path.stat().st_size)
        fact = f"The last upgrade kept the former file for `jentry rollback`: {path} ({size})."
        yield Finding("rollback", "ok", fact)


def litestream(settings: Settings) -> Iterator[Finding]:
    """It writes to the file without our lock."""
    if not checks.has_table(settings.file, "_litestream_seq"):
        return
    if checks.has_wal_reset_bug():
        sentence = (
            "Litestream writes to this database without jentry's lock, and "
            f"SQLite {checks.sqlite_version()} can damage a file that two programs write at once: "
            "use a Python with SQLite 3.51.3 or newer, or stop Litestream; see /docs/backup"
        )
        yield Finding("litestream", "warning", sentence)
    else:
        yield Finding("litestream", "ok", "Litestream copies this database.")


def latest(settings: Settings) -> dict[str, Any] | None:
    """As `jentry check --json` has it."""
    _, made = _latest(settings)
    if made is None:
        return None
    return {
        "file": made.file,
        "takenAt": made.taken_at,
        "ageSeconds": max(0, round(_age(made).total_seconds())),
        "bytes": made.bytes,
        "events": made.events,
    }


def shown(age: timedelta) -> str:
    hours = max(0, round(age.total_seconds() / 3600))
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def _age(made: record.Backup) -> timedelta:
    return clock.now() - clock.parse(made.taken_at)


def _latest(settings: Settings) -> tuple[record.Backup | None, record.Backup | None]:
    """The latest attempt if it failed, and the latest that did not."""
    with closing(connection.connect(settings.file)) as db:
        found = record.latest(db)
    made = next((each for each in found if each.error is None), None)
    return (found[0] if found and found[0].error else None), made
