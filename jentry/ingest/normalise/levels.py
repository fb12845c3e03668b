"""How bad it is, in the many spellings of clients. README: Event attributes."""

from typing import Any

from jentry.ingest.normalise.event_errors import INVALID, EventErrors
from jentry.vocabulary import LEVELS

LEVEL_OF = {name: name for name in LEVELS} | {
    "log": "info",
    "warn": "warning",
    "critical": "fatal",
    "10": "debug",
    "20": "info",
    "30": "warning",
    "40": "error",
    "50": "fatal",
}


def level(value: Any, default: str, name: str, errors: EventErrors) -> str:
    """One of `vocabulary.LEVELS`; `default` for what is missing or unknown."""
    if value is None:
        return default
    key = value
    if isinstance(value, float) and value.is_integer():
        key = int(value)
    if isinstance(key, int) and 0 <= key <= 50:
        key = str(key)
    found = LEVEL_OF.get(key.strip().lower()) if isinstance(key, str) else None
    if found is None:
        errors.add(INVALID, name, value)
    return found or default
