"""Connections, the one write lock, transactions. All that is particular to SQLite is here,
in `migrations/` and in `schema.sql`.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jentry import clock

READER_PAGES = -16384  # KiB of page cache
SMALL_PAGES = -2048
WRITER_PAGES = -24576  # more is no faster: the system keeps the file too
JOURNAL_LIMIT = 64 * 1024 * 1024
CHECKPOINT_PAGES = 1000  # a checkpoint of 4,000 pages stalls a large file for 65-95 ms

Error = sqlite3.Error
Row = sqlite3.Row

POLL_SECONDS = 0.02  # between looks at a lock that must not be waited for without end


class Busy(sqlite3.OperationalError):
    """The write lock could not be had in the time allowed."""


class WriteLock:
    """Excludes every other writer: threads by a lock, processes by `flock` on `<database>.lock`.

    SQLite's own busy handler sleeps and starves; and two connections that checkpoint at once
    are what triggers its WAL-reset bug (fixed in 3.51.3). The automatic checkpoint runs inside
    COMMIT and so under this lock too.
    """

    def __init__(self, path: Path) -> None:
        self._file = f"{path}.lock"
        self._mutex = threading.Lock()
        self._fd = -1  # open while the lock is held

    def __enter__(self) -> None:
        self._mutex.acquire()
        try:
            self._open()
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except BaseException:
            self._release()
            raise

    def __exit__(self, *_: object) -> None:
        self._release()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The lock, or Busy when it cannot be had in that time."""
        deadline = time.monotonic() + seconds
        if not self._mutex.acquire(timeout=seconds):
            raise Busy("another write takes too long")
        try:
            self._open()
            while not self._is_free():
                if time.monotonic() > deadline:
                    raise Busy("a write of another process takes too long")
                time.sleep(POLL_SECONDS)
            yield
        finally:
            self._release()

    def _open(self) -> None:
        self._fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _release(self) -> None:
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)  # closing does not do while a fork has a copy
            os.close(self._fd)
            self._fd = -1
        self._mutex.release()

    def _is_free(self) -> bool:
        """If so it is ours now."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_locks: dict[str, WriteLock] = {}
_locks_guard = threading.Lock()


def write_lock(path: Path) -> WriteLock:
    """The process's only lock object for a database file."""
    key = os.path.realpath(path)
    with _locks_guard:
        if key not in _locks:
            _locks[key] = WriteLock(Path(key))
        return _locks[key]


def _after_fork() -> None:
    global _locks_guard
    _locks_guard = threading.Lock()
    _locks.clear()


os.register_at_fork(after_in_child=_after_fork)


class Connection(sqlite3.Connection):
    """A connection that knows the write lock of its file.

    `memo` keeps facts read or written by committed transactions that never change afterwards,
    such as the ids of tags; a rollback empties it.
    """

    lock: WriteLock
    memo: dict[Any, Any]


def connect(
    path: Path, *, write: bool = False, shared: bool = False, small: bool = False
) -> Connection:
    """Open a database. Reading connections refuse to write; `shared` lets other threads use it;
    a `small` reader has little cache, since many may be open at once.
    """
    db = sqlite3.connect(
        path,
        isolation_level=None,
        timeout=5.0,
        factory=Connection,
        check_same_thread=not shared,
        cached_statements=512,
    )
    try:
        db.lock = write_lock(path)
        db.memo = {}
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA temp_store = MEMORY")
        if write:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = OFF")
            db.execute(f"PRAGMA cache_size = {WRITER_PAGES}")
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            db.execute(f"PRAGMA journal_size_limit = {JOURNAL_LIMIT}")
        else:
            db.execute(f"PRAGMA cache_size = {SMALL_PAGES if small else READER_PAGES}")
            db.execute("PRAGMA query_only = ON")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: Connection, *, patience: float | None = None) -> Iterator[str]:
    """Take the write lock, hand out the one timestamp, commit; or roll it all back.

    `patience`: seconds to wait for the lock before Busy is raised; as a rule without an end.
    """
    with db.lock if patience is None else db.lock.within(patience):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield clock.timestamp(clock.now())
            db.execute("COMMIT")  # can fail too (a full disk, deferred keys), hence inside the try
        except BaseException:
            db.memo.clear()
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


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


def is_unique_violation(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "") in (
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_CONSTRAINT_PRIMARYKEY",
    )


def watch(db: Connection, seen: Callable[[str], Any] | None) -> None:
    """Report each statement to `seen`; None stops it. Values are shown: for tests only."""
    db.set_trace_callback(seen)
