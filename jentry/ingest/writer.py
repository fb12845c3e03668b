"""Group commit: everything that waits is stored in one transaction, and then told so.

Never waits to fill a batch: batches grow while the one before is committed.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

from jentry.errors import TooManyRequests
from jentry.ingest import outage
from jentry.ingest.training import Trainer
from jentry.store import files
from jentry.store.apply import apply
from jentry.store.connection import Connection, Target, transaction
from jentry.store.database import open_database
from jentry.store.engines.errors import Busy, Lost, Unusable
from jentry.store.engines.scope import Projects
from jentry.store.rows import StoreResult, Submission

log = logging.getLogger(__name__)

BATCH = 200  # submissions in a transaction
MAX_WAITING = 2000  # submissions
MAX_WAITING_BYTES = 32 * 1024 * 1024
PATIENCE = 3.0  # seconds to wait for another program that writes
TELL_SECONDS = 60.0
STALE = StoreResult(is_stale=True)

Result = StoreResult | Exception
Batch = list[tuple[Submission, Any]]  # submissions, each with the future that waits for it


class Waiting:
    """Submissions in order of arrival, bounded in number and bytes. Not safe between threads."""

    def __init__(self) -> None:
        self._submissions: deque[tuple[Submission, Any, int]] = deque()
        self._bytes = 0
        self._with_rows = 0

    @property
    def has_rows(self) -> bool:
        """Whether anything but outcomes waits."""
        return self._with_rows > 0

    def __len__(self) -> int:
        return len(self._submissions)

    def put(self, submission: Submission, waiter: Any) -> None:
        """Raises TooManyRequests when too many rows or bytes wait already."""
        size = _size(submission)
        is_full = len(self._submissions) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES
        if is_full and self._submissions:
            raise TooManyRequests("too many events are waiting to be stored")
        self._submissions.append((submission, waiter, size))
        self._bytes += size
        self._with_rows += submission.has_rows

    def take(self, most: int) -> Batch:
        batch: Batch = []
        while self._submissions and len(batch) < most:
            submission, waiter, size = self._submissions.popleft()
            self._bytes -= size
            self._with_rows -= submission.has_rows
            batch.append((submission, waiter))
        return batch


class Writer:
    """One thread that writes, for servers that answer each request in a thread of its own."""

    def __init__(self, path: Target) -> None:
        self.path = path
        self._changed = threading.Condition()
        self._waiting = Waiting()
        self._trainer = Trainer(path)
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def store(self, submission: Submission) -> StoreResult:
        """Block until the submission is committed. Raises TooManyRequests, or SQLite's error."""
        future: Future[StoreResult] = Future()
        self.submit(submission, future)
        return future.result()

    def submit(self, submission: Submission, waiter: Future[StoreResult]) -> None:
        """Queue a submission. Raises TooManyRequests."""
        with self._changed:
            self._waiting.put(submission, waiter)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Commit what waits, then stop. A later submit starts a new thread."""
        with self._changed:
            thread = self._thread
            if thread is None:
                return
            self._is_closing = True
            self._changed.notify()
        thread.join()
        self._trainer.close()

    def _run(self) -> None:
        session = Session(self.path)
        while batch := self._take():
            submissions = [submission for submission, _ in batch]
            results = session.write(submissions)
            settle(batch, results)
            if is_unusable(results):
                with self._changed:
                    refuse(self._waiting, results[0])
            self._trainer.note(submissions, results)
        session.close()

    def _take(self) -> Batch:
        """The next batch; empty when the writer closes."""
        with self._changed:
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            batch = self._waiting.take(BATCH)
            if not batch:  # decided under the lock: who submits from now on starts a new thread
                self._thread, self._is_closing = None, False
            return batch


class Session:
    """A connection to write with, opened when it is needed and again when it has failed, or when
    the path names another file.
    """

    def __init__(self, path: Target) -> None:
        self.path = path
        self._db: Connection | None = None
        self._file: files.File | None = None  # the one that was written last
        self._name = secrets.token_hex(8)
        self._number = 0  # of the transaction

    @property
    def is_open(self) -> bool:
        return self._db is not None

    @property
    def db(self) -> Connection:
        if self._db is None:
            self._db = self._opened()
        return self._db

    def _opened(self) -> Connection:
        return open_database(self.path, write=True, shared=True)

    def has_moved(self) -> bool:
        """Open the file that is there, if none is open. Is it another than before?

        Then what was prepared by the other's keys and settings must be prepared anew.
        """
        if self._db is not None and not self._db.is_in_place():
            old, self._db = self._db, None
            with closing(old):  # not sooner: while it is open, it is known which log is its own
                self._db = self._opened()
        before, self._file = self._file, self.db.file
        return before not in (None, self._file)

    def write(self, submissions: Sequence[Submission]) -> Sequence[Result]:
        """Each submission's result, or the error that kept it alone from being stored."""
        results: Sequence[Result]
        try:
            results = self._write(submissions, time.monotonic() + outage.REPEATED)
        except Exception as error:  # the file cannot be opened, for one
            log.exception("nothing could be stored submissions=%d", len(submissions))
            results = [error] * len(submissions)
        if all(isinstance(result, Exception) for result in results):
            self.close()  # it may be the connection
        return results

    def _write(self, submissions: Sequence[Submission], until: float) -> Sequence[Result]:
        """One transaction; if it fails, one for each submission, so that a bad one fails alone."""
        try:
            return self._transact(submissions, until)
        except Unusable as error:
            _tell(error, len(submissions))
            return [error] * len(submissions)
        except Exception as error:
            if len(submissions) == 1:
                project_id = submissions[0].project_id
                log.exception("a submission could not be stored project=%s", project_id)
                return [error]
        return [self._write([submission], until)[0] for submission in submissions]

    def _transact(self, submissions: Sequence[Submission], until: float) -> Sequence[Result]:
        """One transaction, done again until then where a server is lost. When all was done but
        for the answer, it says so itself; the mark is written again in any case: a transaction
        that only reads would not wait for a standby.
        """
        self._number += 1
        done: Sequence[Result] | None = None
        while True:
            try:
                if self.has_moved():
                    return [STALE] * len(submissions)
                db = self.db
                with transaction(db, scope_of(submissions), patience=PATIENCE) as at:
                    if done is None or not db.is_marked(self._name, self._number):
                        done = apply(db, submissions, at)
                    db.mark(self._name, self._number)
                return done
            except (Lost, Busy):
                if isinstance(self.path, Path) or time.monotonic() >= until:
                    raise
                self.close()
            time.sleep(outage.AGAIN)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def settle(batch: Batch, results: Sequence[Result]) -> None:
    """Give each future its result; one that was cancelled meanwhile is left alone."""
    for (_, future), result in zip(batch, results, strict=True):
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


def scope_of(submissions: Sequence[Submission]) -> Projects:
    """All that a batch is about."""
    return Projects(tuple(sorted({submission.project_id for submission in submissions})))


def is_unusable(results: Sequence[Result]) -> bool:
    """Nothing at all can be written just now."""
    return isinstance(results[0], Unusable)


def refuse(waiting: Waiting, result: Result) -> None:
    """What has waited as long as the others is not to wait for a turn of its own."""
    late = waiting.take(MAX_WAITING)
    settle(late, [result] * len(late))


_told: dict[str, tuple[float, int]] = {}  # reason -> when, and submissions since


def _tell(error: Unusable, submissions: int) -> None:
    """In one line a minute: while a disk is full, every batch meets the same."""
    reason, now = str(error), time.monotonic()
    before, waiting = _told.get(reason, (float("-inf"), 0))
    if now - before < TELL_SECONDS:
        _told[reason] = before, waiting + submissions
        return
    log.warning("nothing could be stored submissions=%d: %s", waiting + submissions, reason)
    _told[reason] = now, 0


def _size(submission: Submission) -> int:
    """Roughly the bytes a submission holds in memory."""
    events = sum(len(event.payload) for event in submission.events)
    return 500 + events + sum(len(file.data) for file in submission.attachments)
