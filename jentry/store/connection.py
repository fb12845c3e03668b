"""Connections and transactions: what everyone says to the database, whichever engine it has."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from jentry.store.engines import sqlite
from jentry.store.engines.errors import Unusable

Connection = sqlite.Connection
Row = sqlite.Row

connect = sqlite.connect


def errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What a database may raise, and `others`, for an `except`."""
    return (Unusable, sqlite.Error, *others)


def transaction(db: Connection, *, patience: float | None = None) -> AbstractContextManager[str]:
    """Take the write lock, hand out the one timestamp, commit; or roll it all back.

    `patience`: seconds to wait for whoever writes before Busy is raised; as a rule without an end.
    """
    return db.transaction(patience)


@contextmanager
def snapshot(db: Connection) -> Iterator[None]:
    """One consistent view for several reads, such as a page and its total.

    A transaction that is open already is one.
    """
    if db.in_transaction:
        yield
        return
    with db.snapshot():
        yield


def watch(db: Connection, seen: Callable[[str], Any] | None) -> None:
    """Report each statement to `seen`; None stops it. Values are shown: for tests only."""
    db.watch(seen)
