"""Is a frozen database, or a restored one, whole?"""

import sqlite3
from typing import Literal

from jentry.store import checks, migrations
from jentry.store.connection import Connection

SHOWN = 5

Look = Literal["quick_check", "integrity_check"]


def damage(db: Connection, look: Look = "quick_check", *, is_full: bool = False) -> list[str]:
    """Sentences; by default of the pages alone. `integrity_check` compares index entries with rows,
    `is_full` looks at references and unpacks payloads besides.

    What of counters differs is no damage: a copy of it is as good as the original.
    """
    look = "integrity_check" if is_full else look
    try:
        rows = db.execute(f"PRAGMA {look}({SHOWN})").fetchall()
        problems = [row[0] for row in rows if row[0] != "ok"]
        if is_full and not problems:
            problems += checks.references(db)
            problems += checks.payloads(db) if is_current(db) else []
    except sqlite3.DatabaseError as error:
        problems = [str(error)]
    return problems


def differences(db: Connection) -> list[str]:
    """Counters that do not equal their rows. An older schema's are not known."""
    return checks.counters(db) if is_current(db) else []


def is_own(db: Connection) -> bool:
    """Whether it is a database of jentry's, of any version."""
    query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?, ?)"
    tables = ("instance", "issues", "event_payloads")
    found = db.execute(query, tables).fetchone()[0]
    return version(db) > migrations.NEW and bool(found == len(tables))


def is_current(db: Connection) -> bool:
    return bool(version(db) == migrations.current_version())


def version(db: Connection) -> int:
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def count(db: Connection, table: str) -> int:
    found: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found
