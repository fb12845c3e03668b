"""JSON of strangers: what it gives can always be dumped again and bound in SQLite. README: JSON."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from jentry.errors import BadRequest

MAX_DIGITS = 4300  # of an integer; Python reads no more
SMALLEST, LARGEST = -(2**63), 2**63 - 1  # integers that SQLite can bind
FIND_NUL = re.compile(rb"\\u0000").search  # faster than `in`
ALL_DIGITS_ZERO = bytes(48 if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
LONG_NUMBER = b"0" * 19  # the digits of LARGEST
DEEPEST = 1024  # as orjson
TOO_DEEP = "invalid JSON: nested too deep"
# Escapes of what cannot be stored: NUL, and half a pair of surrogates.
UNSTORABLE = re.compile(
    rb"\\u(?:0000|[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F]..))"
)

ASIDE = b"\1\1"  # is in no JSON text


def loads(raw: bytes) -> Any:
    """The value of a JSON text; raises BadRequest with the reason when it is none.

    NUL characters, lone surrogates and bytes that are not UTF-8 become U+FFFD; NaN, Infinity and
    numbers beyond a double become null; integers beyond 64 bits become the text of their digits.
    Containers stand in one another 1,024 deep at most, some hundred with such numbers.
    """
    try:
        if not has_nul(raw):
            return _exact(raw)
    except orjson.JSONDecodeError:
        pass
    storable = _storable(raw)
    try:
        return _exact(storable)
    except orjson.JSONDecodeError:
        return _forgiving(storable)


def has_nul(raw: bytes) -> bool:
    """Whether NUL characters may come out of this JSON text."""
    return FIND_NUL(raw) is not None


def loads_or_none(raw: bytes) -> Any:
    """The same; None for what is no JSON, for payloads that are dropped without a word."""
    try:
        return loads(raw)
    except BadRequest:
        return None


def dumps(value: Any) -> bytes:
    """Compact UTF-8 JSON of what `loads` gave, once it is not deeper than 254: normalised, say."""
    return orjson.dumps(value)


def _exact(raw: bytes) -> Any:
    value = orjson.loads(raw)
    # Long numbers come out of orjson as floats: digits are lost, so look before trusting it.
    if LONG_NUMBER in raw.translate(ALL_DIGITS_ZERO):
        return _forgiving(raw)
    return value


def _storable(raw: bytes) -> bytes:
    """The same JSON text without escapes of what cannot be stored. In C: it may be long."""
    if not raw.isascii():
        raw = raw.decode("utf-8-sig", "replace").encode()
    if b"\\u" not in raw or ASIDE in raw:
        return raw
    # With escaped backslashes out of the way, each that is left begins an escape.
    escapes = UNSTORABLE.sub(rb"\\ufffd", raw.replace(rb"\\", ASIDE))
    return escapes.replace(ASIDE, rb"\\")


def _forgiving(raw: bytes) -> Any:
    """Of text without escapes of what cannot be stored."""
    decoder = json.JSONDecoder(
        parse_int=_Numbers(_integer).__getitem__,
        parse_float=_Numbers(_float).__getitem__,
        parse_constant=_nothing,
    )
    try:
        value = decoder.decode(raw.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise BadRequest(TOO_DEEP) from None
    except ValueError as error:
        raise BadRequest(f"invalid JSON: {error}") from None
    if _is_too_deep(value):
        raise BadRequest(TOO_DEEP)
    return value


def _is_too_deep(value: Any) -> bool:
    """What Python's own reader takes differs by version: from 3.12 on, ten thousand."""
    level, depth = [value], 0
    while level and depth < DEEPEST:
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return any(isinstance(each, dict | list) for each in level)


class _Numbers(dict[str, Any]):
    """Of one text: most come again, and to find one costs no call."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: str) -> Any:
        value = self[text] = self.read(text)
        return value


def _integer(digits: str) -> int | str:
    if len(digits) > MAX_DIGITS:
        raise BadRequest(f"invalid JSON: a number has more than {MAX_DIGITS} digits")
    value = int(digits)
    return value if SMALLEST <= value <= LARGEST else digits


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _nothing(_: str) -> None:
    """For NaN, Infinity and -Infinity."""
