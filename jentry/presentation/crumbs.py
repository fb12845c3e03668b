"""Breadcrumbs: what happened before, each with the time that was left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.presentation.text import count, word
from jentry.presentation.values import Value, value

NEWEST = 40  # shown at once
LOUD = ("fatal", "error", "warning")
SERIOUS = ("fatal", "error")
ICONS = {
    "http": "globe", "fetch": "globe", "xhr": "globe", "httplib": "globe", "requests": "globe",
    "query": "data", "redis": "data", "db": "data", "sql": "data", "cache": "data",
    "navigation": "arrow", "ui": "hand", "user": "hand", "console": "lines", "log": "lines",
    "exception": "bolt", "error": "bolt", "subprocess": "lines",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crumb:
    """`before` is the time left until the error (`−2.41 s`), `clock` the time of day."""

    timestamp: str | None
    before: str
    clock: str
    icon: str
    category: str
    level: str
    message: str
    result: str  # in short: `200 · 34 ms`
    data: list[tuple[str, Value]]


def crumbs(event: dict[str, Any]) -> list[Crumb]:
    """Oldest first."""
    found = event.get("breadcrumbs") or {}
    return [_crumb(raw, event["timestamp"]) for raw in found.get("values", ())]


def _crumb(raw: dict[str, Any], at: str) -> Crumb:
    data = raw.get("data") or {}
    category = word(raw.get("category")) or word(raw.get("type")) or "default"
    level = word(raw.get("level")) or "info"
    message, used = _message(raw, data)
    result, more = _result(raw, data)
    left = {name: held for name, held in data.items() if name not in used | more}
    moment = raw.get("timestamp")
    return Crumb(
        timestamp=moment,
        before=before(moment, at) if moment else "",
        clock=moment[11:23].rstrip("0").rstrip(".") if moment else "",
        icon="warn" if level in LOUD else _icon(category, word(raw.get("type"))),
        category=category,
        level=level,
        message=message,
        result=result or (level if level != "info" else ""),
        data=[(name, value(held)) for name, held in left.items()],
    )


def _icon(category: str, kind: str) -> str:
    first = category.split(".")[0].lower()
    return ICONS.get(first) or ICONS.get(kind) or "dot"


def _message(raw: dict[str, Any], data: dict[str, Any]) -> tuple[str, set[str]]:
    """What stands in the row, and which members of `data` it says."""
    if message := word(raw.get("message")):
        return message, set()
    if url := word(data.get("url")):
        return f"{word(data.get('method')).upper()} {url}".strip(), {"url", "method"}
    if word(data.get("to")) or word(data.get("from")):
        return f"{word(data.get('from')) or '?'} → {word(data.get('to')) or '?'}", {"from", "to"}
    if isinstance(data.get("arguments"), list):
        return " ".join(_said(part) for part in data["arguments"]), {"arguments", "logger"}
    return "", set()


def _said(part: Any) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


def _result(raw: dict[str, Any], data: dict[str, Any]) -> tuple[str, set[str]]:
    parts, used = [], set()
    for name in ("status_code", "http.response.status_code"):
        if name in data:
            parts.append(word(data[name]))
            used |= {name, "reason"}
            break
    for name in ("duration_ms", "duration"):
        if isinstance(data.get(name), int | float) and not isinstance(data.get(name), bool):
            parts.append(f"{data[name]:g} ms" if name.endswith("ms") else f"{data[name]:g} s")
            used.add(name)
            break
    return " · ".join(filter(None, parts)), used


def before(moment: str, at: str) -> str:
    seconds = (clock.parse(at) - clock.parse(moment)) / timedelta(seconds=1)
    sign = "+" if seconds < 0 else "−"
    seconds = abs(seconds)
    if seconds < 60:
        return f"{sign}{seconds:.2f} s"
    if seconds < 3600:
        return f"{sign}{int(seconds // 60)} min"
    return f"{sign}{seconds / 3600:.1f} h"


def earlier(found: list[Crumb]) -> tuple[list[Crumb], list[Crumb]]:
    """Those that are shown on demand, and the newest."""
    return found[:-NEWEST], found[-NEWEST:]


def categories(found: list[Crumb]) -> list[str]:
    """By first appearance, when there are enough to choose among."""
    names = list(dict.fromkeys(crumb.category for crumb in found))
    return names if len(names) >= 3 else []


def said(found: list[Crumb]) -> Iterator[str]:
    """One line for each, for texts."""
    for crumb in found:
        result = f" ({crumb.result})" if crumb.result else ""
        yield f"{crumb.before:>10}  {crumb.category}: {crumb.message}{result}".rstrip()


def summary(found: list[Crumb]) -> str:
    return count(len(found), "breadcrumb")
