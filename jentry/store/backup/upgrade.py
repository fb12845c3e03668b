"""An upgrade with a way back: a copy is migrated and checked, and the old file is kept."""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jentry.errors import Conflict
from jentry.store import checks, files, serving
from jentry.store.backup import space, streams, verify
from jentry.store.backup.parts import Part, part_beside, sync_folder
from jentry.store.backup.swap import bring_log_home, swap
from jentry.store.connection import Connection, connect
from jentry.store.lock import write_lock
from jentry.store.payloads import unpack

SUFFIX = ".upgrading"
ROOM = 1.1  # times the size of the file
HINT = (
    "Make room, or `jentry backup` it to another disk and say `jentry migrate --in-place`, which "
    "takes none."
)
PAYLOADS = 2000  # that are unpacked before and after
IMMUTABLE = "mode=ro&immutable=1"
KEPT = re.compile(r"\.v(\d+)-(\d{8}T\d{6}Z)")  # what its name adds to the database's
KEPT_FOR = timedelta(days=30)

Step = Callable[[Connection], object]
Report = Callable[[str], object]


def by_copy(
    database: Path, version: int, migrate: Step, declared: set[str], report: Report
) -> Path | None:
    """The old file, as `<database>.v<version>-<time>`; of those before it none is kept.

    `declared`: tables whose number of rows may change. No server runs, and the write lock is held.
    Raises Conflict, Error and OSError; then the database is as it was.
    """
    real = Path(os.path.realpath(database))
    bring_log_home(real)
    size = real.stat().st_size
    space.require(real.parent, int(ROOM * size), hint=HINT)
    with part_beside(real, SUFFIX) as part:
        report(f"copying {space.shown(size)}")
        _copy(real, part, size)
        with closing(connect(part.path, write=True)) as db:
            db.execute("PRAGMA journal_mode = OFF")  # a copy that fails is thrown away
            db.execute("PRAGMA synchronous = OFF")  # and brought to the disk once it is whole
            migrate(db)
        report("checking")
        _check(real, part, declared)
        kept = swap(real, part.finish, f"v{version}")
    for old in _kept(real):
        if old.path != kept:
            old.path.unlink(missing_ok=True)
    return kept


def _copy(real: Path, part: Part, size: int) -> None:
    descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for chunk in streams.database(descriptor, size):
            part.write(chunk)
    except streams.Damaged as error:
        raise Conflict(f"{real} is damaged: {error}.") from error
    finally:
        os.close(descriptor)


def _check(real: Path, part: Part, declared: set[str]) -> None:
    """What the migration may have lost or broken; what was wrong before is not its doing."""
    with (
        closing(connect(real, how=IMMUTABLE)) as old,
        closing(connect(part.path, how=IMMUTABLE)) as new,
    ):
        files.read_ahead(part.path)
        problems = verify.damage(new)
        rows = _rows(new)
        for table, count in _rows(old).items():
            if table in rows and table not in declared and rows[table] != count:
                problems.append(f"{table} had {count} rows, and has {rows[table]}")
        with suppress(sqlite3.OperationalError):  # the former schema lacks what they ask for
            before = set(checks.counters(old))
            problems += [line for line in checks.counters(new) if line not in before]
        problems += set(_unreadable(new)) - set(_unreadable(old))
    if problems:
        raise Conflict(
            f"The upgrade of {real} went wrong, and nothing was changed: "
            f"{'; '.join(problems[: verify.SHOWN])}."
        )


def _rows(db: Connection) -> dict[str, int]:
    names = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {name: verify.count(db, name) for (name,) in names}


def _unreadable(db: Connection) -> Iterator[str]:
    """Of payloads spread evenly over all, and so over all dictionaries."""
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM event_payloads").fetchone()
    for number in range(1, last + 1, max(1, last // PAYLOADS)):
        row = db.execute("SELECT data FROM event_payloads WHERE id = ?", (number,)).fetchone()
        try:
            if row:
                unpack(db, row[0])
        except ValueError as error:
            yield f"event {number}: {error}"


@dataclass(frozen=True, slots=True)
class Kept:
    path: Path
    version: int
    taken_at: datetime


def _kept(real: Path) -> list[Kept]:
    """Files of former versions beside a database, the latest first."""
    found = [
        Kept(path, int(match[1]), datetime.strptime(match[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
        for path in real.parent.iterdir()
        if path.name.startswith(real.name) and (match := KEPT.fullmatch(path.name, len(real.name)))
    ]
    return sorted(found, key=lambda kept: kept.taken_at, reverse=True)


def kept_file(database: Path) -> Path | None:
    """The file that the last upgrade has kept."""
    real = Path(os.path.realpath(database))
    return next((kept.path for kept in _kept(real)), None)


def kept_bytes(database: Path) -> int:
    """What the files of former versions take of the disk."""
    return sum(space.size_of(str(kept.path)) for kept in _kept(Path(os.path.realpath(database))))


def remove_oldest(database: Path) -> Path | None:
    """The file of a former version that was kept first; None: there is none."""
    oldest = next(reversed(_kept(Path(os.path.realpath(database)))), None)
    if oldest is None:
        return None
    oldest.path.unlink(missing_ok=True)
    return oldest.path


def remove_kept(database: Path, now: datetime) -> list[Path]:
    """Those of upgrades that nobody has gone back from for long."""
    real = Path(os.path.realpath(database))
    removed = [kept.path for kept in _kept(real) if now - kept.taken_at > KEPT_FOR]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


@dataclass(frozen=True, slots=True)
class Way:
    """The way back: to which file, and what came since."""

    old: Path
    version: int
    events: int
    changes: int
    since: str | None  # time of the last event before; None: there was none


def way_back(database: Path) -> Way:
    """Raises Conflict when there is none."""
    real = Path(os.path.realpath(database))
    if not real.exists():
        raise Conflict(f"There is no file {database}.")
    with closing(connect(real)) as db:
        version = verify.version(db)
        for kept in _kept(real):
            if kept.version < version and not os.path.samefile(kept.path, real):
                return _way(db, kept)
    raise Conflict(f"No file of a former version is kept beside {database}.")


def _way(db: Connection, kept: Kept) -> Way:
    with closing(connect(kept.path, how=IMMUTABLE)) as old:
        files.read_ahead(kept.path)
        if damage := verify.damage(old):
            raise Conflict(f"{kept.path} is damaged: {damage[0]}.")
        (event,) = old.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
        (change,) = old.execute("SELECT coalesce(max(id), 0) FROM audit_log").fetchone()
        (since,) = old.execute("SELECT max(received_at) FROM events").fetchone()
    (events,) = db.execute("SELECT count(*) FROM events WHERE id > ?", (event,)).fetchone()
    (changes,) = db.execute("SELECT count(*) FROM audit_log WHERE id > ?", (change,)).fetchone()
    return Way(kept.path, kept.version, events, changes, since)


def go_back(database: Path, way: Way) -> Path | None:
    """The newer file, which is kept. Raises Conflict, Error and OSError."""
    real = Path(os.path.realpath(database))

    def put(target: Path) -> None:
        os.replace(way.old, target)
        sync_folder(target.parent)

    with serving.exclude(database), write_lock(database):
        with closing(connect(real)) as db:
            version = verify.version(db)
        return swap(real, put, f"v{version}")
