"""Free-form additions of the application, and its installed packages. README: Event attributes."""

from typing import Any

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.event_errors import INVALID, EventErrors
from jentry.ingest.normalise.text import scalar

DEPTH = 7
ONE, ALL = 16 * 1024, 256 * 1024  # bytes as JSON
SHORT = ONE // 6 - 2  # characters that fit whatever they are
SMALL = 2**53
MODULES = 8 * 1024
MEMBER = '"":1,'  # what a member takes at least, besides its name


def extra(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    """The object with every value within its own limit, and all of them within theirs."""
    if not isinstance(value, dict):
        errors.add(INVALID, "extra", value)
        return None
    if trimming.fits(value, DEPTH, ONE):
        return value
    kept: dict[str, Any] = {}
    left = ALL
    for key, member in value.items():
        if left <= 0:
            break
        left -= len(key) + len(MEMBER)
        kind = type(member)
        if kind is str and len(member) <= SHORT:
            kept[key] = member
            left -= len(member)
        elif member is None or kind is bool or (kind is int and -SMALL < member < SMALL):
            kept[key] = member
        else:
            kept[key] = trimming.bounded(member, f"extra.{key}", errors, DEPTH - 1, ONE)
    return trimming.bounded_object(kept, "extra", errors, DEPTH, ALL)


def modules(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    """Name -> version."""
    if not isinstance(value, dict):
        errors.add(INVALID, "modules", value)
        return None
    kept = {}
    for name, version in value.items():
        if type(version) is str:
            kept[name] = version
        elif (found := scalar(version)) is not None:
            kept[name] = found
        elif version is not None:
            errors.add(INVALID, f"modules.{name}", version)
    return trimming.bounded_object(kept, "modules", errors, 2, MODULES)
