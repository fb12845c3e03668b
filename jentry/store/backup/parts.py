"""A file that is written apart, for its owner's eyes only, and takes its name once it is whole."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from jentry.errors import Conflict
from jentry.store import files

SLICE = 16 * 1024 * 1024  # bytes; one sync of gigabytes would hold up all others for seconds
PREFIX, SUFFIX = ".", ".part"


class Part:
    """`write` brings the bytes to the disk slice by slice."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self._unsynced = 0

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self.descriptor, view)
            view = view[written:]
            self._unsynced += written
        if self._unsynced >= SLICE:
            os.fdatasync(self.descriptor)
            self._unsynced = 0

    def finish(self, target: Path) -> None:
        """It is on the disk, and the name leads to it or to what was there before, never less."""
        os.fsync(self.descriptor)
        os.replace(self.path, target)
        sync_folder(target.parent)


def part_of(target: Path) -> AbstractContextManager[Part]:
    """A hidden part in the target's folder; it belongs to whom the folder belongs.

    Raises Conflict when somebody else writes it.
    """
    return _part(target.with_name(f"{PREFIX}{target.name}{SUFFIX}"), "")


def part_beside(database: Path, suffix: str) -> AbstractContextManager[Part]:
    """One that is to replace a database, with its owner and mode. Raises Conflict as well."""
    return _part(Path(os.path.realpath(database)), suffix)


@contextmanager
def _part(base: Path, suffix: str) -> Iterator[Part]:
    """It is removed unless it was finished, and locked: whoever finds one that is not knows that
    nobody writes it any more.
    """
    path = base.with_name(f"{base.name}{suffix}")
    descriptor = _create(base, suffix, path)
    try:
        yield Part(path, descriptor)
    finally:
        with contextlib.suppress(OSError):
            if files.file_of(path) == _file(descriptor):
                path.unlink()
        os.close(descriptor)


def _create(base: Path, suffix: str, path: Path) -> int:
    while True:
        try:
            descriptor = files.create_beside(base, suffix)
        except FileExistsError:
            if not remove_dead(path):
                raise Conflict(f"{path} is being written by another program.") from None
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if files.file_of(path) == _file(descriptor):
                return descriptor
        os.close(descriptor)  # it was taken for a dead one before it was locked


def remove_dead(path: Path) -> bool:
    """Remove a part that nobody writes. False when somebody does."""
    try:
        descriptor = os.open(path, files.FLAGS)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file(descriptor: int) -> files.File:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino
