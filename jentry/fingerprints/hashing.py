"""The hash that a stored event would get if it came now."""

import orjson

from jentry.ingest.grouping import group, rules
from jentry.ingest.stored import parsed
from jentry.store.regroup_reading import Seen, Stored


def seen(event: Stored, written: str) -> Seen:
    """By the rules of a project; what cannot be read keeps the hash that it has."""
    found = parsed(event.payload)
    if found is None:
        return Seen(event, event.version, event.hash, "{}")
    rules.apply(written, found)
    grouping = group(found)
    components = orjson.dumps(grouping.components).decode()
    return Seen(event, grouping.version, grouping.hash, components)
