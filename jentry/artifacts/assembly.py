"""Put an uploaded bundle together: chunks -> file -> contents, one transaction each -> bundle."""

import contextlib
import hashlib
import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from jentry.artifacts.bundle import MOST_BYTES, MOST_FILE_BYTES, Bundle, File
from jentry.errors import BadRequest, Conflict
from jentry.store import artifacts, upload_chunks
from jentry.store.artifacts import Content, Name, StoredFile
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Target, transaction
from jentry.store.database import open_database

log = logging.getLogger(__name__)

IN_MEMORY = 4 * 1024 * 1024  # a larger bundle goes to a temporary file, which nobody else can open
ROWS = 500  # of files in a transaction


class Files(Protocol):
    """What an upload holds, and what is odd about it."""

    @property
    def warnings(self) -> list[str]: ...
    def files(self) -> Iterator[File]: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be put together, and for which projects. `most`: bytes of contents in all."""

    actor: Actor
    name: Name
    chunks: tuple[bytes, ...]
    project_ids: tuple[int, ...]
    most: int


def assemble(path: Target, order: Order) -> None:
    """Raises BadRequest for what is no good bundle, Conflict when there is no room for it."""
    with contextlib.closing(open_database(path, write=True)) as db:
        if _is_known(db, order):
            return
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            _join(db, order, file, order.name.sha1, MOST_BYTES)
            file.seek(0)
            bundle = Bundle(file)
            files = list(_stored(db, order, bundle))
        _record(db, order, bundle, files)


def keep(path: Target, order: Order, files: Files) -> None:
    """What was read already. Raises Conflict when there is no room for it."""
    with contextlib.closing(open_database(path, write=True)) as db:
        if not _is_known(db, order):
            _record(db, order, files, list(_stored(db, order, files)))


def joined(path: Target, order: Order, sha1: bytes) -> bytes:
    """The file that the chunks make. Raises BadRequest, Conflict."""
    file = io.BytesIO()
    with contextlib.closing(open_database(path, write=True)) as db:
        _join(db, order, file, sha1, MOST_FILE_BYTES)
    return file.getvalue()


def _is_known(db: Connection, order: Order) -> bool:
    """Another project gets a bundle that is there, without reading it again."""
    with transaction(db) as at:
        bundle_id = artifacts.begin(db, order.actor, order.name, at)
        if not artifacts.has_projects(db, bundle_id):
            return False
        artifacts.share(db, order.actor, bundle_id, order.project_ids, at)
        upload_chunks.delete(db, order.actor, order.chunks)
    return True


def _join(db: Connection, order: Order, file: IO[bytes], sha1: bytes, most: int) -> None:
    digest, size = hashlib.sha1(usedforsecurity=False), 0
    for name in order.chunks:
        chunk = upload_chunks.read(db, order.actor, name)
        if chunk is None:
            raise Conflict("A chunk of this bundle has gone meanwhile; upload it again.")
        size += len(chunk)
        if size > most:
            raise BadRequest(f"The file has more than {most // 1024**2} MiB.")
        digest.update(chunk)
        file.write(chunk)
    if digest.digest() != sha1:
        raise BadRequest("The chunks do not make a file with this checksum.")


def _stored(db: Connection, order: Order, bundle: Files) -> Iterator[StoredFile]:
    room = order.most - artifacts.bytes_stored(db)
    for file in bundle.files():
        content = Content.of(file.content)
        room -= len(content.data)
        if room < 0:
            raise Conflict(
                "The artifacts take as much as JENTRY_ARTIFACT_BYTES allows, and none of them is "
                "older than a day."
            )
        with transaction(db) as at:
            content_id = artifacts.add_content(db, content, at)
        yield StoredFile(file.type, file.url, file.debug_id, file.map_url, content_id, content.size)


def _record(db: Connection, order: Order, bundle: Files, files: Sequence[StoredFile]) -> None:
    with transaction(db) as at:
        bundle_id = artifacts.begin(db, order.actor, order.name, at)
    for start in range(0, len(files), ROWS):
        with transaction(db):
            part = files[start : start + ROWS]
            artifacts.add_files(db, order.actor, bundle_id, order.name, part)
    size = sum(file.size for file in files)
    with transaction(db) as at:
        artifacts.finish(db, order.actor, bundle_id, order.project_ids, size, bundle.warnings, at)
        upload_chunks.delete(db, order.actor, order.chunks)
