"""Bring a backup back: unpacked beside the database, verified, and only then in its place."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jentry.errors import Conflict
from jentry.store import files, migrations, serving
from jentry.store.backup import space, streams, verify
from jentry.store.backup.freeze import Progress
from jentry.store.backup.parts import Part, part_beside
from jentry.store.backup.swap import has_magic, swap
from jentry.store.connection import Connection, connect, errors
from jentry.store.lock import write_lock

SUFFIX = ".restoring"
IMMUTABLE = "mode=ro&immutable=1"  # no locks, and no files beside it
UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Restored:
    """`erasures`: (time, organization) of those since the backup, to be done again; None when the
    former file could not say.
    """

    database: Path
    bytes: int
    schema: int
    events: int
    issues: int
    seconds: float
    kept: Path | None  # the former file
    erasures: list[tuple[str, str]] | None = field(default_factory=list)


def restore(database: Path, file: Path, progress: Progress, *, force: bool) -> Restored:
    """Raises Conflict, Error and OSError; then nothing was changed."""
    began = time.monotonic()
    if not database.parent.is_dir():
        raise Conflict(f"There is no folder {database.parent}.")
    _require_backup(database, file)
    serving.require_none(database)
    with ExitStack() as stack:
        if os.path.lexists(database) and not force:
            raise Conflict(f"{database} exists already. Say --force to replace it; it is kept.")
        source = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, source)
        part = stack.enter_context(part_beside(database, SUFFIX))
        _unpack(source, part, file, database, progress)
        reader = stack.enter_context(_sound(part, file))
        stack.enter_context(serving.exclude(database))
        stack.enter_context(write_lock(database))
        erasures = _erasures(database, reader)
        schema, size = verify.version(reader), os.fstat(part.descriptor).st_size
        counts = verify.count(reader, "events"), verify.count(reader, "issues")
        kept = swap(database, part.finish, "before-restore")
    return Restored(database, size, schema, *counts, time.monotonic() - began, kept, erasures)


def _require_backup(database: Path, file: Path) -> None:
    if not file.exists():
        raise Conflict(f"There is no file {file}.")
    if file.is_dir():
        raise Conflict(f"{file} is a folder. Name one of the backups in it.")
    if database.exists() and os.path.samefile(database, file):
        raise Conflict(f"{file} is the database itself.")
    for suffix in ("-wal", "-journal"):
        if space.size_of(f"{os.path.realpath(file)}{suffix}"):
            raise Conflict(
                f"{file} is a database in use, not a backup: it has a {suffix} beside it. "
                "Use `jentry backup` to copy it."
            )


def _unpack(source: int, part: Part, file: Path, database: Path, progress: Progress) -> None:
    try:
        size = streams.size_of(source)
        if not streams.is_packed(source) and not streams.is_database(source):
            raise Conflict(f"{file} is not a jentry database. {UNCHANGED}")
        space.require(part.path.parent, size)
        done = 0
        for chunk in streams.content(source):
            part.write(chunk)
            done += len(chunk)
            progress(done, size)
        if done != size:
            raise streams.Damaged(f"it ends after {space.shown(done)} of {space.shown(size)}")
    except streams.Damaged as error:
        raise Conflict(f"{file} is damaged: {error}. {UNCHANGED}") from error


@contextmanager
def _sound(part: Part, file: Path) -> Iterator[Connection]:
    """A reader of the unpacked database. Raises Conflict unless it is whole and one of ours."""
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(closing(connect(part.path, how=IMMUTABLE)))
            is_own, version = verify.is_own(reader), verify.version(reader)
        except sqlite3.DatabaseError as error:
            raise Conflict(f"{file} is damaged: {error}. {UNCHANGED}") from error
        if not is_own:
            raise Conflict(f"{file} is not a jentry database. {UNCHANGED}")
        if version > migrations.current_version():
            raise Conflict(
                f"{file} was written by a newer jentry (schema {version}; this one knows "
                f"{migrations.current_version()}). {UNCHANGED}"
            )
        files.read_ahead(part.path)
        if damage := verify.damage(reader, "integrity_check"):
            raise Conflict(f"{file} is damaged: {damage[0].splitlines()[-1]}. {UNCHANGED}")
        yield reader


def _erasures(database: Path, restored: Connection) -> list[tuple[str, str]] | None:
    """What was erased after the backup comes back with it."""
    if not database.exists() or not database.stat().st_size:
        return []
    if not has_magic(database):
        return None
    query = "SELECT coalesce(max(id), 0) FROM audit_log"
    try:
        (last,) = restored.execute(query).fetchone()
        with closing(connect(database)) as db:
            rows = db.execute(
                """
                SELECT a.created_at, o.slug
                FROM audit_log a
                JOIN organizations o ON o.id = a.org_id
                WHERE a.id > ? AND a.action = 'person.erase'
                ORDER BY a.id
                """,
                (last,),
            ).fetchall()
    except errors():
        return None
    return [(row["created_at"], row["slug"]) for row in rows]
