"""Is there room? Asked before anything is written, as a disk that fills up stops the server too."""

import os
import shutil
from pathlib import Path

from jentry.errors import Conflict

RESERVE = 256 * 1024 * 1024  # bytes that a server on the same disk needs meanwhile


def require(folder: Path, size: int, database: Path | None = None, hint: str = "") -> None:
    """Raises Conflict. `database`: one that is served meanwhile; on its own disk its log grows."""
    needed = size
    if database and os.stat(folder).st_dev == os.stat(database.parent).st_dev:
        needed += min(RESERVE, database.stat().st_size) + size_of(f"{database}-wal")
    free = shutil.disk_usage(folder).free
    if free < needed:
        missing = f"Not enough space in {folder}: {shown(needed)} needed, {shown(free)} free."
        raise Conflict(f"{missing} {hint}".rstrip())


def shown(size: int) -> str:
    """Bytes for a person: `3.4 GB`."""
    for unit, width in (("GB", 10**9), ("MB", 10**6)):
        if size >= width:
            return f"{size / width:.1f} {unit}"
    return f"{-(-size // 1000)} kB"


def size_of(path: str) -> int:
    """Bytes of a file; 0 when there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
