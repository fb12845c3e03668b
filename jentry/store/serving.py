"""Does some process serve this database? Each that does holds a shared lock on `<db>.serving`."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
