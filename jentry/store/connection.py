"""Connections and transactions. All that is particular to SQLite is here, in `database.py`,
`trouble.py`, `checks.py`, `migrations/` and `schema.sql`.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from jentry import clock
from jentry.store import files
from jentry.store.lock import UNREACHABLE, Busy, Unusable, WriteLock, write_lock

READER_PAGES = -16384  # KiB of page cache
SMALL_PAGES = -2048
WRITER_PAGES = -24576  # more is no faster: the system keeps the file too
JOURNAL_LIMIT = 64 * 1024 * 1024
CHECKPOINT_PAGES = 1000  # a checkpoint of 4,000 pages stalls a large file for 65-95 ms

MOST_PAGES = (1 << 32) - 2
BATCH_PAGES = 1000  # that a large transaction needs
LEAST_PAGES = 16  # that do for some events

DISK_FULL = "the disk is full"
BUDGET_FULL = "the disk budget is full"

Error = sqlite3.Error
Row = sqlite3.Row

EMPTYINGS, LEAVE = 20, 0.1  # tries, and seconds between them
PATIENCE = 5.0  # seconds for whoever holds the file without our lock, such as a database browser
IMPATIENCE = 0.25  # seconds, once somebody was patient to no avail


class Replaced(Unusable):
    """What was written went to a file that the path does not name any more, or would have."""


class Full(Unusable):
    """Nothing can be stored until there is room again."""


class Connection(sqlite3.Connection):
    """A connection that knows its file, and the file's write lock.

    `memo` keeps facts read or written by committed transactions that never change afterwards,
    such as the ids of tags; a rollback empties it. `identity` is set by `database.py`.
    """

    path: Path
    real: str  # the path without links, beside which SQLite's own files lie
    file: files.File
    identity: files.Identity | None
    lock: WriteLock
    memo: dict[Any, Any]
    patience: float  # seconds, as SQLite was told last

    def close(self) -> None:
        self.identity = None
        super().close()

    def wait_at_most(self, seconds: float) -> None:
        """For whoever holds the file without our lock. A statement only when it changes."""
        if seconds != self.patience:
            self.execute(f"PRAGMA busy_timeout = {1000 * seconds:.0f}")
            self.patience = seconds

    def is_in_place(self) -> bool:
        """Whether the path still names the file that is open here."""
        try:
            if self.identity is None:
                return files.file_of(self.path) == self.file
            return files.identity(self.path, self.real) == self.identity
        except OSError:
            return False

    def require_in_place(self) -> None:
        if not self.is_in_place():
            raise Replaced("the database file was replaced or removed")


def connect(
    path: Path,
    *,
    write: bool = False,
    shared: bool = False,
    small: bool = False,
    how: str | None = None,
) -> Connection:
    """Open a database. Reading connections refuse to write; `shared` lets other threads use it;
    a `small` reader has little cache, since many may be open at once; `how`: SQLite's parameters.

    A missing one is not made. Raises Error.
    """
    try:
        file = files.file_of(path)
    except OSError as error:
        raise Unusable(UNREACHABLE) from error
    real = os.path.realpath(path)
    db = sqlite3.connect(
        f"{Path(real).as_uri()}?{how or _how(real, write)}",
        uri=True,
        isolation_level=None,
        timeout=PATIENCE,
        factory=Connection,
        check_same_thread=not shared,
        cached_statements=512,
    )
    try:
        db.path, db.real, db.file, db.identity = path, real, file, None
        db.require_in_place()
        db.lock = write_lock(path)
        db.memo, db.patience = {}, PATIENCE
        db.row_factory = sqlite3.Row
        _set_up(db, write, small)
    except BaseException:
        db.close()
        raise
    return db


def _how(real: str, write: bool) -> str:
    return "mode=ro&immutable=1" if not write and files.is_fixed(real) else "mode=rw"


def _set_up(db: Connection, write: bool, small: bool) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.create_function("split_part", 3, _split_part, deterministic=True)
    if write:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")  # of a person who is erased nothing may lie about
        db.execute(f"PRAGMA cache_size = {WRITER_PAGES}")
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA journal_size_limit = {JOURNAL_LIMIT}")
    else:
        db.execute(f"PRAGMA cache_size = {SMALL_PAGES if small else READER_PAGES}")
        db.execute("PRAGMA query_only = ON")


def _split_part(text: str, delimiter: str, number: int) -> str:
    """As PostgreSQL has it: the part of that number, from 1; empty when there is none."""
    parts = text.split(delimiter, number)
    return parts[number - 1] if number <= len(parts) else ""


@contextmanager
def transaction(db: Connection, *, patience: float | None = None) -> Iterator[str]:
    """Take the write lock, hand out the one timestamp, commit; or roll it all back.

    `patience`: seconds to wait for whoever writes before Busy is raised; as a rule without an end.
    Raises Replaced when what was written is not in the file that the path names.
    """
    with ExitStack() as held:
        _begin(db, held, patience)
        try:
            db.require_in_place()
            yield clock.timestamp(clock.now())
            db.execute("COMMIT")  # can fail too (a full disk, deferred keys), hence inside the try
            db.require_in_place()
        except BaseException as error:
            db.memo.clear()
            if db.in_transaction:
                db.execute("ROLLBACK")
            name = getattr(error, "sqlite_errorname", "")
            if name == "SQLITE_FULL":
                raise Full(BUDGET_FULL if _is_at_bound(db) else DISK_FULL) from error
            if name == "SQLITE_IOERR_WRITE" and files.is_over_quota(db.real):
                raise Full(DISK_FULL) from error
            raise


def _begin(db: Connection, held: ExitStack, patience: float | None) -> None:
    """The write lock, and within it SQLite's own, which a foreign program may have."""
    if patience is not None and db.lock.is_stuck:
        patience = min(patience, IMPATIENCE)
    began = time.monotonic()
    try:
        held.enter_context(db.lock if patience is None else db.lock.within(patience))
        left = PATIENCE if patience is None else max(0.0, began + patience - time.monotonic())
        db.wait_at_most(round(left, 1))  # of few values, as statements are cached
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not isinstance(error, Busy) and not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
        db.lock.is_stuck = db.lock.is_stuck or bool(patience)
        if isinstance(error, Busy):
            raise
        raise Busy("another program holds the database") from error
    db.lock.is_stuck = False


