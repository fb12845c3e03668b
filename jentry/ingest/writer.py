"""The one thread that writes: it takes every parcel that waits and commits them together."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from jentry.errors import TooManyRequests
from jentry.store.apply import apply
from jentry.store.connection import Connection, connect, transaction
from jentry.store.parcel import Parcel, Receipt

log = logging.getLogger(__name__)

BATCH = 200  # parcels in a transaction
MAX_WAITING = 2000  # parcels
MAX_WAITING_BYTES = 64 * 1024 * 1024

Result = Receipt | Exception
Deliver = Callable[[Sequence[tuple[Any, Result]]], None]


def settle(results: Sequence[tuple[Any, Result]]) -> None:
    """Give each waiting future its result; one that was cancelled meanwhile is left alone."""
    for future, result in results:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


class Writer:
    """Group commit. Never waits to fill a batch: batches grow while the previous one commits.

    `deliver` gets the results of a batch, each with the waiter it was submitted with, after the
    commit; by default waiters are `concurrent.futures.Future`s.
    """

    def __init__(self, path: Path, deliver: Deliver = settle) -> None:
        self.path = path
        self.deliver = deliver
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Parcel, Any, int]] = deque()
        self._bytes = 0
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def store(self, parcel: Parcel) -> Receipt:
        """Block until the parcel is committed. Raises TooManyRequests, or SQLite's error."""
        future: Future[Receipt] = Future()
        self.submit(parcel, future)
        return future.result()

    def submit(self, parcel: Parcel, waiter: Any) -> None:
        """Queue a parcel. Raises TooManyRequests when too many rows or bytes wait already."""
        size = _size(parcel)
        with self._changed:
            full = len(self._waiting) >= MAX_WAITING or self._bytes + size > MAX_WAITING_BYTES
            if full and self._waiting:
                raise TooManyRequests("too many events are waiting to be stored")
            self._waiting.append((parcel, waiter, size))
            self._bytes += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Commit what waits, then stop. A later submit starts a new thread."""
        with self._changed:
            thread, self._is_closing = self._thread, True
            self._changed.notify()
        if thread is not None:
            thread.join()
        with self._changed:
            self._thread, self._is_closing = None, False

    def _run(self) -> None:
        """Whatever fails, every waiter gets its result: nobody may wait for ever."""
        db: Connection | None = None
        while batch := self._take():
            parcels = [parcel for parcel, _ in batch]
            try:
                db = db or connect(self.path, write=True)
                results = _write(db, parcels)
            except Exception as error:  # the file cannot be opened, for one
                log.exception("nothing could be stored parcels=%d", len(parcels))
                results = [error] * len(parcels)
            try:
                self.deliver(list(zip([waiter for _, waiter in batch], results, strict=True)))
            except RuntimeError:  # the event loop is closed: those who waited are gone
                log.exception("results could not be delivered parcels=%d", len(parcels))
            if db and all(isinstance(result, Exception) for result in results):
                db.close()  # it may be the connection: the next batch gets a new one
                db = None
        if db:
            db.close()

    def _take(self) -> list[tuple[Parcel, Any]]:
        """The next batch; empty when the writer closes."""
        with self._changed:
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            batch: list[tuple[Parcel, Any]] = []
            while self._waiting and len(batch) < BATCH:
                parcel, waiter, size = self._waiting.popleft()
                self._bytes -= size
                batch.append((parcel, waiter))
            return batch


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
