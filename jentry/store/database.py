"""The database of a server that runs: the file may be replaced or removed at any time."""

import atexit
import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet

from jentry.store import files
from jentry.store.connection import Connection, Target, connect
from jentry.store.engines import drivers
from jentry.store.engines.errors import Unusable
from jentry.store.engines.sqlite import PATIENCE
from jentry.store.lock import write_lock
from jentry.store.migrations import current_version

_open: WeakSet[Connection] = WeakSet()
_guard = threading.Lock()


def open_database(
    path: Target,
    *,
    write: bool = False,
    shared: bool = False,
    small: bool = False,
    has_bound: bool = True,
) -> Connection:
    """A connection that notices when its file, or one of those beside it, is another. As `connect`.

    Whoever makes room must not be kept from writing: then `has_bound` is False.
    Raises Unusable, or another Error, when what the path names is not a database of this version.
    """
    if not isinstance(path, Path):
        there: Connection = drivers.driver().open_database(path, write=write)
        return there
    _require_own_log(path)
    db = connect(path, write=write, shared=shared, small=small)
    try:
        if db.execute("PRAGMA user_version").fetchone()[0] != current_version():
            raise Unusable("the database file is empty, or of another version of jentry")
        if write:
            _use_write_ahead_log(db)
        if write and has_bound:
            db.bound(db.execute("SELECT most_pages FROM instance").fetchone()[0])
        found = files.identity(path)
        db.require_in_place()
        db.identity = found
        with _guard:
            _open.add(db)
    except OSError as error:
        db.close()
        raise Unusable("the database file was replaced or removed") from error
    except BaseException:
        db.close()
        raise
    return db


def identity(target: Target) -> Any:
    """What it is just now: connections to another are of no use. Raises OSError without a file."""
    return files.identity(target) if isinstance(target, Path) else target


@atexit.register
def _close() -> None:
    """What is kept for the next request. The last one closed leaves everything in the file itself:
    a log that stays behind would damage a copy that is put in its place.
    """
    for db in list(_open):
        with contextlib.suppress(sqlite3.Error):
            db.close()


def _require_own_log(path: Path) -> None:
    """SQLite takes whatever log lies beside a file for its own, and would damage the file.

    Raises Unusable while others of this process write a log that lies beside the file no more; the
    last of them to be closed brings its content home.
    """
    try:
        found = files.identity(path)
    except OSError:
        return  # `connect` says so
    if _is_log_lost(found):
        raise Unusable("a file beside the database was removed; restart the server")
    if _is_log_foreign(found):
        with write_lock(path).within(PATIENCE):
            if _is_log_foreign(files.identity(path)):
                files.move_log_aside(path)


def _is_log_lost(found: files.Identity) -> bool:
    return any(own[0] == found[0] and own[1] not in (None, found[1]) for own in _identities())


def _is_log_foreign(found: files.Identity) -> bool:
    """It was left beside a file that was put in another's place."""
    log = found[1]
    return log is not None and any(own[0] != found[0] and own[1] == log for own in _identities())


def _identities() -> list[files.Identity]:
    """Of what is open in this process."""
    with _guard:
        return [db.identity for db in _open if db.identity is not None]


def _use_write_ahead_log(db: Connection) -> None:
    """A copy that was put in the file's place may have none: its readers would block writers."""
    if db.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    with db.lock.within(PATIENCE):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA user_version").fetchone()  # opens it
