"""Read an export from a stream, some lines a transaction, and go on where an earlier attempt ended.

stream -> lines -> parsed and packed, without a lock -> Load.apply, one transaction
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import msgspec
import orjson
import zstandard

from jentry.errors import BadRequest
from jentry.store.connection import Connection
from jentry.store.transfer.issues import EventRows
from jentry.store.transfer.load import REPEATED, Load, Report

BUFFER = 1024 * 1024  # bytes
BATCH = 200  # lines
BATCH_BYTES = 4 * 1024 * 1024
LONGEST = 1024 * 1024 * 1024  # bytes of a line
PACKED_MAGIC = b"\x28\xb5\x2f\xfd"
REPEATED_STARTS = tuple(b'{"type":"%s"' % kind.encode() for kind in REPEATED)
EVENT = b'{"type":"event"'
MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
ESCAPED = (b"\\ud", b"\\uD")  # halves of a character may be alone: only orjson says so
TRAINED_AT = (1000, 20_000)  # events of a project that were read: then a dictionary helps

Train = Callable[[int], object]  # a project's id


class CutOff(BadRequest):
    """An export without its end. What there is has been read."""


@contextmanager
def unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
    """A stream of lines, whether or not it is packed. What it reads from stays open."""
    plain = io.BufferedReader(cast(io.RawIOBase, raw))
    try:
        yield _unpacked(plain)
    finally:
        plain.detach()


def _unpacked(plain: Any) -> BinaryIO:
    if plain.peek(4)[:4] != PACKED_MAGIC:
        return cast(BinaryIO, plain)
    reader = zstandard.ZstdDecompressor().stream_reader(plain, closefd=False)
    return io.BufferedReader(cast(io.RawIOBase, reader), BUFFER)


def read(
    db: Connection,
    stream: BinaryIO,
    rows: EventRows,
    train: Train,
    progress: Callable[[], object],
) -> Report:
    """`progress` is called after each transaction. Raises BadRequest; CutOff at the end."""
    lines = _lines(stream)
    _, first = next(lines, (0, b""))
    load = Load(db, _parsed(first, 1), rows)
    number, is_ended = 1, False
    for batch in _batches(lines, load.done):
        done = [(n, raw) for n, raw in batch if n <= load.done]
        for n, raw in done:
            _identify(load, raw, n)
        new = [(n, _parsed(raw, n)) for n, raw in batch[len(done) :] if _is_whole(raw)]
        for _, line in new:
            load.issues.prepare(line)
        if new:
            _apply(load, new)
            _train(load, train)
            number = new[-1][0]
            is_ended = new[-1][1].get("type") == "end"
        elif done:
            number = done[-1][0]
            is_ended = done[-1][1].startswith(b'{"type":"end"')
        progress()
    if not is_ended:
        raise CutOff(f"The export is cut off after line {number:,}; what is before it was read.")
    load.finish()
    return load.report


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while True:
        try:
            line = stream.readline(LONGEST)
        except zstandard.ZstdError:
            return  # what comes after is lost
        if not line:
            return
        number += 1
        if len(line) >= LONGEST:
            raise BadRequest(f"Line {number:,} is longer than any that jentry writes.")
        yield number, line


def _batches(lines: Iterator[tuple[int, bytes]], done: int) -> Iterator[list[tuple[int, bytes]]]:
    """Those that are done end a batch."""
    batch: list[tuple[int, bytes]] = []
    size = 0
    for number, line in lines:
        batch.append((number, line if number > done or _is_repeated(line) else line[:64]))
        size += len(line)
        if len(batch) >= BATCH or size >= BATCH_BYTES or number == done:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _is_whole(raw: bytes) -> bool:
    """The last line of one that was cut off may have no end."""
    return raw.endswith(b"\n")


def _parsed(raw: bytes, number: int) -> dict[str, Any]:
    try:
        line = _event(raw) if raw.startswith(EVENT) else orjson.loads(raw)
    except (orjson.JSONDecodeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise BadRequest(
            "This is no export of jentry's." if number == 1 else f"Line {number:,} is no object."
        )
    if isinstance(line.get("payload"), dict):  # of one that was written by hand
        line["payload"] = orjson.dumps(line["payload"])
    return line


def _event(raw: bytes) -> dict[str, Any]:
    """Its payload stays bytes, which is most of the line, and packed as it is."""
    members = MEMBERS.decode(raw)
    payload = bytes(members.pop("payload", b"null"))
    payload.decode()
    if any(each in payload for each in ESCAPED):
        orjson.loads(payload)
    line = {name: orjson.loads(memoryview(value)) for name, value in members.items()}
    return line | {"payload": None if payload == b"null" else payload}


def _is_repeated(raw: bytes) -> bool:
    return raw.startswith(REPEATED_STARTS)


def _identify(load: Load, raw: bytes, number: int) -> None:
    if _is_repeated(raw) and _is_whole(raw):
        load.identify(_parsed(raw, number))


def _apply(load: Load, lines: list[tuple[int, dict[str, Any]]]) -> None:
    try:
        load.apply([line for _, line in lines], lines[-1][0])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        places = f"lines {lines[0][0]:,} to {lines[-1][0]:,}"
        raise BadRequest(f"One of the {places} is not as it should be: {error!r}.") from error


def _train(load: Load, train: Train) -> None:
    """A dictionary for what follows, once there are events to learn from."""
    for project_id, stored in load.issues.stored.items():
        for number in TRAINED_AT:
            if stored >= number and (project_id, number) not in load.issues.trained:
                load.issues.trained.add((project_id, number))
                train(project_id)
                load.issues.forget_dictionary(project_id)
