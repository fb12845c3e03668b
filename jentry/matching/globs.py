"""Globs: `*` is any text, `?` one character, nothing else is special; the whole text must fit."""

import re
from typing import Protocol

from jentry.byte_cache import bounded
from jentry.matching.folding import fold

STARS = re.compile(r"\*+")


class Glob:
    """A pattern, compared with folded text.

    Between stars the first place that fits is as good as any later one, so each is taken for good:
    a text is gone through once, however many stars there are.
    """

    __slots__ = ("between", "first", "last", "needle")

    def __init__(self, pattern: str) -> None:
        parts = STARS.split(fold(pattern))
        self.needle = max(re.split(r"[*?]", fold(pattern)), key=len)  # is in every text that fits
        self.first = _part(parts[0])
        self.between = [_part(part) for part in parts[1:-1]]
        self.last = _part(parts[-1]) if len(parts) > 1 else None

    def __sizeof__(self) -> int:
        return 120 + len(self.needle) + 200 * (2 + len(self.between))

    def fits(self, folded: str) -> bool:
        if self.last is None:
            return len(folded) == self.first.length and self.first.is_at(folded, 0)
        end = len(folded) - self.last.length
        if end < self.first.length or not self.first.is_at(folded, 0):
            return False
        if not self.last.is_at(folded, end):
            return False
        place = self.first.length
        for part in self.between:
            place = part.find(folded, place)
            if place < 0:
                return False
            place += part.length
        return place <= end


class _Part(Protocol):
    length: int

    def is_at(self, text: str, place: int) -> bool: ...
    def find(self, text: str, start: int) -> int: ...


class _Literal:
    __slots__ = ("length", "text")

    def __init__(self, text: str) -> None:
        self.text, self.length = text, len(text)

    def is_at(self, text: str, place: int) -> bool:
        return text.startswith(self.text, place)

    def find(self, text: str, start: int) -> int:
        return text.find(self.text, start)


class _Gapped:
    """With characters that are not known."""

    __slots__ = ("length", "pattern")

    def __init__(self, text: str) -> None:
        found = "".join("." if character == "?" else re.escape(character) for character in text)
        self.pattern, self.length = re.compile(found, re.DOTALL), len(text)

    def is_at(self, text: str, place: int) -> bool:
        return self.pattern.match(text, place) is not None

    def find(self, text: str, start: int) -> int:
        found = self.pattern.search(text, start)
        return found.start() if found else -1


def _part(text: str) -> _Part:
    return _Gapped(text) if "?" in text else _Literal(text)


@bounded(1024 * 1024)
def glob(pattern: str) -> Glob:
    return Glob(pattern)
