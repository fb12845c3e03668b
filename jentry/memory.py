"""Memory that was freed goes back to the system, also when what freed it were strangers."""

import contextlib
import ctypes
import os
from pathlib import Path

# glibc keeps what threads have freed in an arena for each: hostile traffic took 163 MB, not 100.
# Few arenas, given back early; the numbers are M_ARENA_MAX, M_TRIM_ and M_MMAP_THRESHOLD.
MALLOPT = {-8: 2, -1: 8 * 1024 * 1024, -3: 1024 * 1024}
MUCH = 8 * 1024 * 1024  # bytes more than there were at the beginning: worth a look
LITTLE = 1024 * 1024  # bytes given back: then the next look is later
SOON, LATER = 5.0, 20.0  # seconds between two looks
STATM = Path("/proc/self/statm")
PAGE = os.sysconf("SC_PAGE_SIZE")


def set_up() -> None:
    """For a process that begins."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        for option, value in MALLOPT.items():
            ctypes.CDLL(None).mallopt(option, value)


def trim() -> None:
    """Give back what is free inside. Takes some milliseconds, without the interpreter lock."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


class Trimmer:
    """Only the end of an arena goes back by itself; a little that was kept may hold much below.

    What was taken may be freed long after the last time that memory grew, so this goes on.
    """

    def __init__(self) -> None:
        self._least = _resident()
        self._seconds = SOON

    def trim(self) -> float:
        """If it is due. Seconds until the next time."""
        before = _resident()
        if before <= self._least + MUCH:
            self._least = min(self._least, before)
            return SOON
        trim()
        is_worth_while = before - _resident() > LITTLE
        self._seconds = SOON if is_worth_while else min(2 * self._seconds, LATER)
        return self._seconds


def _resident() -> int:
    """Bytes of this process in memory; 0 where nobody says so."""
    try:
        return int(STATM.read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0
