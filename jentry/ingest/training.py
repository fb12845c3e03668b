"""Dictionaries are trained beside ingestion: in a thread, one at a time, never in its way."""

import contextlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from zstandard import ZstdError

from jentry import memory
from jentry.store import dictionaries
from jentry.store.connection import Target, transaction
from jentry.store.database import open_database
from jentry.store.engines.scope import Projects
from jentry.store.rows import StoreResult, Submission

log = logging.getLogger(__name__)

LOOK = 200  # events of a project that this process stores between two looks into the database
STORED = StoreResult()  # not stale, not over a quota


class Trainer:
    """One for each writer, which tells it what was stored. Only `note` is called often."""

    def __init__(self, path: Target) -> None:
        self.path = path
        self._left: dict[int, int] = {}  # events until the next look, by project
        self._thread: ThreadPoolExecutor | None = None

    def note(
        self, submissions: Sequence[Submission], results: Sequence[StoreResult | Exception]
    ) -> None:
        """Count what was stored. Raises nothing."""
        for submission, result in zip(submissions, results, strict=True):
            if submission.events and result == STORED:
                left = self._left.get(submission.project_id, LOOK) - len(submission.events)
                self._left[submission.project_id] = left if left > 0 else LOOK
                if left <= 0:
                    self._submit(submission.project_id)

    def close(self) -> None:
        """Finish the one that is being trained and drop the others: they are due later too."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None

    def _submit(self, project_id: int) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "trainer")
        with contextlib.suppress(RuntimeError):  # no thread to be had
            self._thread.submit(self._work, project_id)

    def _work(self, project_id: int) -> None:
        try:
            self._left[project_id] = train(self.path, project_id)
        except ZstdError as error:
            log.debug("no dictionary project=%d: %s", project_id, error)
        except Exception:
            log.exception("a dictionary could not be trained project=%d", project_id)
        finally:
            memory.trim()  # samples took some MB


def train(path: Target, project_id: int) -> int:
    """Give a project a dictionary, if one is due and helps. Events until it is worth to ask again.

    Raises ZstdError when the payloads are too few or too much alike.
    """
    db = open_database(path, write=True)
    try:
        progress = dictionaries.progress(db, project_id)
        if not progress.is_due:
            # Half of what is missing: other processes store events too.
            return max(LOOK, (progress.wanted - progress.stored) // 2)
        current = dictionaries.newest(db, project_id)
        samples = dictionaries.samples(db, project_id)
        data = dictionaries.train(samples, current, dictionaries.impersonal)
        if data is not None:
            with transaction(db, Projects((project_id,))) as at:
                dictionaries.save(db, project_id, data, progress.stored, at)
        return (dictionaries.GROWTH - 1) * progress.stored
    finally:
        db.close()
