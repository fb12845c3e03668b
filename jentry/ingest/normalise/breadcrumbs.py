"""What happened before: the last hundred, the oldest first. README: Event attributes."""

from datetime import timedelta
from typing import Any

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.checked import Checked
from jentry.ingest.normalise.event_errors import BAD_TIME, INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.levels import level
from jentry.ingest.normalise.text import json_text, text
from jentry.ingest.normalise.times import is_nearly_canonical, shifted
from jentry.vocabulary import LEVELS

MOST = 100
TEXTS = {"type": 128, "category": 128, "message": 8192}  # characters
DATA_DEPTH, DATA_SIZE = 5, 2048


def breadcrumbs(value: Any, shift: timedelta, errors: EventErrors) -> dict[str, Any] | None:
    """`{"values": [...]}` from that or a bare list, every timestamp moved by `shift`."""
    values = value.get("values") if isinstance(value, dict) else value
    if not isinstance(values, list):
        if values is not None:
            errors.add(INVALID, "breadcrumbs", value)
        return None
    if len(values) > MOST:
        errors.add(TOO_LONG, "breadcrumbs.values", len(values))
    is_checked = type(values) is Checked and not shift
    values = values[-MOST:]
    kept = []
    for index, raw in enumerate(values):
        if isinstance(raw, dict):
            is_typed = is_checked or (not shift and _is_typed(raw))
            found = raw if is_typed and _is_done(raw) else _breadcrumb(raw, index, shift, errors)
            if found:
                kept.append(found)
        elif raw is not None:
            errors.add(INVALID, f"breadcrumbs.values.{index}", raw)
    return {"values": kept} if kept else None


def _is_typed(crumb: dict[str, Any]) -> bool:
    """Whether all members are known and of the right types and lengths: so with most."""
    for key, value in crumb.items():
        kind = type(value)
        if kind is str:
            if key in TEXTS:
                if len(value) > TEXTS[key]:
                    return False
            elif key != "timestamp" and not (key == "level" and value in LEVELS):
                return False
        elif kind is not dict or key != "data":
            return False
    return True


def _is_done(crumb: dict[str, Any]) -> bool:
    """Whether what is done here is all that a breadcrumb of the right types needs: much faster."""
    timestamp = crumb.get("timestamp")
    if type(timestamp) is str:
        if not is_nearly_canonical(timestamp):
            return False
        crumb["timestamp"] = timestamp[:23] + "Z"
    elif "timestamp" in crumb:
        return False
    data = crumb.get("data")
    if (data and not trimming.fits(data, DATA_DEPTH, DATA_SIZE)) or not all(crumb.values()):
        return False
    crumb.setdefault("type", "default")
    crumb.setdefault("level", "info")
    return True


def _breadcrumb(
    raw: dict[str, Any], index: int, shift: timedelta, errors: EventErrors
) -> dict[str, Any] | None:
    """None when its timestamp is none."""
    timestamp = raw.get("timestamp")
    found: dict[str, Any] = {}
    if timestamp is not None:
        found["timestamp"] = shifted(timestamp, shift)
        if found["timestamp"] is None:
            errors.add(BAD_TIME, f"breadcrumbs.values.{index}.timestamp", timestamp)
            return None
    kind = raw.get("type") or raw.get("ty")
    category, message, data = raw.get("category"), raw.get("message"), raw.get("data")
    found["type"] = "default"
    if kind is not None:
        found["type"] = _short(kind, "type", index, errors) or "default"
    found["level"] = "info"
    if (severity := raw.get("level")) is not None:
        found["level"] = level(severity, "info", f"breadcrumbs.values.{index}.level", errors)
    if category is not None and (category := _short(category, "category", index, errors)):
        found["category"] = category
    if message is not None and (message := _short(message, "message", index, errors)):
        found["message"] = message
    if data is not None:
        if not isinstance(data, dict) or not trimming.fits(data, DATA_DEPTH, DATA_SIZE):
            name = f"breadcrumbs.values.{index}.data"
            data = trimming.bounded_object(data, name, errors, DATA_DEPTH, DATA_SIZE)
        if data:
            found["data"] = data
    return found


def _short(value: Any, key: str, index: int, errors: EventErrors) -> str | None:
    name = f"breadcrumbs.values.{index}.{key}"
    return text(json_text(value), name, errors, TEXTS[key], trim=False)
