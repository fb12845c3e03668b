"""Group commit for an event loop: batches are applied in the loop and committed in a thread.

A thread that does all of it gives the interpreter lock away at every SQL statement and has to
win it back from the loop each time: that cost a third of all CPU. The commit is what may take
long, on a slow disk or for a checkpoint; it is one call.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jentry.ingest.training import Trainer
from jentry.ingest.writer import (
    STALE,
    Batch,
    Result,
    Session,
    Waiting,
    is_unusable,
    refuse,
    scope_of,
    settle,
)
from jentry.store.apply import apply
from jentry.store.connection import Target, transaction
from jentry.store.engines.errors import Busy
from jentry.store.rows import StoreResult, Submission

log = logging.getLogger(__name__)

BATCH = 50  # submissions in a transaction in the loop: a few milliseconds
SLOW = 0.05  # seconds in the loop for a batch: the file is not in memory
SLOW_FOR, SLOW_FOR_MOST = 0.5, 10.0  # seconds that batches then go to the thread as a whole
COUNT_SECONDS = 0.05  # that counts wait for others, or for something to be stored
TRY_SECONDS = 0.05  # to get the lock, until the thread does all of it

Measured = Callable[[int, int, float], None]


class LoopWriter:
    """For one event loop. All of it but `store` is called from that loop.

    `measured` is told of each batch: submissions in it, those that wait, seconds of the commit.
    """

    def __init__(
        self, path: Target, loop: asyncio.AbstractEventLoop, measured: Measured | None = None
    ) -> None:
        self.loop = loop
        self._measured = measured
        self._session = Session(path)
        self._waiting = Waiting()
        self._trainer = Trainer(path)
        self._thread = ThreadPoolExecutor(1, "writer")
        self._task: asyncio.Task[None] | None = None
        # A server is waited for in the thread: the loop never waits.
        self._slow_for = 0.0
        self._slow_until = 0.0 if isinstance(path, Path) else math.inf
        self._due = asyncio.Event()

    def store(self, submission: Submission) -> StoreResult:
        """For other threads: block until the submission is committed."""
        future: Future[StoreResult] = Future()
        self.loop.call_soon_threadsafe(self._submit_from_thread, submission, future)
        return future.result()

    def submit(self, submission: Submission, waiter: Any) -> None:
        """Queue a submission; `waiter`, a future, gets its result. Raises TooManyRequests."""
        self._waiting.put(submission, waiter)
        if self._is_due:
            self._due.set()
        if self._task is None:
            self._task = self.loop.create_task(self._run())

    async def close(self) -> None:
        """Commit what waits, then stop."""
        if self._task is not None:
            await self._task
        await self._in_thread(self._trainer.close)
        await self._in_thread(self._session.close)
        self._thread.shutdown()

    def _submit_from_thread(self, submission: Submission, future: Future[StoreResult]) -> None:
        try:
            self.submit(submission, future)
        except Exception as error:
            future.set_exception(error)

    async def _run(self) -> None:
        """Whatever fails, every waiter gets its result: nobody may wait for ever."""
        while self._waiting:
            if not self._is_due:
                await self._gather()
            batch = self._waiting.take(BATCH)
            results: Sequence[Result]
            try:
                results = await self._write(batch)
            except Exception as error:
                log.exception("nothing could be stored submissions=%d", len(batch))
                results = [error] * len(batch)
            settle(batch, results)
            if is_unusable(results):
                refuse(self._waiting, results[0])
            self._trainer.note([submission for submission, _ in batch], results)
        self._task = None

    @property
    def _is_due(self) -> bool:
        """More than counts waits, or all that a transaction takes."""
        return self._waiting.has_rows or len(self._waiting) >= BATCH

    async def _gather(self) -> None:
        """What only counts, of a flood of refused requests say, shares a transaction."""
        self._due.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COUNT_SECONDS):
                await self._due.wait()

    async def _write(self, batch: Batch) -> Sequence[Result]:
        """Store the batch. What arrives while another process has the lock is added to it."""
        patience = self.loop.time() + TRY_SECONDS
        while self.loop.time() >= self._slow_until:
            try:
                if not self._session.is_open and await self._in_thread(self._session.has_moved):
                    return [STALE] * len(batch)
                results, commit = self._apply([submission for submission, _ in batch])
                began = self.loop.time()
                await self._in_thread(commit)
                if self._measured:
                    self._measured(len(batch), len(self._waiting), self.loop.time() - began)
                return results
            except Busy:
                if self.loop.time() > patience:
                    break
                await self._in_thread(self._wait_for_lock)
                batch += self._waiting.take(BATCH - len(batch))
            except Exception as error:  # a submission is bad, or the file: the thread finds out
                log.debug("a batch goes to the thread submissions=%d: %r", len(batch), error)
                break
        submissions = [submission for submission, _ in batch]
        written: Sequence[Result] = await self._in_thread(self._session.write, submissions)
        return written

    def _wait_for_lock(self) -> None:
        """Only until it is free: what is written is made in the loop."""
        with contextlib.suppress(Busy), self._session.db.lock.within(TRY_SECONDS):
            pass

    def _apply(
        self, submissions: Sequence[Submission]
    ) -> tuple[Sequence[StoreResult], Callable[[], Any]]:
        """Results, and the call that commits. Raises Busy at once when the lock is not free."""
        began = self.loop.time()
        db = self._session.db
        writing = transaction(db, scope_of(submissions), patience=0)
        at = writing.__enter__()
        try:
            results = apply(db, submissions, at)
        except BaseException as error:
            writing.__exit__(type(error), error, error.__traceback__)
            raise
        ended = self.loop.time()
        self._slow_for = seconds_in_thread(ended - began, self._slow_for)
        self._slow_until = ended + self._slow_for
        return results, lambda: writing.__exit__(None, None, None)

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        return await self.loop.run_in_executor(self._thread, call, *args)


def seconds_in_thread(took: float, before: float) -> float:
    """For how long batches are left to the thread after one that took so long in the loop, and
    before it, last time: a file that is not in memory stays slow, a moment without the processor or
    the interpreter lock passes.
    """
    return min(max(2 * before, SLOW_FOR), SLOW_FOR_MOST) if took > SLOW else 0.0
