"""The log entry: a text, or a template with its parameters. README: Event attributes."""

import re
from typing import Any

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.text import cut, json_text, text

LIMIT, OVERSHOOT = 8192, 200
PERCENT = re.compile(r"%(?:\((\w+)\))?([-#0 +]*\d{0,2}(?:\.\d{1,2})?)[hlL]?([sdiufFeEgGxXocra%])")
BRACES = re.compile(r"\{(\w*)\}")


def logentry(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    """`{"formatted"}`, with `message` and `params` too where they say more; None without text."""
    if value is None or value is False:
        return None
    if not isinstance(value, dict):
        value = {"formatted": value}
    message = text(value.get("message"), "logentry.message", errors, LIMIT, OVERSHOOT)
    formatted = text(value.get("formatted"), "logentry.formatted", errors, LIMIT, OVERSHOOT)
    params = _params(value.get("params"), errors)
    if formatted is None and message is not None:
        formatted = _cut(fill(message, params), errors) or message
    if formatted is None:
        return None
    if params:
        found = {"message": message, "params": params, "formatted": formatted}
        return {key: member for key, member in found.items() if member is not None}
    if message is None or message == formatted:
        return {"formatted": formatted}
    return {"message": message, "formatted": formatted}


def _params(value: Any, errors: EventErrors) -> Any:
    if value is None:
        return None
    if not isinstance(value, (list, dict)):
        errors.add(INVALID, "logentry.params", value)
        return None
    return trimming.bounded(value, "logentry.params", errors, 5, LIMIT)


def _cut(value: str, errors: EventErrors) -> str:
    value = value.strip()
    if len(value) > LIMIT + OVERSHOOT:
        errors.add(TOO_LONG, "logentry.formatted", value)
        value = cut(value, LIMIT)
    return value


def fill(template: str, params: Any) -> str:
    """The template with `%s`, `{}` or `{name}` replaced; what has no parameter stays as it is.

    Our own, not `%`: a template from outside may ask for a width of a billion.
    """
    if not params:
        return template
    filler = _Filler(params)
    filled = PERCENT.sub(filler.percent, template)
    return filled if filler.used else BRACES.sub(filler.brace, template)


class _Filler:
    def __init__(self, params: Any) -> None:
        self.params = params
        self.used = 0
        self.left = LIMIT + OVERSHOOT + 1  # characters of parameters that can still be seen

    def percent(self, match: re.Match[str]) -> str:
        name, style, kind = match.groups()
        if kind == "%":
            return "%" if match[0] == "%%" else match[0]
        found, value = self._take(name)
        if not found:
            return match[0]
        if isinstance(value, (int, float)) and kind in "dfFeEgGxXo" and style:
            try:
                return f"%{style}{kind}" % value
            except (ValueError, TypeError, OverflowError):
                return self._text(value)
        return self._text(value)

    def brace(self, match: re.Match[str]) -> str:
        found, value = self._take(match[1] or None)
        return self._text(value) if found else match[0]

    def _text(self, value: Any) -> str:
        shown = json_text(value)[: self.left] if self.left > 0 else ""
        self.left -= len(shown)
        return shown

    def _take(self, name: str | None) -> tuple[bool, Any]:
        params = self.params
        if isinstance(params, dict):
            key = name if name is not None else str(self.used)
            found = key in params
            self.used += found
            return found, params.get(key)
        index = self.used if name is None else int(name) if _is_index(name) else len(params)
        found = index < len(params)
        self.used += found
        return found, params[index] if found else None


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 4
