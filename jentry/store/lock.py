"""The one write lock of a database file, for all threads of all processes."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jentry.store import files
from jentry.store.engines.errors import Busy

POLL_SECONDS = 0.02  # between looks at a lock that must not be waited for without end
FIRST_POLL_SECONDS = 0.0005  # most transactions are short


class WriteLock:
    """Excludes every other writer: threads by a lock, processes by `flock` on `<database>.lock`.

    SQLite's own busy handler sleeps and starves; and two connections that checkpoint at once
    are what triggers its WAL-reset bug (fixed in 3.51.3). The automatic checkpoint runs inside
    COMMIT and so under this lock too.

    `is_stuck`: whoever was patient did not get it, and nobody has had it since. Others need not
    be as patient.
    """

    def __init__(self, path: Path) -> None:
        self.is_stuck = False
        self._path = path
        self._file = f"{path}.lock"
        self._mutex = threading.Lock()
        self._fd = -1  # open while the lock is held

    def __enter__(self) -> None:
        self._mutex.acquire()
        try:
            self._open()
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            while not self._is_in_place():
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
            pause = FIRST_POLL_SECONDS
            while not self._is_free() or not self._is_in_place():
                if time.monotonic() >= deadline:
                    raise Busy("a write of another process takes too long")
                time.sleep(pause)
                pause = min(2 * pause, POLL_SECONDS)
            yield
        finally:
            self._release()

    def _open(self) -> None:
        try:
            self._fd = os.open(self._file, files.FLAGS)
        except FileNotFoundError:
            self._fd = files.open_beside(self._path, ".lock")

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

    def _is_in_place(self) -> bool:
        """Whether others see this lock. If not, the file that they see is opened."""
        found = os.fstat(self._fd)
        try:
            if files.file_of(self._file) == (found.st_dev, found.st_ino):
                return True
        except FileNotFoundError:
            pass
        os.close(self._fd)
        self._fd = -1
        self._open()
        return False


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
