"""Values of any shape, as one line of text in pieces that say what they are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jentry.presentation.text import FILTERED

SHOWN = 400  # characters that are shown at once


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    kind: str = ""  # string, number, null or filtered; else plain


@dataclass(frozen=True, slots=True)
class Value:
    """`rest` follows `pieces`, and is shown on demand; `length` counts the characters of both."""

    pieces: tuple[Piece, ...]
    rest: str
    length: int


def value(raw: Any, *, is_code: bool = False) -> Value:
    """A text stands for itself; `is_code`: unless it looks like code, as variables of Python do."""
    found = tuple(pieces(raw, is_code=is_code))
    length = sum(len(piece.text) for piece in found)
    if length <= SHOWN:
        return Value(found, "", length)
    shown, room = [], SHOWN
    for piece in found:
        if room > 0:
            shown.append(Piece(piece.text[:room], piece.kind))
        room -= len(piece.text)
    return Value(tuple(shown), plain(raw, is_code=is_code)[SHOWN:], length)


def plain(raw: Any, *, is_code: bool = False) -> str:
    return "".join(piece.text for piece in pieces(raw, is_code=is_code))


def pieces(raw: Any, *, quoted: bool = False, is_code: bool = False) -> Iterator[Piece]:
    """As JSON has it, but for texts that are secrets no longer, and for those that are code
    already: SDKs of Python send `'abc'` with its quotes.
    """
    if raw == FILTERED:
        yield Piece("Filtered", "filtered")
    elif isinstance(raw, str):
        yield from _text(raw, quoted, is_code or quoted)
    elif isinstance(raw, dict):
        yield from _enclosed("{", [(key, member) for key, member in raw.items()], "}")
    elif isinstance(raw, list):
        yield from _enclosed("[", [(None, member) for member in raw], "]")
    elif raw is None or isinstance(raw, bool):
        yield Piece(json.dumps(raw), "null")
    else:
        yield Piece(json.dumps(raw), "number")


def _text(raw: str, quoted: bool, is_code: bool) -> Iterator[Piece]:
    if is_code and raw in ("None", "True", "False", "null", "undefined", "nil"):
        yield Piece(raw, "null")
    elif is_code and raw.startswith(("'", '"', "b'", 'b"')) and raw[-1:] in "'\"" and len(raw) > 1:
        yield Piece(raw, "string")
    elif is_code and raw[:20].lstrip("-").replace(".", "", 1).isdecimal() and len(raw) <= 20:
        yield Piece(raw, "number")
    elif FILTERED in raw:
        before, *others = raw.split(FILTERED)
        yield Piece(before)
        for other in others:
            yield Piece("Filtered", "filtered")
            yield Piece(other)
    elif quoted:
        yield Piece(json.dumps(raw, ensure_ascii=False), "string")
    else:
        yield Piece(raw)


def _enclosed(begin: str, members: list[tuple[str | None, Any]], end: str) -> Iterator[Piece]:
    yield Piece(begin)
    for number, (key, member) in enumerate(members):
        name = "" if key is None else f"{_key(key)}: "
        yield Piece(f"{', ' if number else ''}{name}")
        yield from pieces(member, quoted=True)
    yield Piece(end)


def _key(key: str) -> str:
    return key if key[:1] in "'\"" else json.dumps(key, ensure_ascii=False)
