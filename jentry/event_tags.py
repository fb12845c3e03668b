"""The tags an event is found by: its own, and those derived from it.

`ingest/README.md`: Indexed tags.
"""

from collections.abc import Mapping
from typing import Any

CONTEXTS = {"browser": "name", "os": "name", "device": "family", "runtime": "name"}
FIELDS = ("level", "environment", "dist", "server_name", "transaction", "logger")
LONGEST = 200  # characters


def indexed(event: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of key and value, each key once; the event's own tags win over derived ones.

    `event` is normalised: it is about to be stored, or was.
    """
    found = {name: event[name] for name in FIELDS if event.get(name)}
    contexts = event.get("contexts") or {}
    for name, member in CONTEXTS.items():
        value = contexts.get(name)
        if isinstance(value, dict) and isinstance(value.get(member), str) and value[member]:
            found[name] = value[member][:LONGEST]
    values = (event.get("exception") or {}).get("values")
    mechanism = values[-1].get("mechanism") if values else None
    if mechanism:
        if isinstance(mechanism.get("type"), str):
            found["mechanism"] = mechanism["type"][:LONGEST]
        if isinstance(mechanism.get("handled"), bool):
            found["handled"] = "yes" if mechanism["handled"] else "no"
    found.update(event.get("tags") or {})
    return tuple(found.items())
