"""Bring a database file to the current schema, whatever it is: missing, empty, old or too new.

`schema.sql` makes a new file. An old one goes through the migrations in this folder, each named by
the version it leads to: `0002_what_changes.sql`, or `.py` with `def migrate(db: Connection)`. A
migration of a large file may take minutes and never rewrites payloads. What the one for PostgreSQL
must say in its own words lies beside it: `0028_what_changes.postgres.sql`.
"""

import contextlib
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path

from jentry import clock
from jentry.errors import Conflict
from jentry.resources import resource
from jentry.store import files, serving
from jentry.store.backup import upgrade
from jentry.store.connection import Connection, Target, connect, errors
from jentry.store.engines import drivers
from jentry.store.engines.errors import Lost
from jentry.store.lock import write_lock

SCHEMA = resource("schema.sql")
MIGRATIONS = Path(__file__).parent
NEW = 0  # the user_version of a file without tables


class CannotOpen(Exception):
    """The file cannot be used; the message says why, for a person."""


class CannotReach(CannotOpen):
    """The database's server does not answer. It may pass."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file has the current schema now."""

    path: Target
    before: int  # its schema as it was found; NEW when there was none
    after: int
    seconds: float = 0.0
    kept: Path | None = None  # the file before it was migrated; None: that was done in place

    @property
    def note(self) -> str:
        """One line for a person; empty when nothing was migrated."""
        if self.before in (NEW, self.after):
            return ""
        kept = f"the old file is kept as {self.kept}" if self.kept else "in place"
        return (
            f"Migrated {self.path} from schema {self.before} to {self.after} "
            f"in {self.seconds:.1f} s; {kept}."
        )


def prepare(
    path: Target, report: Callable[[str], object] = len, *, in_place: bool = False
) -> Prepared:
    """Create or migrate the file. Safe when several processes start at once. Raises CannotOpen.

    Both the look at the version and the switch to WAL happen under the write lock: without it,
    processes that start together see "table already exists" or "database is locked".
    `report` is told each step of a migration, which may take minutes.
    """
    if not isinstance(path, Path):
        return _prepare_elsewhere(path, report)
    with _locked(path):
        _create(path)
        with contextlib.closing(connect(path, write=True)) as db:
            before, after = _version(db, path), current_version()
            if before in (NEW, after):
                _use(db, path, before)
                return Prepared(path, before, after)
        began = time.monotonic()
        try:
            with serving.exclude(path):
                kept = _migrate_file(path, before, report, in_place)
        except Conflict as error:
            raise CannotOpen(str(error)) from error
        return Prepared(path, before, after, time.monotonic() - began, kept)


def _prepare_elsewhere(address: str, report: Callable[[str], object]) -> Prepared:
    began = time.monotonic()
    with _reachable():
        before: int = drivers.driver().prepare(address, report)
    return Prepared(address, before, current_version(), time.monotonic() - began)


def _version_elsewhere(address: str) -> int:
    with _reachable():
        version: int = drivers.driver().version_of(address)
    return version


@contextlib.contextmanager
def _reachable() -> Iterator[None]:
    """What another engine's server or its driver refuses is raised as CannotOpen."""
    try:
        yield
    except errors() as error:
        kind = CannotReach if isinstance(error, Lost) else CannotOpen
        raise kind(f"Cannot use the database: {error}.") from error


def create(path: Target) -> None:
    """Create the database where none is yet; an older one is refused. Raises CannotOpen."""
    if is_new(path):
        prepare(path)
    require_current(path)


def is_new(path: Target) -> bool:
    """Whether there is no file, or an empty one, or no table. Raises CannotOpen."""
    if isinstance(path, Path):
        return not path.exists() or not path.stat().st_size
    return _version_elsewhere(path) == NEW


def require_current(path: Target) -> None:
    """Raises CannotOpen for a file that is missing or has another schema than the current one."""
    if not isinstance(path, Path):
        version = _version_elsewhere(path)
        require_known(path, version)
        _require(path, version)
        return
    require_file(path)
    if _version_of(path) == current_version():
        return
    with _locked(path):  # another process may be migrating it: wait, and look again
        version = _version_of(path)
    _require(path, version)


def require_file(path: Path) -> None:
    """Raises CannotOpen when there is none."""
    if not path.exists():
        raise CannotOpen(
            f"There is no file {path}. `jentry serve` or `jentry org create` makes one; "
            "--db and JENTRY_DB choose another."
        )


def require_current_in(db: Connection, path: Path) -> None:
    """The same of a file that is open already; takes no lock. Raises CannotOpen."""
    _require(path, _version(db, path))


def require_known(path: Target, version: int) -> None:
    """Raises CannotOpen for a schema that is newer than this jentry."""
    if version > current_version():
        raise CannotOpen(
            f"{path} was written by a newer jentry (schema {version}; this one knows "
            f"{current_version()}). Install that version again, or restore a backup made before "
            "the upgrade."
        )


