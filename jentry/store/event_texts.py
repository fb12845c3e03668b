"""Text in what an event says: its title, its message, its errors; without regard to case."""

import re
from collections.abc import Mapping, Sequence

import orjson

from jentry.search.tree import Pattern
from jentry.store.sql import fold

MESSAGES = ("title", "message", "transaction")
PLAIN = re.compile(r"[ !#-.0-\[\]-~]*")  # what JSON has no other way to write


def found(raw: bytes, texts: Mapping[int, Sequence[Pattern]]) -> list[int]:
    """The places of those texts that the event has; of each text any of the patterns is enough.

    To look for it in the payload as it is stored is quick, and most often the answer.
    """
    if raw.isascii():  # else something may be folded to a plain letter
        lowered = raw.lower()
        texts = {
            place: patterns
            for place, patterns in texts.items()
            if any(_may_be_in(pattern, lowered) for pattern in patterns)
        }
    said = _said(raw) if texts else ""
    return [
        place
        for place, patterns in texts.items()
        if any(_is_in(pattern, said) for pattern in patterns)
    ]


def _may_be_in(pattern: Pattern, lowered: bytes) -> bool:
    folded = (fold(part) for part in pattern)
    return all(part.encode() in lowered for part in folded if PLAIN.fullmatch(part))


def _is_in(pattern: Pattern, text: str) -> bool:
    """Its parts stand there one after the other."""
    place = 0
    for part in pattern:
        place = text.find(fold(part), place)
        if place < 0:
            return False
        place += len(fold(part))
    return True


def _said(raw: bytes) -> str:
    """Folded. Nothing when it cannot be read."""
    try:
        event = orjson.loads(raw)
    except ValueError:
        return ""
    entry = event.get("logentry") or {}
    parts = [*(event.get(name) for name in MESSAGES), entry.get("formatted"), entry.get("message")]
    for error in (event.get("exception") or {}).get("values") or ():
        parts += [error.get("type"), error.get("value")]
    return fold("\n".join(part for part in parts if isinstance(part, str)))
