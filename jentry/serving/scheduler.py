"""Who goes first where all share one interpreter lock: people who wait for a page, then events,
each project's in turn, then strangers and those who ask for much.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeVar

from jentry.serving.callers import Rank

T = TypeVar("T")
Work = tuple[Callable[[], Any], asyncio.Future[Any]]

COURTESY = 0.02  # seconds that one request may hold events up
TURN = 0.016  # seconds that events may keep the loop busy: fewer would mean more commits
SHORT_TURN = 0.004  # when somebody has asked for something in the last
RECENTLY = 2.0  # seconds
GAP = 0.1  # seconds that such a request lets events pass at most


class Scheduler:
    """Lets events pass in short runs, so that the loop sees in between who else has come.

    A request that is answered in a thread asks for the interpreter lock after each row it reads,
    and would find it taken by the opening of an event each time. So events wait while there are
    such requests: `COURTESY` seconds from the last one's beginning at most, and afterwards they go
    on for as long as they have waited. Strangers, and callers who ask for much, wait for events:
    one request of each rank at a time, and after it a pause as long as it took. Of events the
    projects have turns, so that a flood of one's delays only its own. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._events: OrderedDict[Hashable, deque[Work]] = OrderedDict()  # by project
        self._task: asyncio.Task[None] | None = None
        self._quiet = asyncio.Event()
        self._requests = 0
        self._last_request = -RECENTLY
        self._last_event = 0.0
        self._go_on_until = 0.0
        self._later = {rank: asyncio.Lock() for rank in (Rank.BUSY, Rank.STRANGER)}

    def request(self, rank: Rank) -> AbstractAsyncContextManager[None]:
        """For the time that a thread takes a step of the answer."""
        return self._before_events() if rank is Rank.FIRST else self._after_events(rank)

    @asynccontextmanager
    async def _after_events(self, rank: Rank) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        async with self._later[rank]:
            began = loop.time()
            try:
                yield
            finally:
                if self._last_event >= began:
                    await asyncio.sleep(min(loop.time() - began, GAP))

    @asynccontextmanager
    async def _before_events(self) -> AsyncIterator[None]:
        self._requests += 1
        self._quiet.clear()
        self._last_request = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self._quiet.set()

    async def event(self, work: Callable[[], T], project: Hashable = None) -> T:
        """Do a piece of work that keeps the loop busy, when it is its turn."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._events.setdefault(project, deque()).append((work, done))
        self._last_event = loop.time()
        if self._task is None:
            self._task = loop.create_task(self._let_pass())
        try:
            return await done
        finally:
            del done  # see `_do`

    async def _let_pass(self) -> None:
        loop = asyncio.get_running_loop()
        while self._events:
            if self._requests:
                await self._stand_back()
            is_watched = loop.time() < self._last_request + RECENTLY
            end = loop.time() + (SHORT_TURN if is_watched else TURN)
            _do(*self._next())
            while self._events and loop.time() < end:
                _do(*self._next())
            await asyncio.sleep(0)
        self._task = None

    def _next(self) -> Work:
        """One of the project whose turn was longest ago."""
        project, events = next(iter(self._events.items()))
        work = events.popleft()
        if events:
            self._events.move_to_end(project)
        else:
            del self._events[project]
        return work

    async def _stand_back(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        wait_until = self._last_request + COURTESY
        if began < self._go_on_until or began >= wait_until:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(wait_until):
                await self._quiet.wait()
        self._go_on_until = loop.time() + (loop.time() - began)


def _do(work: Callable[[], T], done: asyncio.Future[T]) -> None:
    """An error knows the frames it came through, and these must not know the future that keeps it:
    such a circle would hold the whole request until the next collection.
    """
    if done.done():  # whoever wanted it has left
        return
    try:
        done.set_result(work())
    except Exception as error:
        done.set_exception(error)
    finally:
        del done
