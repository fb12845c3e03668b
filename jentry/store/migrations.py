"""Bring a database file to the current schema, whatever it is: missing, empty, old or too new."""

import contextlib
import os
import re
import secrets
import sqlite3
from pathlib import Path

from jentry import clock
from jentry.resources import resource
from jentry.store.connection import Connection, connect, write_lock

SCHEMA = resource("schema.sql")
MIGRATIONS = Path(__file__).parent / "migrations"


class CannotOpen(Exception):
    """The file cannot be used; the message says why, for a person."""


def prepare(path: Path) -> None:
    """Create or migrate the file. Safe when several processes start at once.

    Both the look at the version and the switch to WAL happen under the write lock: without it,
    processes that start together see "table already exists" or "database is locked".
    """
    if not path.parent.is_dir():
        raise CannotOpen(f"Cannot open {path}: the folder {path.parent} does not exist.")
    try:
        with write_lock(path):
            _create(path)
            db = connect(path, write=True)
            try:
                _migrate(db, path)
            finally:
                db.close()
    except (sqlite3.Error, OSError) as error:
        raise CannotOpen(f"Cannot open {path}: {error}.") from error


def current_version() -> int:
    found = re.search(r"PRAGMA user_version = (\d+);", SCHEMA.read_text())
    if found is None:
        raise AssertionError("schema.sql does not end in its user_version")
    return int(found[1])


def _create(path: Path) -> None:
    """A missing file, for its owner's eyes only; SQLite gives its -wal and -shm the same mode.

    One that is there is not even processed: closing it again would drop the locks that SQLite holds
    on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(os.path.realpath(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _migrate(db: Connection, path: Path) -> None:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    target = current_version()
    if version > target:
        raise CannotOpen(
            f"{path} was written by a newer jentry (schema {version}; this one knows {target}). "
            "Install that version again, or restore a backup made before the upgrade."
        )
    if version == target:
        return
    if version == 0:
        tables: int = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables:
            raise CannotOpen(f"{path} is an SQLite database, but not one of jentry's.")
        db.execute("PRAGMA page_size = 4096")
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        _run(db, SCHEMA.read_text(), first=True)
    else:
        for number in range(version + 1, target + 1):
            (script,) = MIGRATIONS.glob(f"{number:04d}_*.sql")
            _run(db, script.read_text())


def _run(db: Connection, script: str, *, first: bool = False) -> None:
    """One transaction, statement by statement: `executescript` would commit it at once."""
    db.execute("BEGIN IMMEDIATE")
    try:
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                db.execute(statement)
                statement = ""
        if first:
            db.execute(
                "INSERT INTO instance (id, secret, created_at) VALUES (1, ?, ?)",
                (secrets.token_bytes(32), clock.timestamp(clock.now())),
            )
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
