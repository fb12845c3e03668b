"""How long a lost server is waited for: what was to be stored, or looked up, is tried again."""

import math
import time

REPEATED = 30.0  # seconds for a server to come back, or for another to take its place
AGAIN = 0.2  # seconds between two tries


class Outage:
    """For those who look something up, one after another: they wait so long together."""

    def __init__(self) -> None:
        self._began = self._last = -math.inf

    def may_wait(self) -> bool:
        """The server was lost just now. Is it worth another try?"""
        now = time.monotonic()
        if now - self._last > REPEATED:
            self._began = now
        self._last = now
        return now - self._began < REPEATED

    def end(self) -> None:
        self._last = -math.inf
