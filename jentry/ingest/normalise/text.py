"""Strings as attributes want them: trimmed, cut to a limit, made of numbers where they may be."""

from typing import Any

import orjson

from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors

ELLIPSIS = "..."
BIGGEST = 10**64  # integers beyond this are nobody's id


def cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - len(ELLIPSIS)] + ELLIPSIS


def scalar(value: Any) -> str | None:
    """A string, number or boolean as text; None for all else, NaN and infinities included."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -BIGGEST < value < BIGGEST else None
    if isinstance(value, float):
        return repr(value) if value - value == 0 else None
    return None


def json_text(value: Any) -> str:
    """Any JSON value as text, strings as they are; `...` for what no JSON writer takes."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError):
        return scalar(value) or ELLIPSIS


def text(
    value: Any, name: str, errors: EventErrors, limit: int, overshoot: int = 0, trim: bool = True
) -> str | None:
    """Text of at most `limit` characters; up to `overshoot` more are let pass before it is cut.

    None when there is nothing left, or when the value is an object, an array or a boolean.
    """
    if value is None:
        return None
    found = None if isinstance(value, bool) else scalar(value)
    if found is None:
        errors.add(INVALID, name, value)
        return None
    if trim:
        found = found.strip()
    if len(found) > limit + overshoot:
        errors.add(TOO_LONG, name, found)
        found = cut(found, limit)
    return found or None


def integer(value: Any, name: str, errors: EventErrors) -> int | None:
    """A whole number from 0 to 2^53, also as text or as a float; None otherwise."""
    found = value
    if isinstance(value, str):
        found = int(value) if value.isascii() and value.isdigit() and len(value) <= 16 else None
    elif isinstance(value, float) and value.is_integer():
        found = int(value)
    if type(found) is int and 0 <= found <= 2**53:
        return found
    if value is not None:
        errors.add(INVALID, name, value)
    return None


def boolean(value: Any, name: str, errors: EventErrors) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    errors.add(INVALID, name, value)
    return None
