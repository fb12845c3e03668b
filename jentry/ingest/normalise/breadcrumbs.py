"""What happened before: the last hundred breadcrumbs, the oldest first. PROTOCOL section 4.2."""

from datetime import timedelta
from typing import Any

from jentry.ingest.normalise import bags
from jentry.ingest.normalise.levels import level
from jentry.ingest.normalise.notes import BAD_TIME, INVALID, TOO_LONG, Notes
from jentry.ingest.normalise.text import json_text, text
from jentry.ingest.normalise.times import shifted

MOST = 100
DATA_DEPTH, DATA_SIZE = 5, 2048


def breadcrumbs(value: Any, shift: timedelta, notes: Notes) -> dict[str, Any] | None:
    """`{"values": [...]}` from that or a bare list, every timestamp moved by `shift`."""
    values = value.get("values") if isinstance(value, dict) else value
    if not isinstance(values, list):
        if values is not None:
            notes.add(INVALID, "breadcrumbs", value)
        return None
    if len(values) > MOST:
        notes.add(TOO_LONG, "breadcrumbs.values", len(values))
        values = values[-MOST:]
    kept = []
    for index, raw in enumerate(values):
        if isinstance(raw, dict):
            if found := _breadcrumb(raw, index, shift, notes):
                kept.append(found)
        elif raw is not None:
            notes.add(INVALID, f"breadcrumbs.values.{index}", raw)
    return {"values": kept} if kept else None


def _breadcrumb(
    raw: dict[str, Any], index: int, shift: timedelta, notes: Notes
) -> dict[str, Any] | None:
    """None when its timestamp is none."""
    timestamp = raw.get("timestamp")
    found: dict[str, Any] = {}
    if timestamp is not None:
        found["timestamp"] = shifted(timestamp, shift)
        if found["timestamp"] is None:
            notes.add(BAD_TIME, f"breadcrumbs.values.{index}.timestamp", timestamp)
            return None
    kind = raw.get("type") or raw.get("ty")
    category, message, data = raw.get("category"), raw.get("message"), raw.get("data")
    found["type"] = "default"
    if kind is not None:
        found["type"] = _short(kind, "type", index, notes, 128) or "default"
    found["level"] = "info"
    if (severity := raw.get("level")) is not None:
        found["level"] = level(severity, "info", f"breadcrumbs.values.{index}.level", notes)
    if category is not None and (category := _short(category, "category", index, notes, 128)):
        found["category"] = category
    if message is not None and (message := _short(message, "message", index, notes, 8192)):
        found["message"] = message
    if data is not None:
        if not isinstance(data, dict) or not bags.fits(data, DATA_DEPTH, DATA_SIZE):
            name = f"breadcrumbs.values.{index}.data"
            data = bags.bag(data, name, notes, DATA_DEPTH, DATA_SIZE)
        if data:
            found["data"] = data
    return found


def _short(value: Any, key: str, index: int, notes: Notes, limit: int) -> str | None:
    if type(value) is str and len(value) <= limit:
        return value
    name = f"breadcrumbs.values.{index}.{key}"
    return text(json_text(value), name, notes, limit, trim=False)
