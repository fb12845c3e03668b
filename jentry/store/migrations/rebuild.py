"""Make a table anew: SQLite can add columns, but not change a CHECK, a key or a reference."""

import re

from jentry.store.connection import Connection

CREATE = re.compile(r"(CREATE TABLE (\w+) \()")


def rebuild(db: Connection, statement: str, **values: str) -> None:
    """Replace a table by the one of a CREATE TABLE statement; rows, indexes and triggers stay.

    A column that was there keeps its values, another gets its default. `values` are SQL
    expressions for columns that get something else; they may name columns of the old table.
    Only for migrations, which run with foreign keys off; what refers to the table stays as it is.
    """
    head, table = CREATE.findall(statement)[0]
    kept = db.execute(
        """
        SELECT sql FROM sqlite_schema
        WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL
        ORDER BY rootpage, name
        """,
        (table,),
    ).fetchall()
    db.execute(statement.replace(head, f"CREATE TABLE new_{table} ("))
    old, new = _columns(db, table), _columns(db, f"new_{table}")
    sources = {name: name for name in new if name in old} | values
    db.execute(
        f"INSERT INTO new_{table} ({', '.join(sources)}) "
        f"SELECT {', '.join(sources.values())} FROM {table}"
    )
    _keep_sequence(db, table)
    db.execute(f"DROP TABLE {table}")
    db.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    for (sql,) in kept:
        db.execute(sql)


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
