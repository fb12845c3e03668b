"""Bring a database of PostgreSQL to the current schema: an empty, an old or a current one.

An old one goes through the migrations that a file goes through, by the replacements of `schema.py`;
where one says what PostgreSQL does not take, `NNNN_what_changes.postgres.sql` beside it is run
instead. All of them are one transaction, and servers of the version before are out from its
beginning on: what they wait for tells them of the new version.
"""

import secrets
from collections.abc import Callable
from contextlib import closing
from importlib import import_module

from jentry import clock
from jentry.store import migrations
from jentry.store.engines.errors import Unusable
from jentry.store.engines.postgres import schema
from jentry.store.engines.postgres.connection import Connection, connect
from jentry.store.engines.postgres.gathered import forget_schemas
from jentry.store.engines.scope import EVERYTHING

OWN = ("schema_version", "instance")  # tables that every schema has
# Whoever opens the database looks at its version, and so waits, or was there before and goes.
ALONE = (
    "LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE",
    """
    SELECT pg_terminate_backend(pid, 5000)
    FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = 'jentry'
      AND pid NOT IN (SELECT pid FROM pg_locks WHERE relation = 'schema_version'::regclass)
    """,
)


OTHERS = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
MISSING = "SELECT name FROM unnest(CAST(? AS text[])) AS name WHERE to_regclass(name) IS NULL"


def current_in(db: Connection) -> int:
    """The schema's version; 0 for a database without tables. Raises Unusable for another one."""
    if not db.execute(MISSING, (list(OWN),)).fetchone():
        row = db.execute("SELECT version FROM schema_version").fetchone()
        if row:
            version: int = row[0]
            return version
    if db.execute(OTHERS).fetchone()[0]:  # type: ignore[index]
        raise Unusable("it has tables, but not all of jentry's")
    return migrations.NEW


def _whole_in(db: Connection) -> int:
    """The same. Raises Unusable when it has the current schema, but only in part."""
    version = current_in(db)
    if version == migrations.current_version():
        missing = [row[0] for row in db.execute(MISSING, (list(schema.tables()),))]
        if missing:
            raise Unusable(
                f"it lacks the table {missing[0]}: it was restored in part, or made by an "
                "unreleased jentry"
            )
    return version


def version_of(address: str) -> int:
    """Raises Unusable, Error."""
    with closing(connect(address)) as db:
        return _whole_in(db)


def prepare(address: str, report: Callable[[str], object] = len) -> int:
    """As `migrations.prepare`: the version that was found. Raises CannotOpen for a newer one."""
    after = migrations.current_version()
    with closing(connect(address, write=True)) as db:
        db.run("SET application_name = 'jentry migrates'")
        before = _whole_in(db)
        if before == after:
            return before
        with db.transaction(EVERYTHING, None):
            before = current_in(db)  # another may have been faster
            migrations.require_known(address, before)
            if before == migrations.NEW:
                _fill(db)
            elif before < after:
                _migrate(db, before, after, report)
    forget_schemas()
    return before


def _fill(db: Connection) -> None:
    for statement in schema.statements():
        db.run(statement)
    db.execute("INSERT INTO schema_version (version) VALUES (?)", (migrations.current_version(),))
    db.execute(
        "INSERT INTO instance (id, secret, created_at) VALUES (1, ?, ?)",
        (secrets.token_bytes(32), clock.timestamp(clock.now())),
    )


def _migrate(db: Connection, before: int, after: int, report: Callable[[str], object]) -> None:
    for statement in ALONE:
        db.run(statement)
    for number in range(before + 1, after + 1):
        file = migrations.file_of(number)
        report(f"schema {number}: {migrations.named(file)}")
        own = file.with_suffix(".postgres.sql")
        if own.exists():
            db.run(own.read_text("utf-8"))
        elif file.suffix == ".py":
            import_module(f"{migrations.__name__}.{file.stem}").migrate(db)
        else:
            for statement in schema.translated(file.read_text("utf-8")):
                db.run(statement)
    db.execute("UPDATE schema_version SET version = ?", (after,))


def open_database(address: str, *, write: bool = False) -> Connection:
    """As `database.open_database`."""
    db = connect(address, write=write)
    try:
        if current_in(db) != migrations.current_version():
            raise Unusable("the database is empty, or of another version of jentry")
    except BaseException:
        db.close()
        raise
    return db
