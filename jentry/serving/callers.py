"""Who asks for pages and answers of the API, as far as it says who may go first."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import blake2b

KNOWN = 1000  # credentials
MUCH = 0.5  # seconds of work on a caller's requests, of which
SHARE = 0.25  # of each second are forgotten;
MOST = 2.0  # more than these are not remembered


class Rank(Enum):
    FIRST = auto()  # a person or token of ours: before events
    BUSY = auto()  # one that has asked for much lately: as events leave room
    STRANGER = auto()


@dataclass(slots=True)
class Work:
    seconds: float
    at: float  # when they were that many

    def seconds_left(self, now: float) -> float:
        return max(self.seconds - SHARE * (now - self.at), 0.0)


class Callers:
    """Credentials that were good a moment ago, as digests, and the work that they made lately.

    Whether they are good is asked each time all the same.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Work] = OrderedDict()

    def rank(self, credentials: bytes, now: float) -> Rank:
        work = self._known.get(_digest(credentials))
        if not credentials or work is None:
            return Rank.STRANGER
        return Rank.FIRST if work.seconds_left(now) < MUCH else Rank.BUSY

    def note(self, credentials: bytes, seconds: float, now: float) -> None:
        """A request of theirs took so long, until now."""
        work = self._known.get(_digest(credentials))
        if work is not None:
            work.seconds = min(work.seconds_left(now) + seconds, MOST)
            work.at = now

    def add(self, credentials: bytes) -> None:
        digest = _digest(credentials)
        self._known.setdefault(digest, Work(0.0, 0.0))
        self._known.move_to_end(digest)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def discard(self, credentials: bytes) -> None:
        self._known.pop(_digest(credentials), None)


def _digest(credentials: bytes) -> bytes:
    return blake2b(credentials, digest_size=16).digest()
