"""Make a backup: freeze, copy, verify beside it, read back, and only then give it its name."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jentry import clock
from jentry.errors import Conflict
from jentry.store import connection, files, migrations, trouble
from jentry.store.backup import space, streams, verify
from jentry.store.backup.freeze import Frozen, Progress, copied, fixed, frozen
from jentry.store.backup.parts import PREFIX, SUFFIX, Part, part_of, remove_dead, sync_folder
from jentry.store.connection import Connection
from jentry.store.engines import errors
from jentry.store.engines.errors import Busy

OWN_NAME = re.compile(r"jentry-\d{8}T\d{6}Z\.db\.zst")
DAMAGED = "The database is damaged, and so would be its backup; none was kept"
PACKED = ".zst"
PACKED_SHARE = 0.75  # of the database's size: payloads are packed already
BESIDE = ("", "-wal", "-shm", "-journal", ".lock", ".serving", ".upkeep")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was read back and equals the database at `taken_at`."""

    file: Path
    bytes: int
    database_bytes: int
    schema: int
    taken_at: str
    seconds: float
    events: int
    issues: int
    warnings: list[str]  # of the database, not of the copy
    removed: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    damage: list[str]
    warnings: list[str]
    schema: int
    events: int
    issues: int


def make(
    database: Path, target: Path, progress: Progress, *, is_full: bool = False, keep: int | None
) -> Made:
    """Into a folder under a name of its own, or into a file, whose former content is replaced.

    `keep`: of a folder's backups that jentry has named, remove the oldest beyond so many. Raises
    Conflict, CannotOpen, Error and OSError; then nothing was replaced or removed.
    """
    began = time.monotonic()
    migrations.require_file(database)
    real = Path(os.path.realpath(database))
    folder = _require_place(real, target)
    _remove_dead(folder)
    is_packed = target.is_dir() or target.name.endswith(PACKED)
    share = PACKED_SHARE if is_packed else 1.0
    space.require(folder, int(share * real.stat().st_size), real)
    with _named_damage(), _still(real, folder / "jentry", progress) as still:
        file = target / _name(still.taken_at) if target.is_dir() else target
        file = Path(os.path.realpath(file))
        with part_of(file) as part:
            found = _write(still, part, progress, is_packed, is_full)
            size = os.fstat(part.descriptor).st_size
            part.finish(file)
        made = Made(
            file, size, still.size, found.schema, still.taken_at, time.monotonic() - began,
            found.events, found.issues, found.warnings,
        )  # fmt: skip
    made.removed.extend(_remove_old(folder, keep))
    return made


def _require_place(database: Path, target: Path) -> Path:
    """The folder that it goes to."""
    real = Path(os.path.realpath(target))
    if any(os.path.realpath(f"{database}{suffix}") == str(real) for suffix in BESIDE):
        raise Conflict(f"{target} is the database itself, or belongs to it. Choose another file.")
    if real.is_dir():
        return real
    if real.exists() and not real.is_file():
        raise Conflict(f"{target} is neither a file nor a folder.")
    if real.exists() and database.exists() and os.path.samefile(real, database):
        raise Conflict(f"{target} is the database itself. Choose another file.")
    if not real.parent.is_dir():
        raise Conflict(f"There is no folder {target.parent}.")
    return real.parent


def _name(taken_at: str) -> str:
    moment = clock.parse(taken_at)
    return f"jentry-{moment:%Y%m%dT%H%M%SZ}.db{PACKED}"


@contextmanager
def _named_damage() -> Iterator[None]:
    """What SQLite may say at any time, as the look at all pages says it."""
    try:
        yield
    except connection.errors() as error:
        if trouble.reason(error) != errors.DAMAGED:
            raise
        raise Conflict(f"{DAMAGED}: {error}.") from error


@contextmanager
def _still(database: Path, beside: Path, progress: Progress) -> Iterator[Frozen]:
    """Frozen, or where somebody does not let it be still, copied."""
    with contextlib.ExitStack() as stack:
        if files.is_fixed(str(database)):
            yield stack.enter_context(fixed(database))
            return
        try:
            still = stack.enter_context(frozen(database))
        except Busy:
            still = stack.enter_context(copied(database, beside, progress))
        yield still


def _write(still: Frozen, part: Part, progress: Progress, is_packed: bool, is_full: bool) -> _Found:
    """The copy, with the look at the database beside it. Raises Conflict when either is damaged."""
    with ThreadPoolExecutor(1, "verify") as pool:
        looking = pool.submit(_look, still.reader, is_full)
        try:
            checksum = streams.Checksum()
            chunks = checksum.over(_reported(still, progress))
            if is_packed:
                streams.pack(chunks, still.size, part)
            else:
                for chunk in chunks:
                    part.write(chunk)
            _read_back(part, checksum)
        except BaseException:
            still.reader.interrupt()
            raise
        found = looking.result()
    if found.damage:
        raise Conflict(f"{DAMAGED}: {'; '.join(found.damage)}.")
    return found


def _look(reader: Connection, is_full: bool) -> _Found:
    damage = verify.damage(reader, is_full=is_full)
    if damage:
        return _Found(damage, [], 0, 0, 0)
    _require_own(reader)
    return _Found(
        [], verify.differences(reader), verify.version(reader),
        verify.count(reader, "events"), verify.count(reader, "issues"),
    )  # fmt: skip


def _require_own(reader: Connection) -> None:
    version = verify.version(reader)
    if not verify.is_own(reader):
        raise Conflict(f"{reader.path} is empty, or not a database of jentry's.")
    if version > migrations.current_version():
        raise Conflict(
            f"{reader.path} was written by a newer jentry (schema {version}; this one knows "
            f"{migrations.current_version()})."
        )


def _reported(still: Frozen, progress: Progress) -> Iterator[bytes]:
    done = 0
    for chunk in streams.database(still.descriptor, still.size):
        yield chunk
        done += len(chunk)
        progress(done, still.size)


def _read_back(part: Part, written: streams.Checksum) -> None:
    os.fsync(part.descriptor)
    os.posix_fadvise(part.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # from the disk, not the memory
    read = streams.Checksum()
    try:
        for _ in read.over(streams.content(part.descriptor)):
            pass
    except streams.Damaged as error:
        raise Conflict(f"The backup could not be read back: {error}. Look at the disk.") from error
    if (read.size, read.value) != (written.size, written.value):
        raise Conflict("The backup is not what was written. Look at the disk.")


def _remove_dead(folder: Path) -> None:
    for path in folder.glob(f"{PREFIX}jentry*{SUFFIX}"):
        with contextlib.suppress(OSError):
            remove_dead(path)


def _remove_old(folder: Path, keep: int | None) -> list[Path]:
    if keep is None:
        return []
    own = sorted(path for path in folder.iterdir() if OWN_NAME.fullmatch(path.name))
    removed = own[: max(0, len(own) - keep)]
    for path in removed:
        path.unlink(missing_ok=True)
    if removed:
        sync_folder(folder)
    return removed
