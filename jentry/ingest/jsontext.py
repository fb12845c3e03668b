"""JSON of strangers: what it gives can always be dumped again and bound in SQLite. README: JSON."""

import json
import math
import re
from typing import Any

import orjson

from jentry.errors import BadRequest

MAX_DIGITS = 4300  # of an integer; Python reads no more
SMALLEST, LARGEST = -(2**63), 2**63 - 1  # integers that SQLite can bind
REPLACEMENT = "\ufffd"

FIND_NUL = re.compile(rb"\\u0000").search  # faster than `in`
ALL_DIGITS_ZERO = bytes(48 if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
LONG_NUMBER = b"0" * 19  # the digits of LARGEST
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def loads(raw: bytes) -> Any:
    """The value of a JSON text; raises BadRequest with the reason when it is none.

    NUL characters, lone surrogates and bytes that are not UTF-8 become U+FFFD; NaN, Infinity and
    numbers beyond a double become null; integers beyond 64 bits become the text of their digits.
    Containers stand in one another 1,024 deep at most, some hundred when text had to be replaced.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _forgiving(raw)
    # Long numbers come out of orjson as floats: digits are lost, so look before trusting it.
    if has_nul(raw) or LONG_NUMBER in raw.translate(ALL_DIGITS_ZERO):
        return _forgiving(raw)
    return value


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


def _forgiving(raw: bytes) -> Any:
    text = raw.decode("utf-8-sig", "replace")
    try:
        return _storable(DECODER.decode(text))
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise BadRequest(f"invalid JSON: {error}") from None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, dict):
        return {UNSTORABLE.sub(REPLACEMENT, key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
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


def _too_deep() -> BadRequest:
    return BadRequest("invalid JSON: nested too deep")


DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_nothing)
