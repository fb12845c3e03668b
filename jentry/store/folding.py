"""Hours of long ago become one row a day: the sums stay, and a chart of months asks for no more.

The row of a day is that of its first hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jentry.store.connection import Connection

PARENTS = 200  # issues or releases whose hours are looked at in one query
CHUNK = 200  # hours in a transaction
FIRST = "T00"
DAY = len("2026-06-29")


@dataclass(frozen=True, slots=True)
class Folded:
    """A table with one row an hour: the columns of its key besides `hour`, and those added up."""

    table: str
    key: tuple[str, ...]
    sums: tuple[str, ...]


TABLES = (
    Folded("issue_hours", ("issue_id",), ("events",)),
    Folded(
        "session_hours",
        ("release_id", "environment"),
        ("sessions", "errored", "crashed", "abnormal", "unhandled"),
    ),
)


def last_parent(db: Connection, folded: Folded) -> int:
    row = db.execute(f"SELECT max({folded.key[0]}) AS last FROM {folded.table}").fetchone()
    return row["last"] or 0


def hours(db: Connection, folded: Folded, after: int, before: str) -> list[dict[str, Any]]:
    """Of PARENTS parents the hours before a day that are not a day's first: the key, `hour`."""
    rows = db.execute(
        f"""
        SELECT {_keys(folded)}, hour
        FROM {folded.table}
        WHERE {folded.key[0]} > ? AND {folded.key[0]} <= ? AND hour < ?
          AND substr(hour, {DAY + 1}) <> '{FIRST}'
        """,
        (after, after + PARENTS, before),
    )
    return [dict(row) for row in rows]


def fold(db: Connection, folded: Folded, chosen: Sequence[dict[str, Any]]) -> None:
    """Hours, as many as are left of them by now, into their days."""
    found = sorted(chosen, key=lambda row: tuple(row.values()))
    sums = ", ".join(folded.sums)
    db.executemany(
        f"""
        INSERT INTO {folded.table} ({_keys(folded)}, hour, {sums})
        SELECT {_keys(folded)}, substr(hour, 1, {DAY}) || '{FIRST}', {sums}
        FROM {folded.table}
        WHERE {_is_it(folded)}
        ON CONFLICT ({_keys(folded)}, hour) DO UPDATE
        SET {", ".join(f"{n} = {folded.table}.{n} + excluded.{n}" for n in folded.sums)}
        """,
        found,
    )
    db.executemany(f"DELETE FROM {folded.table} WHERE {_is_it(folded)}", found)


def _keys(folded: Folded) -> str:
    return ", ".join(folded.key)


def _is_it(folded: Folded) -> str:
    return " AND ".join(f"{name} = :{name}" for name in (*folded.key, "hour"))
