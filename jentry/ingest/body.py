"""A body, decompressed while it arrives, its limits held at every step. README: Bodies."""

import base64
import binascii
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

import brotli
import zstandard
from isal import igzip_lib, isal_zlib

from jentry.errors import BadRequest, TooLarge

BEGIN = 2048  # bytes that show what an envelope is
LEAST_GZIP = 18
STEP = 128 * 1024  # bytes that one step may give
SLICE = 64 * 1024  # bytes that one step takes: what is left over is copied each time
ZSTD_LEAST = 4  # bytes that a step takes: it cannot be bounded, but they give at most one block of
ZSTD_SLICE = 128  # STEP bytes; more of them while little comes out
ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 9659 lets a client ask for
MAX_MEMBERS = 4096  # of a gzip stream, frames of a zstd stream: empty ones cost time, not bytes

GZIP_MAGIC = b"\x1f\x8b"
CORRUPT: tuple[Any, ...] = (igzip_lib.IsalError, brotli.error, zstandard.ZstdError)


class Inflater:
    """Push chunks in any sizes, then take the whole body.

    `max_wire` counts the bytes pushed, `max_raw` those that come out. `feed` and `finish` raise
    TooLarge as soon as a limit is passed and BadRequest when the stream is corrupt or cut off.
    """

    def __init__(self, encoding: str, *, max_wire: int, max_raw: int) -> None:
        self._codec = _codec(encoding)
        self._max_wire, self._max_raw = max_wire, max_raw
        self._wire = self._raw = 0
        self._body = io.BytesIO()

    def feed(self, chunk: bytes) -> None:
        self._wire += len(chunk)
        if self._wire > self._max_wire:
            raise TooLarge(f"the request body is larger than {self._max_wire} bytes")
        try:
            for piece in self._codec.feed(chunk):
                self._raw += len(piece)
                if self._raw > self._max_raw:
                    raise self._too_large()
                self._body.write(piece)
        except CORRUPT as error:
            raise _unreadable(str(error)) from None

    def whole(self, body: bytes) -> bytes:
        """What `feed` and `finish` make of a body that is there at once."""
        if type(self._codec) is _Identity and len(body) <= min(self._max_wire, self._max_raw):
            return body
        if type(self._codec) is _Gzip and 0 < len(body) <= min(self._max_wire, SLICE):
            found = self._codec.at_once(body, min(self._max_raw, STEP))
            if found is not None:
                return found
            self._codec = _Gzip()
        if type(self._codec) is not _Identity and self._max_raw > STEP:
            self._measure(body)
        self.feed(body)
        return self.finish()

    def _measure(self, body: bytes) -> None:
        """Decompress once for nothing: what is too large takes time, but no memory."""
        size = 0
        with suppress(*CORRUPT):  # which `feed` meets again
            for piece in type(self._codec)().feed(body[: self._max_wire]):
                size += len(piece)
                if size > self._max_raw:
                    raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request body holds more than {self._max_raw} bytes")

    def finish(self) -> bytes:
        """An empty body is empty in every encoding."""
        if self._wire and not self._codec.is_complete():
            raise _unreadable("the compressed stream ends too early")
        return self._body.getvalue()


def beginning(body: bytes, encoding: str) -> tuple[bytes, int]:
    """The first bytes of a body, decompressed, and how long it says it is; all of it when it is
    not compressed; nothing when that costs more, or it cannot be read.
    """
    codec = _codec(encoding)
    if type(codec) is _Identity:
        return body, len(body)
    if type(codec) is not _Gzip or len(body) < LEAST_GZIP:
        return b"", 0
    try:
        begin = isal_zlib.decompressobj(_Gzip.wbits).decompress(body[:BEGIN], BEGIN)
    except CORRUPT:
        return b"", 0
    return begin, int.from_bytes(body[-4:], "little")


def store_payload(body: bytes, limit: int) -> bytes:
    """The JSON text in a body of /store/ of at most `limit` bytes. README: The store endpoint.

    It is plain, or compressed with zlib or gzip, or one of these in base64.
    """
    if not body.strip():
        raise BadRequest("empty request body")
    payload = _opened(body, limit)
    if payload is None:
        payload = _opened(_from_base64(body), limit)
    if payload is None:
        raise BadRequest("the request body is not JSON, nor compressed, nor base64")
    if len(payload) > limit:
        raise TooLarge(f"the event is larger than {limit} bytes")
    return payload


