"""The list of what was dropped from an event or changed in it: its `errors`."""

from typing import Any

MOST = 100  # entries of one event
LONGEST = 64  # characters of a quoted value

INVALID = "invalid_data"
TOO_LONG = "value_too_long"
UNKNOWN = "unknown_attribute"
BAD_TIME = "invalid_timestamp"
FUTURE_TIME = "future_timestamp"
PAST_TIME = "past_timestamp"
DRIFT = "clock_drift"


class EventErrors:
    """Entries are `{"type", "name", "value"?}`; `name` is the dotted path of the attribute."""

    def __init__(self) -> None:
        self.entries: list[dict[str, str]] = []

    def add(self, kind: str, name: str, value: Any = None) -> None:
        if len(self.entries) >= MOST:
            return
        entry = {"type": kind, "name": name[:200]}
        if (shown := _show(value)) is not None:
            entry["value"] = shown
        self.entries.append(entry)


def _show(value: Any) -> str | None:
    """Containers are only named: they may be large, and hold what has to be scrubbed."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        # Not even the start of a long one: a secret that is cut is not recognised any more.
        return value if len(value) <= LONGEST else f"text of {len(value)} characters"
    if isinstance(value, int) and abs(value) >= 2**64:
        return "number"
    return None if value is None else str(value)
