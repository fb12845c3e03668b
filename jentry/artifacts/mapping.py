"""Mappings of ProGuard and R8: `mapping.txt` of a build, known by its uuid."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

from jentry.artifacts.bundle import DAMAGE, MOST_FILE_BYTES, File, require_small_directory
from jentry.errors import BadRequest
from jentry.store.artifacts import Name

NAME = re.compile(r"/?proguard/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\.txt")
CLASS = re.compile(rb"^[^\s#][^\r\n]{0,2000} -> [^\s:]{1,1000}:\r?$", re.MULTILINE)
LINES = re.compile(rb"^[ \t]{1,16}\d{1,10}:\d{1,10}:", re.MULTILINE)
MOST_MAPPINGS = 100  # of one upload
EMPTY = b"PK\5\6"  # of a zip without files
NATIVE = "jentry does not read native debug files, only ProGuard mappings."
NO_LINES = "{} has no line numbers: keep SourceFile and LineNumberTable."


@dataclass(frozen=True, slots=True)
class Mapping:
    """Raises BadRequest for what is none."""

    uuid: UUID
    content: bytes

    def __post_init__(self) -> None:
        if not CLASS.search(self.content):
            raise BadRequest("This is no ProGuard mapping: no line of it names a class.")

    @property
    def warnings(self) -> list[str]:
        return [] if LINES.search(self.content) else [NO_LINES.format(self.url)]

    @property
    def url(self) -> str:
        return f"proguard/{self.uuid}.txt"

    def files(self) -> Iterator[File]:
        yield File("proguard", self.url, self.uuid.bytes, None, self.content)


def uuid_of(name: str) -> UUID:
    """Of a file name as sentry-cli makes it. Raises BadRequest for other debug files."""
    found = NAME.fullmatch(name)
    if found is None:
        raise BadRequest(NATIVE)
    return UUID(found[1])


def bundle_name(sha1: bytes, uuid: UUID) -> Name:
    """Of the bundle that a mapping is alone in: the same content may go by several uuids."""
    return Name(hashlib.sha1(sha1 + uuid.bytes, usedforsecurity=False).digest(), "", "")


def mappings_in(archive: bytes) -> list[Mapping]:
    """Those of a zip, as sentry-cli 2 sends them. Raises BadRequest."""
    file, found, room = BytesIO(archive), [], MOST_FILE_BYTES
    if archive.startswith(EMPTY):
        raise BadRequest("The archive has no mapping; one without line numbers is not sent.")
    require_small_directory(file)
    try:
        with zipfile.ZipFile(file) as opened:
            names = [name for name in opened.namelist() if not name.endswith("/")]
            if len(names) > MOST_MAPPINGS:
                raise BadRequest(f"The archive has more than {MOST_MAPPINGS} files.")
            for uuid, name in [(uuid_of(name), name) for name in names]:
                with opened.open(name) as source:
                    content = source.read(room + 1)
                room -= len(content)
                if room < 0:
                    raise BadRequest(f"The mappings have more than {MOST_FILE_BYTES >> 20} MiB.")
                found.append(Mapping(uuid, content))
    except DAMAGE as error:
        raise BadRequest(f"The archive cannot be read: {error}.") from None
    if not found:
        raise BadRequest("The archive has no mapping.")
    return found
