"""The only dynamic SQL: conditions put together from fixed fragments and named parameters."""

import unicodedata
from typing import Any


class Where:
    """A growing AND of fragments. `str()` is the condition, `params` its values."""

    def __init__(self, fragment: str, **params: Any) -> None:
        self._fragments: list[str] = []
        self.params: dict[str, Any] = {}
        self.add(fragment, **params)

    def add(self, fragment: str, **params: Any) -> None:
        if taken := self.params.keys() & params.keys():
            raise ValueError(f"parameter used twice: {', '.join(sorted(taken))}")
        self._fragments.append(fragment)
        self.params |= params

    def __str__(self) -> str:
        return " AND ".join(self._fragments)


def fold(text: str) -> str:
    """Text as the search column keeps it: composed, and without case in any script."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def contains(text: str) -> str:
    r"""The pattern of `LIKE … ESCAPE '\'` for a plain substring of a folded column."""
    escaped = fold(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