def bound(db: Connection, pages: int | None) -> None:
    """Whoever writes by this connection cannot make the file larger; what is there stays.

    Beyond it a write fails with SQLITE_FULL; what is deleted makes room for more. None: no bound.
    """
    db.execute(f"PRAGMA max_page_count = {pages or MOST_PAGES}")


def has_room(db: Connection) -> bool:
    """Whether some events fit into the file as it is, or it may still grow."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    return bool(free >= LEAST_PAGES) or not _is_at_bound(db, LEAST_PAGES)


def _is_at_bound(db: Connection, near: int = BATCH_PAGES) -> bool:
    """Or so near that a batch does not fit."""
    pages, most = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "max_page_count")
    )
    return bool(pages + near >= most)


@contextmanager
def snapshot(db: Connection) -> Iterator[None]:
    """One consistent view for several reads, such as a page and its total.

    A transaction that is open already is one.
    """
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


PAGES_GIVEN_BACK = 250  # free pages in a transaction: a few milliseconds


def give_back(db: Connection) -> bool:
    """Take free pages off the end of the file. Whether there are more."""
    before: int = db.execute("PRAGMA freelist_count").fetchone()[0]
    db.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()  # a page a row
    after: int = db.execute("PRAGMA freelist_count").fetchone()[0]
    return 0 < after < before


def empty_log(db: Connection) -> bool:
    """Bring the log home and make it a file of nothing. False when somebody reads it for long."""
    for _ in range(EMPTYINGS):
        with db.lock:
            (is_busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not is_busy:
            return True
        time.sleep(LEAVE)
    return False


def is_unique_violation(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "") in (
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    )


def watch(db: Connection, seen: Callable[[str], Any] | None) -> None:
    """Report each statement to `seen`; None stops it. Values are shown: for tests only."""
    db.set_trace_callback(seen)
