"""The room that the database has: its files, the disk, the budget, and the reserve.

Pages that are free inside the file are what the next events use: files never shrink by deleting,
so it is pages that are counted.
"""

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from jentry.store import files
from jentry.store.backup import upgrade
from jentry.store.connection import Connection
from jentry.store.engines import drivers

MIB = 1024 * 1024
LOG_BYTES = 8 * MIB  # that the write-ahead log may take at any time
LEAST_FREE = MIB  # of the disk; less does not do for every event
SHARE = 0.2  # of the budget, which others' files cannot take away
VACUUM_PAGES = 250  # in a transaction: some 20 milliseconds


@dataclass(frozen=True, slots=True)
class Disk:
    """In bytes. `used`: pages that hold something. `budget`: None: none; see `budget_of`."""

    files: int
    log: int
    used: int
    reusable: int
    reserve: int
    former: int  # files of former versions, which are kept for the way back
    free: int
    total: int
    budget: int | None

    @property
    def room(self) -> int:
        """What may still be written; as good as endless without a budget.

        A log that has grown beyond the margin is to be shortened, which takes no events.
        """
        if self.budget is None:
            return 1 << 62
        return self.budget - self.former - self.reserve - self.margin - self.used

    @property
    def is_short(self) -> bool:
        """Whether it is time to make room."""
        return self.budget is not None and self.room < max(self.margin, self.budget // 200)

    @property
    def margin(self) -> int:
        return LOG_BYTES if self.budget is None else min(LOG_BYTES, self.budget // 16)

    @property
    def most_pages(self) -> int | None:
        """Of the file, for everybody who writes."""
        if self.budget is None:
            return None
        return max((self.budget - self.former - self.reserve - self.margin) // 4096, 1)

    @property
    def state(self) -> str:
        """`ok`, `low` or `full`."""
        if self.free < LEAST_FREE or self.room <= 0:
            return "full"
        is_low = self.free < self.total // 10 if self.budget is None else self.room < self.margin
        return "low" if is_low else "ok"


def has_files(db: Connection) -> bool:
    """Whether the room it takes is ours to look after."""
    return isinstance(db.path, Path)


def server_bytes(db: Connection) -> int:
    """What a database takes that has no files of ours. Raises Error."""
    found: int = drivers.driver().size(db)
    return found


def measure(db: Connection, budget: str, reserve: int) -> Disk:
    """`budget` as the setting says it. Raises Error, OSError."""
    pages, unused = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")
    )
    log = _size(f"{db.real}-wal")
    former = upgrade.kept_bytes(db.path)
    beside = log + _size(f"{db.real}-shm") + _size(f"{db.real}.reserve") + former
    own = os.stat(db.real).st_size + beside
    disk = shutil.disk_usage(os.path.dirname(db.real))
    found = budget_of(budget, own, disk.free, disk.total)
    return Disk(
        own, log, (pages - unused) * 4096, unused * 4096, reserve if found else 0, former,
        disk.free, disk.total, found,
    )  # fmt: skip


def budget_of(text: str, own: int, free: int, total: int) -> int | None:
    """Bytes for all files together; `80%` is of what they have and what is free, and anew each
    time. A disk that others fill leaves what there is, but never less than a SHARE.
    """
    if text == "0":
        return None
    if text.endswith("%"):
        part = int(text[:-1]) / 100
        return int(max(part * (own + free), SHARE * part * total))
    return int(max(min(int(text), own + free), SHARE * int(text)))


def has_reserve(path: Path, size: int) -> bool:
    """Whether it is there and all of it allocated."""
    try:
        found = os.stat(f"{os.path.realpath(path)}.reserve")
    except FileNotFoundError:
        return False
    return found.st_size == size and found.st_blocks * 512 >= size


def make_reserve(path: Path, size: int) -> bool:
    """Bytes of the disk that nobody else can take; False when it has not enough."""
    drop_reserve(path)
    fd = files.open_beside(path, ".reserve")
    try:
        os.posix_fallocate(fd, 0, size)
    except OSError:
        drop_reserve(path)
        return False
    finally:
        os.close(fd)
    return True


def drop_reserve(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{os.path.realpath(path)}.reserve")


def shorten_log(db: Connection) -> None:
    """Bring everything home and cut the log, as far as nobody reads; in no transaction."""
    with db.lock:
        db.wait_at_most(0)  # others wait for the lock meanwhile
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def give_back(db: Connection) -> int:
    """VACUUM_PAGES free pages at the end of the file to the disk: how many; in no transaction."""
    (before,) = db.execute("PRAGMA freelist_count").fetchone()
    with db.lock:
        db.executescript(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")  # `execute` frees but one
    (after,) = db.execute("PRAGMA freelist_count").fetchone()
    freed: int = before - after
    return freed


def _size(path: str) -> int:
    """What it takes of the disk."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
