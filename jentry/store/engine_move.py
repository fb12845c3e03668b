"""All rows of a file of SQLite to a database of PostgreSQL, and back: ids and times as they are.

One transaction reads and one writes. What is derived by triggers is among the rows, so none of them
runs meanwhile; indexes are made of all rows at once.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jentry.errors import Conflict
from jentry.store import migrations, serving, upkeep
from jentry.store.backup.parts import part_beside
from jentry.store.connection import Connection, Target, connect, snapshot
from jentry.store.engines import drivers, sqlite_rows
from jentry.store.tables import TABLES

Report = Callable[[str], object]


SUFFIX = ".moving"


@dataclass(frozen=True, slots=True)
class Moved:
    tables: dict[str, int]  # rows


def move(source: Target, target: Target, report: Report = len) -> Moved:
    """`report` is told each table. Raises Conflict, CannotOpen, Error; then a file that was to be
    made is not there, and a database is as empty as it was.

    No server may run on the file, of either side.
    """
    if isinstance(source, Path) == isinstance(target, Path):
        raise Conflict("One of the two is a file of SQLite, the other an address of PostgreSQL.")
    migrations.require_current(source)
    if isinstance(target, Path):
        _require_quiet(source)
        return _to_file(source, target, report)
    migrations.prepare(target)
    _require_quiet(target)
    with (
        serving.exclude(Path(source)),
        closing(connect(source)) as old,
        closing(connect(target, write=True)) as new,
    ):
        return _copied(old, new, report)


def _to_file(source: Target, target: Path, report: Report) -> Moved:
    """It has its name once it is whole."""
    if target.exists():
        raise Conflict(f"{target} is there already. Choose another file.")
    with (
        part_beside(target, SUFFIX) as part,
        serving.exclude(target),
        closing(connect(source)) as old,
    ):
        with closing(connect(part.path, write=True)) as new:
            migrations.make_apart(new)
            moved = _copied(old, new, report)
        part.finish(target)
        migrations.prepare(target)
    return moved


def _require_quiet(address: Target) -> None:
    if upkeep.is_looked_after(address):
        raise Conflict(f"A server is running on {address}. Stop it first.")


def _copied(old: Connection, new: Connection, report: Report) -> Moved:
    reader, writer = _side(old), _side(new)
    rows = {}
    with writer.filling(new):
        with snapshot(old):
            for table in drivers.driver().ordered_tables():
                columns = reader.columns(old, table)
                rows[table] = writer.fill(new, table, columns, reader.stream(old, table, columns))
                report(f"{table}: {rows[table]:,} rows")
            last = reader.last_ids(old)
        writer.set_last_ids(new, last)
        new.execute("UPDATE instance SET config_version = config_version + 1")
        _compare(new, rows)
        report("indexes")
    return Moved({table: rows[table] for table in TABLES})


def _side(db: Connection) -> Any:
    return sqlite_rows if isinstance(db.path, Path) else drivers.driver().rows


def _compare(new: Connection, rows: dict[str, int]) -> None:
    """Raises Conflict: nothing is kept then."""
    for table, number in rows.items():
        (found,) = new.execute(f"SELECT count(*) FROM {table}").fetchone()
        if found != number:
            raise Conflict(f"Of {number:,} rows of {table} {found:,} have arrived.")
