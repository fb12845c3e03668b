"""Fingerprints that clients send, or rules give, with their variables filled in.

README: Fingerprints.
"""

import re
from collections.abc import Callable
from typing import Any

from jentry.ingest.grouping.parts import Event, frames, message, text, values
from jentry.ingest.grouping.v8.in_app import is_app

VARIABLE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
DEFAULT = "default"
MEMBER = "fingerprint_rule"  # of an event: what the rule that fits it says; `rules.py` puts it
MOST_FILLED = 16 * 1024  # characters that the variables of one fingerprint may stand for

Source = Callable[[Event], str]


def custom(event: Event) -> list[str] | None:
    """The values of a fingerprint or checksum, `{{ default }}` unfilled; None without one."""
    rule = rule_of(event)
    sent = rule.get("values") if rule else event.get("fingerprint")
    given = [text(value) for value in sent if value != ""] if isinstance(sent, list) else []
    if given and not all(map(is_default, given)):
        fill = _Filler(event).fill
        return ["{{ default }}" if is_default(value) else fill(value) for value in given]
    checksum = text(event.get("checksum"))
    return ["checksum", checksum] if checksum and not given else None


def rule_of(event: Event) -> dict[str, Any]:
    """The rule that fits it, as `rules.py` has put it: `rule`, `values`, `title`; empty without."""
    found = event.get(MEMBER)
    return found if isinstance(found, dict) else {}


def is_default(value: str) -> bool:
    found = VARIABLE.fullmatch(value.strip())
    return bool(found and found[1] == DEFAULT)


class _Filler:
    """Fills the variables of one fingerprint. What they add is bounded, and looked up once."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.left = MOST_FILLED
        self.values: dict[str, str | None] = {}

    def fill(self, value: str) -> str:
        """Unknown variables stay as they are written; known ones without a value say so."""
        return VARIABLE.sub(self._of, value) if "{{" in value else value

    def _of(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self.values:
            self.values[name] = _variable(name, self.event)
        found = self.values[name]
        if found is None:
            return match[0]
        found = found[: self.left]
        self.left -= len(found)
        return found


def _variable(name: str, event: Event) -> str | None:
    """None for a name that is none."""
    if name.startswith("tags."):
        tags = event.get("tags")
        found = text(tags.get(name[5:])) if isinstance(tags, dict) else ""
        return found or f"<no-value-for-tag-{name[5:]}>"
    source = VARIABLES.get(name)
    if source is None:
        return None
    return source(event) or f"<no-{name.rpartition('.')[2].replace('_', '-')}>"


def _main(event: Event) -> dict[str, Any]:
    found = values(event, "exception")
    return found[-1] if found else {}


def _crash(event: Event) -> dict[str, Any]:
    trace = frames(_main(event)) or frames(event)
    platform = text(event.get("platform"))
    app = (frame for frame in reversed(trace) if is_app(frame, platform))
    return next(app, trace[-1] if trace else {})


def _of(part: Source | Callable[[Event], dict[str, Any]], name: str) -> Source:
    return lambda event: text(part(event).get(name))  # type: ignore[union-attr]


VARIABLES: dict[str, Source] = {
    "transaction": lambda event: text(event.get("transaction")),
    "level": lambda event: text(event.get("level")),
    "logger": lambda event: text(event.get("logger")),
    "message": lambda event: message(event) or text(_main(event).get("value")),
    "type": _of(_main, "type"),
    "error.type": _of(_main, "type"),
    "value": _of(_main, "value"),
    "error.value": _of(_main, "value"),
    "function": _of(_crash, "function"),
    "stack.function": _of(_crash, "function"),
    "module": _of(_crash, "module"),
    "stack.module": _of(_crash, "module"),
    "package": _of(_crash, "package"),
    "stack.package": _of(_crash, "package"),
    "path": _of(_crash, "abs_path"),
    "stack.abs_path": _of(_crash, "abs_path"),
    "stack.filename": _of(_crash, "filename"),
}
