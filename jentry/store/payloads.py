"""How event payloads and attachments are packed into a BLOB: one byte names the codec.

0, the bytes as they are
1, a zstd frame
2, the id of a dictionary in four bytes, a zstd frame that needs it

Frames carry a checksum of their content, so that a changed byte is noticed when they are unpacked;
what was packed before version 2 of the schema has none. New is with 0 only what is empty.
"""

import threading
from functools import lru_cache

import zstandard

from jentry.store.connection import Connection

RAW = b"\x00"
ZSTD = b"\x01"
ZSTD_DICTIONARY = b"\x02"
HEAD = 5  # bytes of a payload that tell what it takes to unpack it
LEVEL = 1  # 5 % larger than level 3 and, within a busy server, much kinder to its caches
MAX_UNPACKED = 1024 * 1024 * 1024
REMEMBERED = 16  # dictionaries of a connection: 120 KB each
READY = 8  # codecs of a thread: 190 KB each, and 10 µs to make one


class Dictionary:
    """A row of `dictionaries`, for use in any thread. Raises ZstdError when `data` is none."""

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self.content = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_FULLDICT)
        self.content.precompute_compress(level=LEVEL)


class _Codecs(threading.local):
    """zstandard's objects must not be shared between threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()
        self.compressor_with = lru_cache(READY)(_compressor)
        self.decompressor_with = lru_cache(READY)(_decompressor)


def _compressor(dictionary: Dictionary) -> zstandard.ZstdCompressor:
    """Its frames do not repeat what the payload says already: which dictionary."""
    return zstandard.ZstdCompressor(
        level=LEVEL, dict_data=dictionary.content, write_dict_id=False, write_checksum=True
    )


def _decompressor(dictionary: Dictionary) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=dictionary.content)


_codecs = _Codecs()


def pack(raw: bytes, dictionary: Dictionary | None = None) -> bytes:
    if not raw:
        return RAW
    if dictionary is None:
        return ZSTD + _codecs.compressor.compress(raw)
    frame = _codecs.compressor_with(dictionary).compress(raw)
    return ZSTD_DICTIONARY + dictionary.number.to_bytes(4) + frame


def unpack(db: Connection, data: bytes) -> bytes:
    """The inverse of `pack`. Raises ValueError for a codec or a dictionary that is not known, and
    for data that has changed.
    """
    codec = data[:1]
    if codec == ZSTD_DICTIONARY:
        decompressor = _codecs.decompressor_with(dictionary(db, dictionary_of(data)))
        return _decompressed(decompressor, data[HEAD:])
    if codec == ZSTD:
        return _decompressed(_codecs.decompressor, data[1:])
    if codec == RAW:
        return data[1:]
    raise ValueError(f"unknown payload codec {codec!r}")


def readable(db: Connection, data: bytes) -> bytes:
    """As `unpack`; empty when it cannot be read."""
    try:
        return unpack(db, data)
    except ValueError:
        return b""


def _decompressed(decompressor: zstandard.ZstdDecompressor, frame: bytes) -> bytes:
    try:
        raw: bytes = decompressor.decompress(frame, max_output_size=MAX_UNPACKED)
    except (zstandard.ZstdError, MemoryError) as error:  # its size may have changed too
        raise ValueError(f"a payload is damaged: {error or 'its size'}") from error
    if not raw:  # zstandard looks at no checksum then
        raise ValueError("a payload is damaged: nothing is in it")
    return raw


def dictionary_of(data: bytes) -> int:
    """The id of the dictionary that a payload of that codec was packed with."""
    return int.from_bytes(data[1:HEAD])


def dictionary(db: Connection, number: int) -> Dictionary:
    """Read once by each connection: it never changes. Raises ValueError without a sound one."""
    known: dict[int, Dictionary] = db.memo.setdefault("dictionaries", {})
    if number not in known:
        row = db.execute("SELECT data FROM dictionaries WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise ValueError(f"payload dictionary {number} is missing")
        if len(known) >= REMEMBERED:
            known.clear()
        try:
            known[number] = Dictionary(number, row["data"])
        except zstandard.ZstdError as error:
            raise ValueError(f"payload dictionary {number} is damaged") from error
    return known[number]
