"""All rows of a file of SQLite, to be read or written as they are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jentry.store.engines.sqlite import Connection

ROWS = 1000  # read at once
CACHE = -65536  # KiB, of pages and of what is sorted for an index


def columns(db: Connection, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]


def stream(db: Connection, table: str, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    cursor = db.cursor()
    cursor.row_factory = None
    cursor.execute(f"SELECT {', '.join(names)} FROM {table}")
    while rows := cursor.fetchmany(ROWS):
        yield from rows


@contextmanager
def filling(db: Connection) -> Iterator[None]:
    """A transaction on an empty file that is thrown away should it fail: it waits for no disk.

    Triggers and indexes are made anew at its end: in the order of its rows, an index would be
    written all over.
    """
    db.execute("PRAGMA foreign_keys = OFF")  # where the rows come from, they were kept
    db.execute("PRAGMA temp_store = FILE")
    db.execute(f"PRAGMA cache_size = {CACHE}")
    db.execute("BEGIN IMMEDIATE")
    found = db.execute(
        "SELECT type, name, sql FROM sqlite_schema"
        " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for row in found:
        db.execute(f"DROP {row['type']} {row['name']}")
    db.execute("DELETE FROM instance")
    yield
    for row in found:
        db.execute(row["sql"])
    db.execute("COMMIT")


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
