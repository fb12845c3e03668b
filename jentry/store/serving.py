"""Does some process serve this database? Each that does holds a shared lock on `<db>.serving`."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jentry.errors import Conflict
from jentry.store import files


@contextmanager
def announce(path: Path) -> Iterator[None]:
    """Until the block ends, or the process: the system gives the lock back even after kill -9."""
    fd = files.open_beside(path, ".serving")
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        yield
    finally:
        os.close(fd)


@contextmanager
def exclude(path: Path) -> Iterator[None]:
    """No process serves the database until the block ends, and none begins to. Raises Conflict."""
    fd = files.open_beside(path, ".serving")
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(path) from None
        yield
    finally:
        os.close(fd)


def require_none(path: Path) -> None:
    """Raises Conflict when a process serves the database just now."""
    if is_served(path):
        raise _in_use(path)


def _in_use(path: Path) -> Conflict:
    return Conflict(f"A server is running on {path}. Stop it first.")


def is_served(path: Path) -> bool:
    try:
        fd = os.open(f"{os.path.realpath(path)}.serving", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