def _opened(data: bytes, limit: int) -> bytes | None:
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return data
    if data.startswith(GZIP_MAGIC):
        encoding = "gzip"
    elif data.startswith(b"\x78") and _has_zlib_header(data):
        encoding = "deflate"
    else:
        return None
    inflater = Inflater(encoding, max_wire=len(data), max_raw=limit)
    inflater.feed(data)
    return inflater.finish()


def _from_base64(text: bytes) -> bytes:
    """Either alphabet, with or without padding and line breaks."""
    compact = b"".join(text.split()).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(compact + b"=" * (-len(compact) % 4), validate=True)
    except binascii.Error as error:
        raise BadRequest(f"the request body is not JSON and not base64: {error}") from None


def _unreadable(cause: str) -> BadRequest:
    return BadRequest(f"failed to read request body: {cause}")


class _Codec(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes out, in pieces of bounded size; lazily, so that the reader may stop."""

    def is_complete(self) -> bool:
        """Whether the stream may end here."""


def _codec(encoding: str) -> _Codec:
    """Unknown names mean identity, as in Relay. Raises BadRequest for codings on top of others."""
    names = [name.strip().lower() for name in encoding.split(",")]
    codings = [name for name in names if name in CODECS]
    if len(codings) > 1:
        raise BadRequest("the request body is compressed more than once")
    return CODECS[codings[0]]() if codings else _Identity()


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def is_complete(self) -> bool:
        return True


class _Gzip:
    """Members follow one another, and zeros may follow the last, as `gzip` itself reads them."""

    wbits = 31

    def __init__(self) -> None:
        self._stream = isal_zlib.decompressobj(self.wbits)
        self._members = 1

    def at_once(self, data: bytes, limit: int) -> bytes | None:
        """All of a single member of at most `limit` bytes: the usual body, without steps."""
        try:
            found: bytes = self._stream.decompress(data, limit)
        except CORRUPT:
            return None
        return found if self._stream.eof and not self._stream.unused_data else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), SLICE):
            yield from self._feed(data[start : start + SLICE])

    def _feed(self, data: bytes) -> Iterator[bytes]:
        is_full = False  # then more may be waiting inside, whatever the unconsumed tail says
        while data or is_full:
            if self._stream.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._next_member()
            piece = self._stream.decompress(data, STEP)
            yield piece
            is_full = len(piece) == STEP
            data = self._stream.unconsumed_tail or self._stream.unused_data

    def _next_member(self) -> None:
        self._members = _counted(self._members)
        self._stream = isal_zlib.decompressobj(self.wbits)

    def is_complete(self) -> bool:
        return self._stream.eof


class _Deflate(_Gzip):
    """The zlib format, or raw deflate from the clients that took the name at its word."""

    def __init__(self) -> None:
        super().__init__()
        self._head: bytes | None = b""  # until its two bytes tell which of them it is

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._head is not None:
            data = self._head + data
            if len(data) < 2:
                self._head = data
                return
            self._stream = isal_zlib.decompressobj(15 if _has_zlib_header(data) else -15)
            self._head = None
        yield from super().feed(data)

    def _next_member(self) -> None:
        raise _unreadable("there is data after the end of the compressed stream")


class _Brotli:
    def __init__(self) -> None:
        self._stream: Any = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), SLICE):
            piece = self._stream.process(data[start : start + SLICE], output_buffer_limit=STEP)
            yield piece
            # All input may be taken while output still waits inside: it compresses that well.
            while piece or not self._stream.can_accept_more_data():
                piece = self._stream.process(b"", output_buffer_limit=STEP)
                yield piece

    def is_complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    """Frames follow one another."""

    def __init__(self) -> None:
        # Not shared: the objects it makes all work in its one context.
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._stream = self._decompressor.decompressobj(write_size=STEP)
        self._slice = ZSTD_LEAST
        self._members = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        start = 0
        while start < len(data):
            rest, size = data[start : start + self._slice], 0
            start += self._slice
            while rest:
                if self._stream.eof:
                    self._members = _counted(self._members)
                    self._stream = self._decompressor.decompressobj(write_size=STEP)
                piece = self._stream.decompress(rest)
                yield piece
                size += len(piece)
                rest = self._stream.unused_data
            self._slice = ZSTD_LEAST if size > STEP else min(2 * self._slice, ZSTD_SLICE)

    def is_complete(self) -> bool:
        return self._stream.eof


def _counted(members: int) -> int:
    if members >= MAX_MEMBERS:
        raise _unreadable(f"the compressed stream has more than {MAX_MEMBERS} parts")
    return members + 1


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950: deflate with a window of at most 32 KiB, and a check modulo 31."""
    return data[0] & 0x8F == 8 and int.from_bytes(data[:2]) % 31 == 0


CODECS: dict[str, type[_Codec]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
