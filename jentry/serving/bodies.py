"""Bodies on their way in: read in the event loop, in a bounded time and memory."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from jentry.app.body import Body
from jentry.errors import BadRequest, RequestTimeout, TooLarge, Unavailable

SECONDS = 30.0  # for a body to arrive, and
RATE = 64 * 1024  # bytes for which it gets a second more
RETRY_SECONDS = "5"
LITTLE = 128 * 1024  # bytes: who keeps no more need not wait for room
WAITING = 32  # requests that wait for room, each with what it has just received
ENDED_SECONDS = 1.0  # between two requests that are ended for those that wait

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = list[tuple[bytes, bytes]]


class Hold:
    """What one request keeps in memory, in bytes. `let_go` ends the request; None: too late."""

    def __init__(self, budget: "Budget") -> None:
        self._budget = budget
        self.size = 0
        self.is_lost = False
        self.is_waiting = False
        self.let_go: Callable[[], object] | None = None

    async def grow(self, size: int) -> None:
        """By so much, once there is room for it. Raises Unavailable when there will be none."""
        if self.size + size > LITTLE:
            self.is_waiting = True
            await self._budget.turn(self, size)
            self.is_waiting = False
        else:
            self.set(self.size + size)

    def set(self, size: int) -> None:
        """Raises Unavailable when there is no room for it now."""
        self._budget.set(self, size)


class Budget:
    """Bytes that all requests of the process together may keep. Belongs to one event loop.

    When there is no room the one that keeps most has to go: at once for a request that keeps
    little, so that it always gets through, and one a second for those that keep much. Nothing is
    read of these meanwhile: what is received and then thrown away costs everybody.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self._holds: set[Hold] = set()
        self._waiting: deque[tuple[Hold, int, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        hold = Hold(self)
        self._holds.add(hold)
        try:
            yield hold
        finally:
            self._holds.discard(hold)
            self._free(hold)

    def set(self, hold: Hold, size: int) -> None:
        """Raises Unavailable when it is this request that has to go."""
        self.used += size - hold.size
        hold.size = size
        while self.used > self.most:
            if self._end_largest(hold) is hold:
                raise _no_room()
        self._let_in()

    async def turn(self, hold: Hold, size: int) -> None:
        """Grow by `size` as soon as there is room, first come, first served.

        Raises Unavailable when it is too much even for one that is alone.
        """
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = hold, size, granted
        self._waiting.append(turn)
        try:
            self._let_in()
            if len(self._waiting) > WAITING:
                self._end_largest()
            self._end_one_later()
            await granted
        finally:
            self._waiting.remove(turn)
        self.set(hold, hold.size + size)

    def _let_in(self) -> None:
        """The first of those that wait; once it has grown it is the next one's turn."""
        if not self._waiting:
            return
        hold, size, granted = self._waiting[0]
        is_alone = self.used == hold.size
        if not granted.done() and (self.used + size <= self.most or is_alone):
            granted.set_result(None)

    def _end_one_later(self) -> None:
        if self._waiting and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(ENDED_SECONDS, self._end_one)

    def _end_one(self) -> None:
        self._timer = None
        self._let_in()
        if self._waiting:
            self._end_largest()
        self._end_one_later()

    def _end_largest(self, newest: Hold | None = None) -> Hold | None:
        may_go = [hold for hold in self._holds if hold.let_go is not None or hold is newest]
        largest = max(may_go, key=lambda hold: hold.size, default=None)
        if largest is not None:
            largest.is_lost = True
            if largest is not newest and largest.let_go is not None:
                largest.let_go()
                largest.let_go = None
            self._free(largest)
        return largest

    def _free(self, hold: Hold) -> None:
        self.used -= hold.size
        hold.size = 0
        self._let_in()


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
            if self._hold.is_lost or self._hold.is_waiting:
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
        if chunk:
            await self._hold.grow(len(chunk))
        self._body.add(chunk)
        self.is_complete = not message.get("more_body", False)

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
