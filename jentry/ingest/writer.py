"""Group commit: everything that waits is stored in one transaction, and then told so.

Never waits to fill a batch: batches grow while the one before is committed.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from jentry.errors import TooManyRequests
from jentry.ingest.training import Trainer
from jentry.store.apply import apply
from jentry.store.connection import Connection, connect, transaction
from jentry.store.parcel import Parcel, Receipt

log = logging.getLogger(__name__)

BATCH = 200  # parcels in a transaction
MAX_WAITING = 2000  # parcels
MAX_WAITING_BYTES = 64 * 1024 * 1024

Result = Receipt | Exception
Batch = list[tuple[Parcel, Any]]  # parcels, each with the future that waits for it


class Waiting:
    """Parcels in order of arrival, bounded in number and bytes. Not safe between threads."""

    def __init__(self) -> None:
        self._parcels: deque[tuple[Parcel, Any, int]] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._parcels)

    def put(self, parcel: Parcel, waiter: Any) -> None:
        """Raises TooManyRequests when too many rows or bytes wait already."""
        size = _size(parcel)
        is_full = len(self._parcels) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES
        if is_full and self._parcels:
            raise TooManyRequests("too many events are waiting to be stored")
        self._parcels.append((parcel, waiter, size))
        self._bytes += size

    def take(self, most: int) -> Batch:
        batch: Batch = []
        while self._parcels and len(batch) < most:
            parcel, waiter, size = self._parcels.popleft()
            self._bytes -= size
            batch.append((parcel, waiter))
        return batch


class Writer:
    """One thread that writes, for servers that answer each request in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed = threading.Condition()
        self._waiting = Waiting()
        self._trainer = Trainer(path)
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def store(self, parcel: Parcel) -> Receipt:
        """Block until the parcel is committed. Raises TooManyRequests, or SQLite's error."""
        future: Future[Receipt] = Future()
        self.submit(parcel, future)
        return future.result()

    def submit(self, parcel: Parcel, waiter: Future[Receipt]) -> None:
        """Queue a parcel. Raises TooManyRequests."""
        with self._changed:
            self._waiting.put(parcel, waiter)
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
            parcels = [parcel for parcel, _ in batch]
            results = session.write(parcels)
            settle(batch, results)
            self._trainer.note(parcels, results)
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
    """A connection to write with, opened when it is needed and again when it has failed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: Connection | None = None

    @property
    def db(self) -> Connection:
        if self._db is None:
            self._db = connect(self.path, write=True, shared=True)
        return self._db

    def write(self, parcels: Sequence[Parcel]) -> Sequence[Result]:
        """Each parcel's receipt, or the error that kept it alone from being stored."""
        try:
            results = _write(self.db, parcels)
        except Exception as error:  # the file cannot be opened, for one
            log.exception("nothing could be stored parcels=%d", len(parcels))
            results = [error] * len(parcels)
        if all(isinstance(result, Exception) for result in results):
            self.close()  # it may be the connection
        return results

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


def _write(db: Connection, parcels: Sequence[Parcel]) -> Sequence[Result]:
    """One transaction; if it fails, one for each parcel, so that a bad one fails alone."""
    try:
        with transaction(db) as at:
            return apply(db, parcels, at)
    except Exception as error:
        if len(parcels) == 1:
            log.exception("a parcel could not be stored project=%s", parcels[0].project_id)
            return [error]
    return [_write(db, [parcel])[0] for parcel in parcels]


def _size(parcel: Parcel) -> int:
    """Roughly the bytes a parcel holds in memory."""
    events = sum(len(event.payload) for event in parcel.events)
    return 500 + events + sum(len(file.data) for file in parcel.attachments)
