"""All rows of a file of SQLite to a database of PostgreSQL, and back: ids and times as they are.

One transaction reads and one writes, and a table comes after those that it refers to. What is
derived by triggers is among the rows, so none of them runs meanwhile.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jentry.errors import Conflict
from jentry.store import migrations, serving, upkeep
from jentry.store.connection import Connection, Target, connect, snapshot, transaction
from jentry.store.engines import drivers, sqlite_rows
from jentry.store.tables import TABLES

Report = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Moved:
    tables: dict[str, int]  # rows


def move(source: Target, target: Target, report: Report = len) -> Moved:
    """`report` is told each table. Raises Conflict, CannotOpen, Error.

    No server may run on the file, of either side.
    """
    if isinstance(source, Path) == isinstance(target, Path):
        raise Conflict("One of the two is a file of SQLite, the other an address of PostgreSQL.")
    migrations.require_current(source)
    if isinstance(target, Path) and target.exists():
        raise Conflict(f"{target} is there already. Choose another file.")
    migrations.prepare(target)
    for address in (source, target):
        if not isinstance(address, Path) and upkeep.is_looked_after(address):
            raise Conflict(f"A server is running on {address}. Stop it first.")
    with (
        serving.exclude(source if isinstance(source, Path) else Path(target)),
        closing(connect(source)) as old,
        closing(connect(target, write=True)) as new,
        snapshot(old),
        transaction(new),
    ):
        return _copied(old, new, report)


def _copied(old: Connection, new: Connection, report: Report) -> Moved:
    reader, writer = _side(old), _side(new)
    if new.execute("SELECT 1 FROM organizations LIMIT 1").fetchone():
        raise Conflict("The database has an organization already. Choose an empty one.")
    rows = {}
    with writer.without_triggers(new):
        new.execute("DELETE FROM instance")
        for table in drivers.driver().ordered_tables():
            columns = reader.columns(old, table)
            rows[table] = writer.fill(new, table, columns, reader.stream(old, table, columns))
            report(f"{table}: {rows[table]:,} rows")
        writer.set_last_ids(new, reader.last_ids(old))
        new.execute("UPDATE instance SET config_version = config_version + 1")
    _compare(new, rows)
    return Moved({table: rows[table] for table in TABLES})


def _side(db: Connection) -> Any:
    return sqlite_rows if isinstance(db.path, Path) else drivers.driver().rows


def _compare(new: Connection, rows: dict[str, int]) -> None:
    """Raises Conflict: nothing is kept then."""
    for table, number in rows.items():
        (found,) = new.execute(f"SELECT count(*) FROM {table}").fetchone()
        if found != number:
            raise Conflict(f"Of {number:,} rows of {table} {found:,} have arrived.")
