"""Does some process serve this database, and where?

Each that does holds a shared lock on `<db>.serving`, in which stands the address of the latest.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jentry.errors import Conflict
from jentry.store import files
from jentry.store.connection import Target

MOST = 1000  # bytes of an address


@contextmanager
def announce(path: Path, address: str = "") -> Iterator[None]:
    """Until the block ends, or the process: the system gives the lock back even after kill -9."""
    fd = files.open_beside(path, ".serving")
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        text = address.encode()
        with contextlib.suppress(OSError):  # a full disk
            os.pwrite(fd, text, 0)
            os.ftruncate(fd, len(text))
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


def address(path: Target) -> str | None:
    """Where a server on this file listens, as this machine reaches it."""
    if not isinstance(path, Path):
        return None
    try:
        with open(f"{os.path.realpath(path)}.serving", "rb") as file:
            found = file.read(MOST).decode("ascii", "replace")
    except OSError:
        return None
    return found if found and is_served(path) else None


def is_served(path: Path) -> bool:
    return files.is_locked(path, ".serving")
