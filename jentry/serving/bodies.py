"""Bodies on their way in: read in the event loop, in a bounded time and memory."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from jentry.app.body import Body
from jentry.errors import BadRequest, RequestTimeout, TooLarge, Unavailable

SECONDS = 30.0  # for a body to arrive, and
RATE = 64 * 1024  # bytes for which it gets a second more
RETRY_SECONDS = "5"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = list[tuple[bytes, bytes]]


class Hold:
    """What one request keeps in memory, in bytes. `let_go` ends the request; None: too late."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self.size = 0
        self.is_lost = False
        self.let_go: Callable[[], object] | None = None

    def set(self, size: int) -> None:
        """Raises Unavailable when there is no room for it."""
        self._budget.used += size - self.size
        self.size = size
        self._budget.make_room(self)


class Budget:
    """Bytes that all requests of the process together may keep.

    When there is no room the one that keeps most has to go, so that who sends little always gets
    through. Belongs to one event loop.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self._holds: set[Hold] = set()

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        hold = Hold(self)
        self._holds.add(hold)
        try:
            yield hold
        finally:
            self._holds.discard(hold)
            self.used -= hold.size

    def make_room(self, newest: Hold) -> None:
        while self.used > self.most:
            may_go = [hold for hold in self._holds if hold.let_go is not None or hold is newest]
            largest = max(may_go, key=lambda hold: hold.size)
            self.used -= largest.size
            largest.size = 0
            largest.is_lost = True
            if largest is newest:
                raise _no_room()
            assert largest.let_go is not None  # noqa: S101
            largest.let_go()
            largest.let_go = None


class IncomingBody:
    """Read as far as is asked for. `seconds` and the rate hold for all of it."""

    def __init__(self, receive: Receive, hold: Hold, limit: int, seconds: float = SECONDS) -> None:
        self._receive = receive
        self._hold = hold
        self.limit = limit
        self._body = Body(limit)
        self._seconds = seconds
        self._began: float | None = None
        self.is_complete = False

    async def read(self, most: int | None = None) -> None:
        """To the end, or until more than `most` bytes are there.

        Raises TooLarge, BadRequest when it ends too early, RequestTimeout, Unavailable.
        """
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
        try:
            async with asyncio.timeout_at(self._deadline()) as patience:
                self._hold.let_go = lambda: _end(patience)
                while not self.is_complete and (most is None or self._body.size <= most):
                    await self._take()
                    if not self.is_complete:
                        self._go_on(patience)
        except TimeoutError:
            if self._hold.is_lost:
                raise _no_room() from None
            raise RequestTimeout(
                f"the body did not arrive within {self._seconds:g} seconds and one more for each "
                f"{RATE // 1024} KiB"
            ) from None
        finally:
            self._hold.let_go = None

    async def whole(self) -> bytes:
        """Raises what `read` raises."""
        await self.read()
        return self._body.whole()

    async def _take(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("the request ended before its body was complete")
        chunk = message.get("body", b"")
        self._body.add(chunk)
        self.is_complete = not message.get("more_body", False)
        if not self.is_complete or self._body.size > len(chunk):
            self._hold.set(self._body.size)
        elif chunk:
            self._hold.set(len(chunk))

    def _go_on(self, patience: asyncio.Timeout) -> None:
        if patience.expired():  # Python 3.11 loses the cancellation when data comes with it
            raise TimeoutError
        if not self._hold.is_lost:
            patience.reschedule(self._deadline())

    def _deadline(self) -> float:
        assert self._began is not None  # noqa: S101
        return self._began + self._seconds + self._body.size / RATE


def _end(patience: asyncio.Timeout) -> None:
    if not patience.expired():
        patience.reschedule(asyncio.get_running_loop().time())


def announced(headers: Headers) -> int | None:
    """The length of a body; 0 when there is none, None when it comes in chunks."""
    length = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            length = int(value)
    return length


def check(length: int | None, limit: int) -> None:
    """Raises TooLarge."""
    if length is not None and length > limit:
        raise TooLarge(f"The body must not be larger than {limit} bytes.")


def _no_room() -> Unavailable:
    return Unavailable(
        "too many bodies are on their way to this server, try again",
        headers={"Retry-After": RETRY_SECONDS},
    )
