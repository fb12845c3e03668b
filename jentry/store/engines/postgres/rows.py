"""All rows of a database of PostgreSQL, to be read or written as they are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jentry.store.engines.postgres.connection import Connection

ROWS = 1000  # read at once


def columns(db: Connection, table: str) -> list[str]:
    return [name for name, _ in _columns(db, table)]


def stream(db: Connection, table: str, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """In a transaction."""
    with db.own.cursor(f"all_{table}") as cursor:
        cursor.itersize = ROWS
        cursor.execute(f"SELECT {', '.join(names)} FROM {table}".encode())
        yield from cursor


@contextmanager
def without_triggers(db: Connection) -> Iterator[None]:
    """Within a transaction; references are kept."""
    rows = db.execute(
        "SELECT DISTINCT event_object_table FROM information_schema.triggers"
        " WHERE trigger_schema = current_schema()"
    ).fetchall()
    for (table,) in rows:
        db.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    db.run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    for (table,) in rows:
        db.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def fill(db: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows. Text of long ago may hold a NUL, which is none here."""
    types = dict(_columns(db, table))
    number = 0
    with db.own.cursor() as cursor:
        sql = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(sql.encode()) as copy:
            copy.set_types([types[name] for name in names])
            for row in rows:
                copy.write_row([_without_nul(value) for value in row])
                number += 1
    return number


def last_ids(db: Connection) -> dict[str, int]:
    """By table: what was given may be gone, and does not come back."""
    found = {}
    for table in _with_ids(db):
        row = db.execute(f"SELECT last_value, is_called FROM {table}_id_seq").fetchone()
        if row and row["is_called"]:
            found[table] = row["last_value"]
    return found


def set_last_ids(db: Connection, last: dict[str, int]) -> None:
    for table in _with_ids(db):
        db.execute(
            f"""
            SELECT setval('{table}_id_seq', greatest(x.id, ?))
            FROM (SELECT coalesce(max(id), 0) AS id FROM {table}) x
            WHERE greatest(x.id, ?) > 0
            """,
            (last.get(table, 0), last.get(table, 0)),
        )


def _with_ids(db: Connection) -> list[str]:
    rows = db.execute(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND is_identity = 'YES'"
    )
    return [table for (table,) in rows]


def _columns(db: Connection, table: str) -> list[tuple[str, str]]:
    """Names and types."""
    rows = db.execute(
        """
        SELECT a.attname, t.typname
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """,
        (table,),
    )
    return [(name, kind) for name, kind in rows]


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value
