"""The bytes of a database as they stand in a backup: plain, or as one zstd stream."""

import os
from collections.abc import Iterator

import zstandard
from isal import isal_zlib

from jentry.store.backup.parts import Part
from jentry.store.backup.space import shown

CHUNK = 1024 * 1024
PACKED_CHUNK = 8 * 1024  # a block of zeros is packed 30,000 to one
LEVEL = 1  # payloads are packed already: level 3 takes twice as long
MAGIC = b"SQLite format 3\x00"
PACKED_MAGIC = b"\x28\xb5\x2f\xfd"
HEAD = 18  # bytes at the beginning of a packed stream which say how much is in it
MODES = slice(
    18, 20
)  # of a database file: 2 means that it has a write-ahead log, 1 that it has not


class Damaged(Exception):
    """The message is the rest of a sentence: `it ends after 1.2 of 3.4 GB`."""


def database(descriptor: int, size: int) -> Iterator[bytes]:
    """A database's bytes, in rollback mode: who looks at a copy must not leave a log beside it."""
    at = 0
    while at < size:
        chunk = os.pread(descriptor, min(CHUNK, size - at), at)
        if not chunk:
            raise Damaged("it ends too soon")
        if at == 0 and chunk.startswith(MAGIC):
            chunk = chunk[: MODES.start] + b"\x01\x01" + chunk[MODES.stop :]
        yield chunk
        at += len(chunk)


def pack(chunks: Iterator[bytes], size: int, part: Part) -> None:
    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj(size=size)
    for chunk in chunks:
        part.write(packer.compress(chunk))
    part.write(packer.flush())


def is_packed(descriptor: int) -> bool:
    return os.pread(descriptor, len(PACKED_MAGIC), 0) == PACKED_MAGIC


def is_database(descriptor: int) -> bool:
    return os.pread(descriptor, len(MAGIC), 0) == MAGIC


def size_of(descriptor: int) -> int:
    """Bytes of the database in a backup. Raises Damaged."""
    if not is_packed(descriptor):
        return os.fstat(descriptor).st_size
    try:
        size: int = zstandard.get_frame_parameters(os.pread(descriptor, HEAD, 0)).content_size
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from error
    if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
        raise Damaged("it does not say how large it is")
    return size


def content(descriptor: int) -> Iterator[bytes]:
    """The database in a backup. Raises Damaged, at the end too: use nothing before it."""
    if is_packed(descriptor):
        yield from _unpack(descriptor)
    else:
        yield from database(descriptor, os.fstat(descriptor).st_size)


def _unpack(descriptor: int) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    at = size = 0
    while not unpacker.eof:  # only then has the checksum been compared
        chunk = os.pread(descriptor, PACKED_CHUNK, at)
        if not chunk:
            raise Damaged(f"it ends after {shown(size)} of {shown(size_of(descriptor))}")
        at += len(chunk)
        try:
            content = unpacker.decompress(chunk)
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error
        yield content
        size += len(content)
    if at - len(unpacker.unused_data) != os.fstat(descriptor).st_size:
        raise Damaged("something else follows its end")


class Checksum:
    """Over chunks as they pass, to compare what was written with what is read back."""

    def __init__(self) -> None:
        self.value = 0
        self.size = 0

    def over(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.value = isal_zlib.crc32(chunk, self.value)
            self.size += len(chunk)
            yield chunk
