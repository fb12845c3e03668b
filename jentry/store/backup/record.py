"""What became of the latest backups, in the database itself: the schedule and `check` go by it."""

import contextlib
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from jentry import clock
from jentry.errors import Refusal
from jentry.store import connection, migrations
from jentry.store.backup import make as making
from jentry.store.backup.freeze import Progress
from jentry.store.connection import Connection

KEPT = 100
OVERDUE = 7 * 24  # hours
PATIENCE = 5.0  # seconds: a backup is none the worse for not being written down


@dataclass(frozen=True, slots=True)
class Backup:
    """`error`: why there is none; then only `taken_at`, when it was tried, says something."""

    taken_at: str
    file: str
    bytes: int
    seconds: float
    events: int
    is_full: bool
    error: str | None


def make(
    database: Path, target: Path, progress: Progress, *, is_full: bool, keep: int | None
) -> making.Made:
    """`make.make`, written down. Raises the same."""
    began = clock.timestamp(clock.now())
    try:
        made = making.make(database, target, progress, is_full=is_full, keep=keep)
    except connection.errors(Refusal, OSError) as error:
        _write_down(database, Backup(began, str(target), 0, 0.0, 0, is_full, str(error)))
        raise
    done = Backup(
        made.taken_at, str(made.file), made.bytes, made.seconds, made.events, is_full, None
    )
    _write_down(database, done)
    return made


def _write_down(database: Path, backup: Backup) -> None:
    """Unless that is impossible: a file of an older schema, on a full or a read-only disk."""
    with (
        contextlib.suppress(*connection.errors(), OSError, migrations.CannotOpen),
        contextlib.closing(connection.connect(database, write=True)) as db,
    ):
        migrations.require_current_in(db, database)
        with connection.transaction(db, patience=PATIENCE):
            save(db, backup)


def save(db: Connection, backup: Backup) -> None:
    db.execute(
        """
        INSERT INTO backups (taken_at, file, bytes, seconds, events, is_full, error)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (
            backup.taken_at, os.path.abspath(backup.file), backup.bytes, backup.seconds,
            backup.events, int(backup.is_full), backup.error,
        ),
    )  # fmt: skip
    db.execute("DELETE FROM backups WHERE id <= (SELECT max(b.id) FROM backups b) - ?", (KEPT,))


def latest(db: Connection) -> list[Backup]:
    """Newest first."""
    rows = db.execute(
        """
        SELECT taken_at, file, bytes, seconds, events, is_full, error
        FROM backups
        ORDER BY id DESC
        """
    )
    return [Backup(**dict(row) | {"is_full": bool(row["is_full"])}) for row in rows]


def standing(db: Connection) -> tuple[Backup | None, int]:
    """The newest that succeeded, and how many failed after it."""
    found = latest(db)
    failures = next((n for n, each in enumerate(found) if each.error is None), len(found))
    return (found[failures] if failures < len(found) else None), failures


def words(db: Connection, now: str) -> str:
    """A line for everybody, without names of files; empty when no backup was ever tried."""
    found = latest(db)
    if not found:
        return ""
    if found[0].error:
        return "backup: failing\n"
    hours = (clock.parse(now) - clock.parse(found[0].taken_at)) // timedelta(hours=1)
    return f"backup: overdue, {hours} h old\n" if hours > OVERDUE else f"backup: {hours} h old\n"
