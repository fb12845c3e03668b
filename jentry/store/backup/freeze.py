"""Hold a database still while others go on writing to it, so that its bytes can be copied.

While a reader lives that found the write-ahead log empty, no checkpoint may write to the main file:
what is committed meanwhile stays in the log. So the bare file is the database of that moment.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jentry import clock
from jentry.store.backup import space
from jentry.store.backup.parts import part_of
from jentry.store.connection import Connection, connect
from jentry.store.engines.errors import BUSY, Busy, Replaced

PATIENCE = 10.0  # seconds
PAUSE = 0.05
IMMUTABLE = "mode=ro&immutable=1"
STEP = 2048  # pages: 8 MiB

Progress = Callable[[int, int], object]  # bytes done, and of how many


@dataclass(frozen=True, slots=True)
class Frozen:
    """A database that does not change: a descriptor of its bytes, and a reader of the same."""

    descriptor: int
    size: int
    reader: Connection  # for another thread too
    taken_at: str  # what was committed before is inside


@contextmanager
def frozen(path: Path) -> Iterator[Frozen]:
    """Raises Busy when somebody reads the log, or holds the file, for all that time.

    The process may have no other connection to the file: closing the descriptor drops the locks
    that SQLite holds on it, which is why it is opened first and closed last.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with ExitStack() as stack:
        stack.callback(os.close, descriptor)
        db = stack.enter_context(closing(connect(path, write=True, shared=True)))
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != db.file:
            raise Replaced("the database file was replaced or removed")
        taken_at = _freeze(db)
        yield Frozen(descriptor, _size(db), db, taken_at)
        db.execute("ROLLBACK")


@contextmanager
def fixed(path: Path) -> Iterator[Frozen]:
    """A file on a disk that nobody can write to, without a log: `files.is_fixed`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with closing(connect(path, shared=True, how=IMMUTABLE)) as db:
            yield Frozen(descriptor, _size(db), db, clock.timestamp(clock.now()))
    finally:
        os.close(descriptor)


def _freeze(db: Connection) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        with db.lock.within(max(0.0, deadline - time.monotonic())):
            at = clock.timestamp(clock.now())
            if _has_frozen(db):
                return at
        if time.monotonic() > deadline:
            raise Busy(BUSY)
        time.sleep(PAUSE)


def _has_frozen(db: Connection) -> bool:
    """Within the write lock. Without a timeout, or the checkpoint would hold up who writes."""
    db.wait_at_most(0)
    try:
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return False
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # a transaction reads only now
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise
    else:
        if not _has_log(db):
            return True
    if db.in_transaction:  # somebody wrote in between, without our lock
        db.execute("ROLLBACK")
    return False


def _has_log(db: Connection) -> bool:
    try:
        return os.stat(f"{db.real}-wal").st_size > 0
    except FileNotFoundError:
        return False


def _size(db: Connection) -> int:
    pages: int = db.execute("PRAGMA page_count").fetchone()[0]
    return pages * int(db.execute("PRAGMA page_size").fetchone()[0])


@contextmanager
def copied(path: Path, beside: Path, progress: Progress) -> Iterator[Frozen]:
    """The same of a file that nobody lets be still: pages copied by SQLite in one read transaction.

    The copy is in the folder of `beside`, and is gone afterwards.
    """
    with (
        part_of(beside.with_name(f"{beside.name}.copy")) as part,
        closing(connect(path)) as source,
    ):
        source.execute("BEGIN")
        at = clock.timestamp(clock.now())
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        size = _size(source)
        space.require(beside.parent, size, Path(source.real))
        with closing(sqlite3.connect(part.path)) as target:
            target.execute("PRAGMA synchronous = OFF")
            target.execute("PRAGMA journal_mode = OFF")
            source.backup(target, pages=STEP, progress=_stepwise(part.descriptor, progress))
        source.execute("ROLLBACK")
        os.fsync(part.descriptor)
        with closing(connect(part.path, shared=True, how=IMMUTABLE)) as reader:
            yield Frozen(part.descriptor, size, reader, at)


def _stepwise(descriptor: int, progress: Progress) -> Callable[[int, int, int], None]:
    """Brings each step to the disk before the next."""

    def step(_: int, remaining: int, total: int) -> None:
        os.fdatasync(descriptor)
        progress(total - remaining, 2 * total)  # packing is still to come

    return step