def _require(path: Target, version: int) -> None:
    if version == NEW:
        raise CannotOpen(f"{path} is empty. `jentry serve` or `jentry org create` fills it.")
    if version < current_version():
        raise CannotOpen(
            f"{path} was written by an older jentry (schema {version}; this one needs "
            f"{current_version()}). `jentry migrate` changes it, and so does `jentry serve`."
        )


def current_version() -> int:
    return _version_made_by(SCHEMA)


@cache
def _version_made_by(schema: Path) -> int:
    found = re.search(r"PRAGMA user_version = (\d+);", schema.read_text("utf-8"))
    if found is None:
        raise AssertionError("schema.sql does not end in its user_version")
    return int(found[1])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The write lock; what SQLite or the machine refuses is raised as CannotOpen."""
    if not path.parent.is_dir():
        raise CannotOpen(f"Cannot open {path}: the folder {path.parent} does not exist.")
    try:
        with write_lock(path):
            yield
    except errors(OSError) as error:
        raise CannotOpen(f"Cannot open {path}: {error}.") from error


def _create(path: Path) -> None:
    """A missing file, for its owner's eyes only; SQLite gives its -wal and -shm the same mode.

    One that is there is not even opened: closing it again would drop the locks that SQLite holds
    on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        os.close(files.create_beside(path, ""))


def _version_of(path: Path) -> int:
    try:
        db = connect(path)
        try:
            return _version(db, path)
        finally:
            db.close()
    except errors() as error:
        raise CannotOpen(f"Cannot open {path}: {error}.") from error


def _version(db: Connection, path: Path) -> int:
    """Its schema. Raises CannotOpen for a newer one and for the file of another program."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    require_known(path, version)
    if version == NEW and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise CannotOpen(f"{path} is an SQLite database, but not one of jentry's.")
    return version


def _use(db: Connection, path: Path, version: int) -> None:
    """A file without tables gets them; whichever it is, it gets its write-ahead log."""
    if version == NEW:
        _lay_out(db)
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise CannotOpen(f"Cannot open {path}: its file system has no shared memory for SQLite.")
    if version == NEW:
        _fill(db)


def _lay_out(db: Connection) -> None:
    """Of a file without tables."""
    db.execute("PRAGMA page_size = 4096")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")


def make_apart(db: Connection) -> None:
    """An empty file gets its tables, and no log: it is thrown away unless all of it succeeds, and
    brought to the disk once it is whole.
    """
    _lay_out(db)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    _fill(db)


def _migrate_file(
    path: Path, before: int, report: Callable[[str], object], in_place: bool
) -> Path | None:
    """The old file, unless it was changed in place. Raises Conflict."""
    step = partial(_migrate, before=before, after=current_version(), report=report)
    kept = None
    if not in_place:
        kept = upgrade.by_copy(path, before, step, _declared(before), report)
    with contextlib.closing(connect(path, write=True)) as db:
        if in_place:
            step(db)
        _use(db, path, current_version())
    return kept


def _declared(before: int) -> set[str]:
    """Tables whose number of rows the migrations say they change: `-- rows change: a, b`."""
    texts = [file_of(n).read_text("utf-8") for n in range(before + 1, current_version() + 1)]
    return {
        name.strip()
        for text in texts
        for names in re.findall(r"^(?:--|#) rows change: (.+)$", text, re.MULTILINE)
        for name in names.split(",")
    }


def file_of(number: int) -> Path:
    """The migration to this version; beside it may be one for PostgreSQL."""
    found = MIGRATIONS.glob(f"{number:04d}_*.*")
    (file,) = (file for file in found if not file.name.endswith(".postgres.sql"))
    return file


def named(file: Path) -> str:
    """What it changes."""
    return file.stem[5:].replace("_", " ")


def _fill(db: Connection) -> None:
    with _one_transaction(db):
        _run(db, SCHEMA.read_text("utf-8"))
        db.execute(
            "INSERT INTO instance (id, secret, created_at) VALUES (1, ?, ?)",
            (secrets.token_bytes(32), clock.timestamp(clock.now())),
        )


def _migrate(db: Connection, before: int, after: int, report: Callable[[str], object]) -> None:
    """Each migration in one transaction, which is undone when it leaves a reference to nothing.

    Foreign keys are off meanwhile: with them, dropping a table that is made anew would delete
    what refers to its rows. They cannot be switched inside a transaction.
    """
    db.execute("PRAGMA foreign_keys = OFF")
    for number in range(before + 1, after + 1):
        file = file_of(number)
        report(f"schema {number}: {named(file)}")
        with _one_transaction(db):
            if file.suffix == ".py":
                import_module(f"{__name__}.{file.stem}").migrate(db)
            else:
                _run(db, file.read_text("utf-8"))
            broken = db.execute("PRAGMA foreign_key_check").fetchone()
            if broken:
                raise sqlite3.IntegrityError(
                    f"{file.name} leaves a row of {broken[0]} without its row of {broken[2]}"
                )
            db.execute(f"PRAGMA user_version = {number}")
    db.execute("PRAGMA foreign_keys = ON")


@contextlib.contextmanager
def _one_transaction(db: Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _run(db: Connection, script: str) -> None:
    """Statement by statement: `executescript` would commit the transaction at once."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
