"""Envelopes: the bytes that SDKs send, cut into items. README: Envelopes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jentry.errors import BadRequest
from jentry.ingest import jsontext

MAX_HEADER = 16 * 1024  # bytes of a header line
MAX_ITEMS = 1000

# Of items; what else clients say there is not kept.
HEADERS = frozenset(("filename", "content_type", "attachment_type", "item_count"))
BLANK = re.compile(rb"[ \t\r\n]*")
EVENT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
NIL = "0" * 32


@dataclass(slots=True)
class Item:
    """Its payload stays where it is in the envelope, which may be large; of the headers those that
    have a meaning are kept, as far as they are plain values.
    """

    type: str
    headers: dict[str, Any]
    raw: bytes
    start: int = 0
    end: int | None = None

    @property
    def payload(self) -> bytes:
        """A copy, unless it is all there is."""
        return self.raw[self.start : self.end]

    @property
    def size(self) -> int:
        return (len(self.raw) if self.end is None else self.end) - self.start


@dataclass(slots=True)
class Envelope:
    """Of the headers only what is valid counts: a bad optional one does not sink the envelope."""

    headers: dict[str, Any]
    items: list[Item]

    @property
    def event_id(self) -> str | None:
        """32 lower-case hex digits; None when there is no valid one, or it is nil."""
        value = self.headers.get("event_id")
        if not isinstance(value, str) or not EVENT_ID.fullmatch(value.strip()):
            return None
        event_id = value.strip().replace("-", "").lower()
        return None if event_id == NIL else event_id

    @property
    def sent_at(self) -> datetime | None:
        """In UTC; a time without offset is taken as UTC."""
        value = self.headers.get("sent_at")
        try:
            moment = datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def dsn(self) -> str | None:
        value = self.headers.get("dsn")
        return value if isinstance(value, str) and value else None


def parse(raw: bytes) -> Envelope:
    """Raises BadRequest, with the reason, for an envelope that is malformed anywhere."""
    if not raw:
        raise BadRequest("empty request body")
    headers, position = _header(raw, 0, "the envelope header")
    items: list[Item] = []
    while (position := _after_blanks(raw, position)) < len(raw):
        if len(items) == MAX_ITEMS:
            raise BadRequest(f"invalid envelope: more than {MAX_ITEMS} items")
        item, position = _item(raw, position, f"item {len(items) + 1}")
        items.append(item)
    return Envelope(headers, items)


def is_lone_event(begin: bytes, size: int) -> bool:
    """Whether an envelope of `size` bytes that begins so holds one event and nothing else.

    False when that cannot be seen, which needs the item's length, or all of the envelope.
    """
    try:
        _, start = _header(begin, 0, "the envelope header")
        headers, start = _header(begin, start, "the header of item 1")
    except BadRequest:
        return False
    length = headers.get("length")
    if length is None and len(begin) == size:
        length = (begin.find(b"\n", start) + 1 or size + 1) - 1 - start
    if headers.get("type") != "event" or type(length) is not int:
        return False
    return size - 1 <= start + length <= size


def _after_blanks(raw: bytes, position: int) -> int:
    blanks = BLANK.match(raw, position)
    return blanks.end() if blanks else position


def _item(raw: bytes, position: int, name: str) -> tuple[Item, int]:
    headers, start = _header(raw, position, f"the header of {name}")
    kind, length = headers.get("type"), headers.get("length")
    if not isinstance(kind, str):
        raise BadRequest(f"invalid envelope: the header of {name} has no type")
    if length is None:
        end = raw.find(b"\n", start)
        end = len(raw) if end < 0 else end
    else:
        if type(length) is not int or length < 0:  # a bool is an int
            raise BadRequest(f"invalid envelope: the length of {name} is no number of bytes")
        end = start + length
        if end > len(raw):
            raise BadRequest(f"invalid envelope: {name} ends before its {length} bytes")
        if end < len(raw) and raw[end] != 0x0A:
            raise BadRequest(f"invalid envelope: {name} is longer than its {length} bytes")
    kept = {name: headers[name] for name in HEADERS & headers.keys() if _is_plain(headers[name])}
    return Item(kind, kept, raw, start, end), end + 1


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _header(raw: bytes, start: int, name: str) -> tuple[dict[str, Any], int]:
    """The JSON object of the line at `start`, and where the next line begins (at most the end)."""
    end = raw.find(b"\n", start, start + MAX_HEADER + 1)
    if end < 0:
        end = len(raw)
        if end - start > MAX_HEADER:
            raise BadRequest(f"invalid envelope: {name} is longer than {MAX_HEADER} bytes")
    line = raw[start:end]
    try:
        line.decode()  # in payloads bad bytes are replaced, here they are an error
        headers = jsontext.loads(line)
    except (BadRequest, UnicodeDecodeError) as error:
        raise BadRequest(f"invalid envelope: {name} cannot be read: {error}") from None
    if not isinstance(headers, dict):
        raise BadRequest(f"invalid envelope: {name} is not a JSON object")
    return headers, min(end + 1, len(raw))
