"""Connections and transactions: what everyone says to the database, whichever engine it has."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from jentry.store.engines import drivers, sqlite
from jentry.store.engines.errors import Unusable
from jentry.store.engines.scope import EVERYTHING, Scope

Connection = sqlite.Connection
Row = sqlite.Row

Target = Path | str  # a file of SQLite, or the address of another engine's database


def connect(
    target: Target,
    *,
    write: bool = False,
    shared: bool = False,
    small: bool = False,
    how: str | None = None,
) -> Connection:
    """Open a database. Reading connections refuse to write; the rest is for a file, see SQLite's.

    A missing one is not made. Raises errors.
    """
    if isinstance(target, Path):
        return sqlite.connect(target, write=write, shared=shared, small=small, how=how)
    found: Connection = drivers.driver().connect(target, write=write)
    return found


def errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What a database may raise, and `others`, for an `except`."""
    return (Unusable, *drivers.raised(), *others)


def transaction(
    db: Connection, scope: Scope = EVERYTHING, *, patience: float | None = None
) -> AbstractContextManager[str]:
    """Take the write lock, hand out the one timestamp, commit; or roll it all back.

    `scope`: whatever is written belongs to it; others who write to it wait. `patience`: seconds to
    wait for whoever writes before Busy is raised; as a rule without an end.
    """
    return db.transaction(scope, patience)


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
