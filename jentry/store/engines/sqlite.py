"""SQLite: a file, the one writer it has, and what it says when it refuses."""

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from jentry import clock
from jentry.store import files
from jentry.store.engines.errors import (
    BROKEN,
    BUDGET_FULL,
    BUSY,
    DAMAGED,
    DISK_FULL,
    NO_MEMORY,
    READ_ONLY,
    UNREACHABLE,
    Busy,
    Full,
    Replaced,
    Unusable,
)
from jentry.store.engines.scope import Scope
from jentry.store.lock import WriteLock, write_lock

READER_PAGES = -16384  # KiB of page cache
SMALL_PAGES = -2048
WRITER_PAGES = -8192  # more is no faster: the system keeps the file too
JOURNAL_LIMIT = 64 * 1024 * 1024
CHECKPOINT_PAGES = 1000  # a checkpoint of 4,000 pages stalls a large file for 65-95 ms

MOST_PAGES = (1 << 32) - 2
BATCH_PAGES = 1000  # that a large transaction needs
LEAST_PAGES = 16  # that do for some events
PAGES_GIVEN_BACK = 250  # free pages in a transaction: a few milliseconds

IMMUTABLE = "mode=ro&immutable=1"  # no locks, and no files beside it: nobody writes
EMPTYINGS, LEAVE = 20, 0.1  # tries, and seconds between them
PATIENCE = 5.0  # seconds for whoever holds the file without our lock, such as a database browser
IMPATIENCE = 0.25  # seconds, once somebody was patient to no avail

# By the beginning of SQLite's name for it. The first that fits.
REASONS = {
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_PROTOCOL": BUSY,
    "SQLITE_FULL": DISK_FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_CANTOPEN": UNREACHABLE,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_IOERR": BROKEN,
    "SQLITE_NOMEM": NO_MEMORY,
}

