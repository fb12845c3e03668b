"""Who asks for pages and answers of the API, as far as it says who may go first."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import blake2b
from time import monotonic

KNOWN = 1000  # credentials
AT_ONCE = 4  # requests: more of a caller's are not the first, whatever they take
MUCH = 0.5  # seconds that a caller's requests took, of which
SHARE = 0.25  # of each second are forgotten;
MOST = 2.0  # more than these are not remembered


class Rank(Enum):
    FIRST = auto()  # a person or token of ours: before events
    BUSY = auto()  # one that has asked for much lately, and asks for more at once: after events
    STRANGER = auto()


@dataclass(slots=True)
class Work:
    seconds: float = 0.0
    at: float = 0.0  # when they were that many
    under_way: int = 0  # requests

    def seconds_left(self, now: float) -> float:
        return max(self.seconds - SHARE * (now - self.at), 0.0)


class Callers:
    """Credentials that were good a moment ago, as digests, and the work that they made lately.

    Whether they are good is asked each time all the same.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Work] = OrderedDict()

    @contextmanager
    def rank(self, credentials: bytes) -> Iterator[Rank]:
        """For a step of an answer. A script that asks for one thing after the other waits for
        nothing else, however long it goes on; what is asked for at once, and much, does.
        """
        work = self._known.get(_digest(credentials)) if credentials else None
        if work is None:
            yield Rank.STRANGER
            return
        began = monotonic()
        is_busy = work.under_way >= AT_ONCE or (work.under_way and work.seconds_left(began) >= MUCH)
        work.under_way += 1
        try:
            yield Rank.BUSY if is_busy else Rank.FIRST
        finally:
            work.under_way -= 1
            now = monotonic()
            work.seconds = min(work.seconds_left(now) + now - began, MOST)
            work.at = now

    def add(self, credentials: bytes) -> None:
        digest = _digest(credentials)
        self._known.setdefault(digest, Work())
        self._known.move_to_end(digest)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def discard(self, credentials: bytes) -> None:
        self._known.pop(_digest(credentials), None)


def _digest(credentials: bytes) -> bytes:
    return blake2b(credentials, digest_size=16).digest()
