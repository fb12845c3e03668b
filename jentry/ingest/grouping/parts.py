"""The parts of a normalised event that titles and grouping look at; absent ones are empty."""

from typing import Any

Event = dict[str, Any]


def values(event: Event, name: str) -> list[dict[str, Any]]:
    """The members of `exception` or `threads`, the oldest first."""
    found = event.get(name)
    members = found.get("values") if isinstance(found, dict) else None
    return [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []


def frames(holder: Any) -> list[dict[str, Any]]:
    """The frames of whatever has a `stacktrace`, the crash frame last."""
    trace = holder.get("stacktrace") if isinstance(holder, dict) else None
    found = trace.get("frames") if isinstance(trace, dict) else None
    return [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []


def is_synthetic(exception: dict[str, Any]) -> bool:
    """Made by the SDK to carry a stack: its type says nothing about the program."""
    mechanism = exception.get("mechanism")
    return isinstance(mechanism, dict) and mechanism.get("synthetic") is True


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def message(event: Event) -> str:
    """The text of a message event; empty when there is none."""
    entry = event.get("logentry")
    if not isinstance(entry, dict):
        return ""
    formatted = text(entry.get("formatted"))
    return formatted if formatted.strip() else text(entry.get("message"))
