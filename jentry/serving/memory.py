"""Memory that was freed goes back to the system, also when what freed it were strangers."""

import contextlib
import ctypes
import os
from pathlib import Path

# glibc keeps what threads have freed in an arena for each: hostile traffic took 163 MB, not 100.
# Few arenas, given back early; the numbers are M_ARENA_MAX, M_TRIM_ and M_MMAP_THRESHOLD.
MALLOPT = {-8: 2, -1: 8 * 1024 * 1024, -3: 1024 * 1024}
GROWN = 8 * 1024 * 1024  # bytes since the last time that make it worth while
STATM = Path("/proc/self/statm")
PAGE = os.sysconf("SC_PAGE_SIZE")


def set_up() -> None:
    """For a process that begins."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        for option, value in MALLOPT.items():
            ctypes.CDLL(None).mallopt(option, value)


class Trimmer:
    """Only the end of an arena goes back by itself; a little that was kept may hold much below."""

    def __init__(self) -> None:
        self._resident = 0

    def is_due(self) -> bool:
        return _resident() > self._resident + GROWN

    def trim(self) -> None:
        """Takes some milliseconds, without the interpreter lock."""
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
        self._resident = _resident()


def _resident() -> int:
    """Bytes of this process in memory; 0 where nobody says so."""
    try:
        return int(STATM.read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0
