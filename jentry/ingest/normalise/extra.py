"""Free-form additions of the application, and its installed packages. PROTOCOL section 4.2."""

from typing import Any

from jentry.ingest.normalise import bags
from jentry.ingest.normalise.notes import INVALID, Notes
from jentry.ingest.normalise.text import scalar

DEPTH = 7
ONE, ALL = 16 * 1024, 256 * 1024  # bytes as JSON
MODULES = 8 * 1024


def extra(value: Any, notes: Notes) -> dict[str, Any] | None:
    """The object with every value within its own limit, and all of them within theirs."""
    if not isinstance(value, dict):
        notes.add(INVALID, "extra", value)
        return None
    if bags.fits(value, DEPTH, ONE):
        return value
    kept = {
        key: bags.bounded(member, f"extra.{key}", notes, DEPTH - 1, ONE)
        for key, member in value.items()
    }
    return bags.bag(kept, "extra", notes, DEPTH, ALL)


def modules(value: Any, notes: Notes) -> dict[str, Any] | None:
    """Name -> version."""
    if not isinstance(value, dict):
        notes.add(INVALID, "modules", value)
        return None
    kept = {}
    for name, version in value.items():
        if type(version) is str:
            kept[name] = version
        elif (found := scalar(version)) is not None:
            kept[name] = found
        elif version is not None:
            notes.add(INVALID, f"modules.{name}", version)
    return bags.bag(kept, "modules", notes, 2, MODULES)
