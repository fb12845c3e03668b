"""Make a table anew: SQLite can add columns, but not change a CHECK, a key or a reference."""

import re
from collections.abc import Mapping

from jentry.store.connection import Connection

COMMENT = re.compile(r"--[^\n]*")


def rebuild(db: Connection, table: str, changes: Mapping[str, str], **values: str) -> None:
    """Replace a table by one whose definition is changed; rows, indexes and triggers stay.

    `changes`: parts of the definition, without comments and with single blanks, each there exactly
    once, and what takes their place. A column that was there keeps its values, a new one gets its
    default or the SQL expression in `values`, which may name the old table and its columns.
    Only for migrations, which run with foreign keys off. What refers to the table stays as it is.
    """
    statement = _definition(db, table)
    for part, replacement in changes.items():
        if statement.count(part) != 1:
            raise ValueError(f"{part!r} is not once in {statement}")
        statement = statement.replace(part, replacement)
    kept = db.execute(
        """
        SELECT sql
        FROM sqlite_schema
        WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL
        ORDER BY type, name
        """,
        (table,),
    ).fetchall()
    db.execute(statement)
    old, new = _columns(db, table), _columns(db, f"new_{table}")
    sources = {name: name for name in new if name in old} | values
    db.execute(
        f"""
        INSERT INTO new_{table} ({", ".join(sources)})
        SELECT {", ".join(sources.values())}
        FROM {table}
        """
    )
    _keep_sequence(db, table)
    db.execute(f"DROP TABLE {table}")
    db.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    for (sql,) in kept:
        db.execute(sql)


def _definition(db: Connection, table: str) -> str:
    """That of the new table, as yet without a difference but its name."""
    (sql,) = db.execute(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
    ).fetchone()
    plain = " ".join(COMMENT.sub("", sql).split())
    _, _, columns = plain.partition("(")
    return f"CREATE TABLE new_{table} ({columns}"


def _columns(db: Connection, table: str) -> list[str]:
    return [row["name"] for row in db.execute(f"PRAGMA table_info({table})")]


def _keep_sequence(db: Connection, table: str) -> None:
    """Ids that were given to rows since deleted must not come back."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if row is not None:
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (f"new_{table}",))
        db.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (f"new_{table}", row["seq"])
        )
