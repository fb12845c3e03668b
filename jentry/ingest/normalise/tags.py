"""Tags: text under names that can be searched for. README: Event attributes."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.text import scalar

LONGEST = 200  # characters of a key, and of a value
MOST = 200  # tags of one event
MOST_PAIRS = 2000  # looked at: nothing made of pairs has room for more
KEY = re.compile(r"[\w.:-]+")  # letters of any script: clients do send them
# They have attributes of their own: a tag of that name would contradict them.
RESERVED = frozenset(("release", "dist", "user", "filename", "function", "environment"))


def tags(value: Any, errors: EventErrors) -> dict[str, str]:
    """Name -> text from an object or a list of pairs; the first of two equal names wins."""
    kept: dict[str, str] = {}
    for raw_key, raw_value in pairs(value, "tags", errors):
        key, member = scalar(raw_key), scalar(raw_value)
        if key is None or member is None:
            errors.add(INVALID, f"tags.{key or ''}", raw_value)
            continue
        key, member = key.strip().replace(" ", "-"), member.strip()
        if len(key) > LONGEST or len(member) > LONGEST or len(kept) >= MOST:
            errors.add(TOO_LONG, f"tags.{key}", member)
        elif not KEY.fullmatch(key) or key in RESERVED or not member or _has_newline(member):
            errors.add(INVALID, f"tags.{key}", member)
        else:
            kept.setdefault(key, member)
    return kept


def tag(value: Any, name: str) -> Any:
    """The first value of the name in tags of any form, as it was sent; None when there is none."""
    return next(
        (member for key, member in pairs(value, "tags", EventErrors()) if key == name), None
    )


def pairs(value: Any, name: str, errors: EventErrors) -> Iterator[tuple[Any, Any]]:
    """Key and value from an object, a list of pairs or a list of objects; the first of many."""
    if isinstance(value, (dict, list)) and len(value) > MOST_PAIRS:
        errors.add(TOO_LONG, name, len(value))
    return islice(_pairs(value, name, errors), MOST_PAIRS)


def _pairs(value: Any, name: str, errors: EventErrors) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for index, member in enumerate(value[:MOST_PAIRS]):
            if isinstance(member, list) and len(member) == 2:
                yield member[0], member[1]
            elif isinstance(member, dict):
                yield from _of_object(member)
            elif member is not None:
                errors.add(INVALID, f"{name}.{index}", member)
    elif value is not None:
        errors.add(INVALID, name, value)


def _of_object(member: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if member.keys() == {"key", "value"}:
        yield member["key"], member["value"]
    else:
        yield from member.items()


def _has_newline(value: str) -> bool:
    return "\n" in value or "\r" in value
