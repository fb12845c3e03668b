"""The database of a request: one connection to read with, and the one way to write."""

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import BoundedSemaphore
from typing import Any

from flask import Flask, current_app, g

from jentry.settings import Settings
from jentry.store.connection import Connection, transaction
from jentry.store.database import identity, open_database
from jentry.store.engines.errors import UNREACHABLE, Unusable
from jentry.store.engines.scope import EVERYTHING

PATIENCE = 3.0  # seconds to wait for whoever writes
PATIENT = 2  # threads that may wait so long at once: the others remain for those who read
HURRY = 0.25  # seconds for all others

SPARES = 4  # connections kept, each with its cache


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_close)


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


class _Spares:
    """Connections between two requests: to open one takes longer than most queries."""

    def __init__(self) -> None:
        self._kept: deque[tuple[Connection, Any]] = deque()

    def take(self, file: Any, old: ExitStack) -> Connection | None:
        """One to this file; those to others are closed with `old`, when the new one is open."""
        while self._kept:
            try:
                db, of_file = self._kept.pop()
            except IndexError:  # another thread was faster
                break
            if of_file == file and (isinstance(file, tuple) or db.is_in_place()):
                return db
            old.callback(db.close)
        return None

    def put(self, db: Connection, file: Any) -> None:
        if len(self._kept) < SPARES:
            self._kept.append((db, file))
        else:
            db.close()


_spares = _Spares()


def reader(*, small: bool = False) -> Connection:
    """A connection that refuses to write, for the caller to close.

    A request may go on in another thread, but never in two at once. `small`: with little cache.
    """
    return open_database(settings().db, shared=True, small=small)


def reading() -> Connection:
    """The request's connection; it refuses to write."""
    if "reading" not in g:
        with ExitStack() as old:
            g.reading = _spares.take(_identity(), old) or reader()
        g.file = g.reading.identity
    db: Connection = g.reading
    return db


@contextmanager
def writing(patience: float | None = None) -> Iterator[tuple[Connection, str]]:
    """A write transaction under the write lock: its connection and its one timestamp. Raises Busy.

    `patience`: other than usual seconds to wait for whoever writes. It is about `g.scope`, where
    whoever let the request in has set one, and else about everything.

    Inside `within` it is that transaction. What the request demands of the state it changes, its
    `g.precondition`, is asked first; then it is charged for what it writes, by `g.charge`.
    """
    if "transaction" in g:
        yield g.transaction
        return
    db = open_database(settings().db, write=True)
    try:
        wanted = PATIENCE if patience is None else patience
        with _patience(wanted) as seconds, _transaction(db, seconds) as at:
            ask_precondition()
            if "charge" in g:
                g.charge(db, at)
            yield db, at
    finally:
        db.close()


def _transaction(db: Connection, patience: float) -> AbstractContextManager[str]:
    return transaction(db, g.get("scope", EVERYTHING), patience=patience)


def ask_precondition() -> None:
    """Raises PreconditionFailed. Of what the request demands nothing is left to ask later."""
    precondition = g.pop("precondition", None)
    if precondition is not None:
        precondition()


@contextmanager
def reading_from(db: Connection) -> Iterator[None]:
    """In this block the request reads by this connection, which remains the caller's to close."""
    own = g.pop("reading", None)
    g.reading = db
    try:
        yield
    finally:
        del g.reading
        if own is not None:
            g.reading = own


@contextmanager
def within(db: Connection, at: str) -> Iterator[None]:
    """In this block everything that the request reads and writes is part of one transaction."""
    earlier = g.at
    g.transaction, g.at = (db, at), at
    try:
        with reading_from(db):
            yield
    finally:
        del g.transaction
        g.at = earlier


def _close(error: BaseException | None = None) -> None:
    """Keep the connection for another request, unless something was wrong with it."""
    db: Connection | None = g.pop("reading", None)
    if db is None:
        return
    if "file" not in g or error is not None or db.in_transaction:
        db.close()
    else:
        _spares.put(db, g.file)


def _identity() -> Any:
    try:
        return identity(settings().db)
    except OSError as error:
        raise Unusable(UNREACHABLE) from error


_patient = BoundedSemaphore(PATIENT)


@contextmanager
def _patience(wanted: float) -> Iterator[float]:
    """How long to wait, in seconds."""
    is_patient = wanted > HURRY and _patient.acquire(blocking=False)
    try:
        yield wanted if is_patient else min(wanted, HURRY)
    finally:
        if is_patient:
            _patient.release()
