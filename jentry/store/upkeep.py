"""Which process looks after a database, and how its jobs went: `<db>.upkeep`, beside a file.

Whoever holds the lock on that file is the only one; the system gives it back even after kill -9.
What stands in the file is for whoever asks, and for the next one: it is not worth a write to the
database each minute, and can be told when the database cannot be written.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from jentry.store import files
from jentry.store.connection import Target
from jentry.store.engines import drivers
from jentry.store.engines.errors import Unusable

MOST = 64 * 1024  # bytes of the file that are read
Jobs = dict[str, "Ran"]  # by the job's name


@dataclass(slots=True)
class Ran:
    """How a job went the last times. Instants as everywhere, or None: not yet."""

    began_at: str | None = None  # the latest run
    done_at: str | None = None  # the end of the latest that did not fail
    last_at: str | None = None  # and its beginning
    failures: int = 0  # since then
    error: str | None = None  # of the latest run


class UpkeepFile:
    """For the process that wants to look after the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = f"{os.path.realpath(path)}.upkeep"
        self._fd = -1

    def take(self) -> bool:
        """Whether this process has the lock now. Raises OSError when the file cannot be had."""
        if self._fd >= 0:
            if self._is_in_place():
                return True
            self.close()
        fd = files.open_beside(self._path, ".upkeep")
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return self._is_in_place()

    def write(self, jobs: Jobs) -> None:
        """In place, since the lock is on this very file. A disk that is full changes nothing."""
        text = json.dumps({"jobs": {name: asdict(ran) for name, ran in jobs.items()}}).encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, text, 0)
            os.ftruncate(self._fd, len(text))

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _is_in_place(self) -> bool:
        """Whether others see this lock."""
        found = os.fstat(self._fd)
        try:
            return files.file_of(self._name) == (found.st_dev, found.st_ino)
        except FileNotFoundError:
            return False


class UpkeepRow:
    """The same for a database on a server, where it is a row that ends by the server's clock."""

    def __init__(self, address: str) -> None:
        self._lease = drivers.driver().Lease(address)

    def take(self) -> bool:
        """Raises Error when nobody can say."""
        has_it: bool = self._lease.take()
        return has_it

    def write(self, jobs: Jobs) -> None:
        self._lease.write({name: asdict(ran) for name, ran in jobs.items()})

    def close(self) -> None:
        self._lease.close()


def place(target: Target) -> UpkeepFile | UpkeepRow:
    return UpkeepFile(target) if isinstance(target, Path) else UpkeepRow(target)


def is_looked_after(target: Target) -> bool:
    """Raises Error when a server cannot say."""
    if isinstance(target, Path):
        return files.is_locked(target, ".upkeep")
    is_held: bool = drivers.driver().lease.is_held(target)
    return is_held


def read(target: Target) -> Jobs:
    """How the jobs went; nothing when no process has ever looked after the database."""
    try:
        text = _text(target)
        found, _ = json.JSONDecoder().raw_decode(text)  # it may be read while it is written
        return {str(name): Ran(**ran) for name, ran in found["jobs"].items()}
    except (Unusable, OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _text(target: Target) -> str:
    if not isinstance(target, Path):
        there: str = drivers.driver().lease.jobs(target)
        return there
    with open(f"{os.path.realpath(target)}.upkeep", "rb") as file:
        return file.read(MOST).decode("utf-8", "replace")
