"""All rows of a database of PostgreSQL, to be read or written as they are."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jentry.errors import Conflict
from jentry.store.engines.postgres.connection import Connection
from jentry.store.engines.postgres.schema import ordered_tables
from jentry.store.engines.scope import EVERYTHING

MEMORY = "256MB"  # for each index that is made


def columns(db: Connection, table: str) -> list[str]:
    return [name for name, _ in _columns(db, table)]


def stream(db: Connection, table: str, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """In a transaction; in the order of its key, in which a file is written from its beginning to
    its end.
    """
    types = dict(_columns(db, table))
    key = ", ".join(_key(db, table))
    sql = f"COPY (SELECT {', '.join(names)} FROM {table} ORDER BY {key}) TO STDOUT (FORMAT BINARY)"
    with db.own.cursor() as cursor, cursor.copy(sql.encode()) as copy:
        copy.set_types([types[name] for name in names])
        yield from copy.rows()


@contextmanager
def filling(db: Connection) -> Iterator[None]:
    """A transaction in which tables are empty, and have neither triggers nor, until its end,
    references and indexes besides their keys: made of many rows at once they take less.
    """
    with db.transaction(EVERYTHING, None):
        _require_empty(db)
        constraints, indexes, triggers = _constraints(db), _indexes(db), _with_triggers(db)
        for table, name, _ in constraints:
            db.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            db.run(f"DROP INDEX {name}")
        for table in triggers:
            db.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        db.run(f"TRUNCATE {', '.join(ordered_tables())}")
        yield
        db.run(f"SET LOCAL maintenance_work_mem = '{MEMORY}'")
        for _, statement in indexes:
            db.run(statement)
        db.run("ANALYZE")
        for table, name, definition in reversed(constraints):
            db.run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        for table in triggers:
            db.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def fill(db: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """How many rows, seen by all from the beginning on. Text of long ago may hold a NUL, which is
    none here.
    """
    types = dict(_columns(db, table))
    texts = [place for place, name in enumerate(names) if types[name] == "text"]
    number = 0
    with db.own.cursor() as cursor:
        sql = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY, FREEZE)"
        with cursor.copy(sql.encode()) as copy:
            copy.set_types([types[name] for name in names])
            for row in rows:
                copy.write_row(_without_nul(row, texts))
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


def _require_empty(db: Connection) -> None:
    if db.execute("SELECT 1 FROM organizations LIMIT 1").fetchone():
        raise Conflict("The database has an organization already. Choose an empty one.")


def _key(db: Connection, table: str) -> list[str]:
    rows = db.execute(
        """
        SELECT a.attname
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = to_regclass(?) AND i.indisprimary
        ORDER BY k.place
        """,
        (table,),
    )
    return [name for (name,) in rows]


def _constraints(db: Connection) -> list[tuple[str, str, str]]:
    """Tables, names and definitions: references first, then what is unique besides keys."""
    rows = db.execute(
        """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE contype IN ('f', 'u') AND connamespace = current_schema()::regnamespace
        ORDER BY contype, oid
        """
    )
    return [(table, name, definition) for table, name, definition in rows]


def _indexes(db: Connection) -> list[tuple[str, str]]:
    """Names and statements of those that no constraint has made."""
    rows = db.execute(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = current_schema()::regnamespace
          AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid
                          AND k.contype IN ('p', 'u', 'x'))
        ORDER BY i.indexrelid
        """
    )
    return [(name, statement) for name, statement in rows]


def _with_triggers(db: Connection) -> list[str]:
    rows = db.execute(
        "SELECT DISTINCT event_object_table FROM information_schema.triggers"
        " WHERE trigger_schema = current_schema()"
    )
    return [table for (table,) in rows]


def _without_nul(row: Sequence[Any], texts: Sequence[int]) -> Sequence[Any]:
    if not any("\0" in (row[place] or "") for place in texts):
        return row
    return [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row]
