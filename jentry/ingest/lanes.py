"""Several writers at once, where the engine has more than one: a project is always in the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jentry.ingest.loop_writer import LoopWriter
from jentry.store.connection import Target
from jentry.store.rows import StoreResult, Submission

LANES = 2  # of a process; each has a connection to write with


class Lanes:
    """Who waits in one, for a project that others write to, is not in the way of the others."""

    def __init__(self, target: Target, make: Callable[[], LoopWriter]) -> None:
        self._lanes = [make() for _ in range(1 if isinstance(target, Path) else LANES)]

    def store(self, submission: Submission) -> StoreResult:
        """As `LoopWriter.store`."""
        return self._of(submission).store(submission)

    def submit(self, submission: Submission, waiter: Any) -> None:
        """As `LoopWriter.submit`."""
        self._of(submission).submit(submission, waiter)

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()

    def _of(self, submission: Submission) -> LoopWriter:
        return self._lanes[submission.project_id % len(self._lanes)]
