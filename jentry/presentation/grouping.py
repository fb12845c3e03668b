"""Why events are one issue, in words."""

from collections.abc import Iterator
from typing import Any

from jentry.presentation.text import word

BY = {
    "stack": "Events are together because they were raised at the same place.",
    "exception": "Events are together because their exceptions say the same; there is no stack "
    "trace to go by.",
    "message": "Events are together because their message is the same, but for what varies in it.",
    "fingerprint": "Events are together because the application said so by a fingerprint.",
    "csp": "Reports are together because the same directive blocked the same source.",
    "fallback": "Events are together because nothing in them tells them apart.",
}
ELSE = "Events are together because they have this in common."


def reason(components: dict[str, Any]) -> tuple[str, list[str]]:
    """A sentence, and what counted, one line each."""
    return BY.get(word(components.get("by")), ELSE), list(_lines(components))


def _lines(components: dict[str, Any]) -> Iterator[str]:
    for part in components.get("values") or []:
        yield from _part(part)
    default = components.get("default")
    if isinstance(default, dict):
        yield "{{ default }} stands for:"
        yield from (f"  {line}" for line in _lines(default))


def _part(part: Any) -> Iterator[str]:
    if not isinstance(part, dict):
        yield word(part)
        return
    if kind := word(part.get("type")):
        yield kind
    for number, frame in enumerate(part.get("frames") or []):
        yield f"{'  in' if not number else '  called from'} {_frame(frame)}"
    if words := part.get("words"):
        yield f"  at the words: {' '.join(map(word, words))}"
    if value := word(part.get("value")):
        yield f"  saying: {value}"


def _frame(frame: Any) -> str:
    """`orders.stock | reserve`, as grouping writes it: module and function."""
    module, _, function = word(frame).rpartition("| ")
    return f"{function} of {module.strip()}" if module.strip() else function
