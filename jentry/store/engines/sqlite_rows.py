"""All rows of a file of SQLite, to be read or written as they are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jentry.store.engines.sqlite import Connection

ROWS = 1000  # read at once


def columns(db: Connection, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]


def stream(db: Connection, table: str, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    cursor = db.cursor()
    cursor.row_factory = None
    cursor.execute(f"SELECT {', '.join(names)} FROM {table}")
    while rows := cursor.fetchmany(ROWS):
        yield from rows


@contextmanager
def without_triggers(db: Connection) -> Iterator[None]:
    """Within a transaction."""
    found = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for row in found:
        db.execute(f"DROP TRIGGER {row['name']}")
    yield
    for row in found:
        db.execute(row["sql"])


def fill(db: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows."""
    places = ", ".join("?" * len(names))
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
    return db.executemany(sql, rows).rowcount if names else 0


def last_ids(db: Connection) -> dict[str, int]:
    """By table: what was given may be gone, and does not come back."""
    return {row["name"]: row["seq"] for row in db.execute("SELECT name, seq FROM sqlite_sequence")}


def set_last_ids(db: Connection, last: dict[str, int]) -> None:
    rows = db.execute("SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'")
    own = last_ids(db)
    for (table,) in rows.fetchall():
        if last.get(table, 0) > own.get(table, 0):
            db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            db.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last[table])
            )