Error = sqlite3.Error
Row = sqlite3.Row


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
    holds_log: bool  # while it reads, the log of what is written cannot begin anew

    is_remote = False  # each word to it is a round trip, and its last answer may be lost

    def ask(
        self,
        *questions: tuple[str, Collection[tuple[Any, ...]]],
        new: Mapping[str, int] | None = None,
    ) -> None:
        """Look-ups of several kinds, each by many keys, and how many rows of a table will be added:
        `lookup`, `lookups` and `add` of this transaction then wait for nothing.
        """

    def lookup(self, sql: str, key: tuple[Any, ...]) -> Any:
        """The first row; None when there is none."""
        return self.execute(sql, key).fetchone()

    def lookups(self, sql: str, key: tuple[Any, ...]) -> list[Any]:
        return self.execute(sql, key).fetchall()

    def add(self, sql: str, row: Sequence[Any]) -> Any:
        """The id of a new row, by `INSERT … RETURNING id`; None when it gives none. Another engine
        makes the row later: who asks there for a row that may be known has looked for it before.
        """
        found = self.execute(sql, row).fetchone()
        return found[0] if found else None

    # Writes whose answers nobody needs. Another engine does them together, later on: rows of a
    # table after those that they refer to, and updates after all of them.
    put = sqlite3.Connection.execute
    putmany = sqlite3.Connection.executemany

    def changed(self, *writes: tuple[str, Sequence[Sequence[Any]]]) -> list[list[bool]]:
        """Of each row whether its statement changed anything."""
        return [[self.execute(sql, row).rowcount > 0 for row in rows] for sql, rows in writes]

    def mark(self, writer: str, number: int) -> None:
        """Note in the transaction that it is this one: `is_marked` tells whether it was committed
        when nobody has heard so. Here everybody hears.
        """

    def is_marked(self, writer: str, number: int) -> bool:
        return False

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

    @contextmanager
    def transaction(self, _: Scope, patience: float | None) -> Iterator[str]:
        """As `connection.transaction`. Raises Replaced when what was written is not in the file
        that the path names.
        """
        with ExitStack() as held:
            self._begin(held, patience)
            try:
                self.require_in_place()
                yield clock.timestamp(clock.now())
                self.execute("COMMIT")  # can fail (a full disk, deferred keys), hence in the try
                self.require_in_place()
            except BaseException as error:
                self.memo.clear()
                if self.in_transaction:
                    self.execute("ROLLBACK")
                name = getattr(error, "sqlite_errorname", "")
                if name == "SQLITE_FULL":
                    raise Full(BUDGET_FULL if self._is_at_bound() else DISK_FULL) from error
                if name == "SQLITE_IOERR_WRITE" and files.is_over_quota(self.real):
                    raise Full(DISK_FULL) from error
                raise

    def _begin(self, held: ExitStack, patience: float | None) -> None:
        """The write lock, and within it SQLite's own, which a foreign program may have."""
        if patience is not None and self.lock.is_stuck:
            patience = min(patience, IMPATIENCE)
        began = time.monotonic()
        try:
            held.enter_context(self.lock if patience is None else self.lock.within(patience))
            left = PATIENCE if patience is None else max(0.0, began + patience - time.monotonic())
            self.wait_at_most(round(left, 1))  # of few values, as statements are cached
            self.execute("BEGIN IMMEDIATE")
        except (Busy, sqlite3.OperationalError) as error:
            if not isinstance(error, Busy) and not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
            self.lock.is_stuck = self.lock.is_stuck or bool(patience)
            if isinstance(error, Busy):
                raise
            raise Busy(BUSY) from error
        self.lock.is_stuck = False

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("ROLLBACK")

    def bound(self, pages: int | None) -> None:
        """Whoever writes by this connection cannot make the file larger; what is there stays.

        Beyond it a write fails with SQLITE_FULL; what is deleted makes room for more. None: no
        bound.
        """
        self.execute(f"PRAGMA max_page_count = {pages or MOST_PAGES}")

    def has_room(self) -> bool:
        """Whether some events fit into the file as it is, or it may still grow."""
        (free,) = self.execute("PRAGMA freelist_count").fetchone()
        return bool(free >= LEAST_PAGES) or not self._is_at_bound(LEAST_PAGES)

    def _is_at_bound(self, near: int = BATCH_PAGES) -> bool:
        """Or so near that a batch does not fit."""
        pages, most = (
            self.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "max_page_count")
        )
        return bool(pages + near >= most)

    def give_back(self) -> bool:
        """Take free pages off the end of the file. Whether there are more."""
        before: int = self.execute("PRAGMA freelist_count").fetchone()[0]
        self.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()  # a page a row
        after: int = self.execute("PRAGMA freelist_count").fetchone()[0]
        return 0 < after < before

    def empty_log(self) -> bool:
        """Bring the log home and make it a file of nothing. False when somebody reads it for
        long.
        """
        for _ in range(EMPTYINGS):
            with self.lock:
                (is_busy, *_) = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy:
                return True
            time.sleep(LEAVE)
        return False

    def watch(self, seen: Callable[[str], Any] | None) -> None:
        self.set_trace_callback(seen)


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
    how = how or _how(real, write)
    db = sqlite3.connect(
        f"{Path(real).as_uri()}?{how}",
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
        db.memo, db.patience, db.holds_log = {}, PATIENCE, how != IMMUTABLE
        db.row_factory = sqlite3.Row
        _set_up(db, write, small)
    except BaseException:
        db.close()
        raise
    return db


def _how(real: str, write: bool) -> str:
    return IMMUTABLE if not write and files.is_fixed(real) else "mode=rw"


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


def reason(error: BaseException) -> str | None:
    """As `trouble.reason`, of what SQLite raises."""
    name: str = getattr(error, "sqlite_errorname", None) or ""
    return next((words for known, words in REASONS.items() if name.startswith(known)), None)
