"""The short attributes: release, environment, distribution, platform, logger, fingerprint."""

import re
from typing import Any

from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.text import cut, scalar, text
from jentry.vocabulary import PLATFORMS

# What neither a release nor an environment may contain, or be called.
# README: Release and environment names.
BAD_CHARACTERS = re.compile(r"[/\\\r\n\t\f]")
NO_RELEASES = frozenset((".", "..", "latest"))
NO_ENVIRONMENTS = frozenset((".", "..", "none"))
DIST = re.compile(r"[A-Za-z0-9_.-]{1,64}")
DEFAULT_FINGERPRINT = re.compile(r"\{\{\s*default\s*\}\}")
LONGEST_PART, MOST_PARTS = 1024, 64


def release(value: Any, errors: EventErrors) -> str | None:
    return _name(value, "release", 200, NO_RELEASES, errors)


def environment(value: Any, errors: EventErrors) -> str | None:
    return _name(value, "environment", 64, NO_ENVIRONMENTS, errors)


def release_name(value: Any) -> str | None:
    """A release as sessions and check-ins give it, which keep no errors."""
    return release(value, EventErrors())


def environment_name(value: Any) -> str | None:
    return environment(value, EventErrors())


def _name(
    value: Any, name: str, limit: int, refused: frozenset[str], errors: EventErrors
) -> str | None:
    """A cut name would be another name, so one that is too long goes altogether."""
    found = None if isinstance(value, bool) else scalar(value)
    if value is None or (found is not None and not (found := found.strip())):
        return None
    if found is not None and len(found) > limit:
        errors.add(TOO_LONG, name, found)
        return None
    if found is None or found.lower() in refused or BAD_CHARACTERS.search(found):
        errors.add(INVALID, name, value)
        return None
    return found


def dist(value: Any, errors: EventErrors) -> str | None:
    found = None if isinstance(value, bool) else scalar(value)
    if value is None or (found is not None and not (found := found.strip())):
        return None
    if found is None or not DIST.fullmatch(found):
        errors.add(INVALID if found is None or len(found) <= 64 else TOO_LONG, "dist", value)
        return None
    return found


def platform(value: Any, errors: EventErrors) -> str:
    found = value.strip().lower() if isinstance(value, str) else value
    if isinstance(found, str) and found in PLATFORMS:
        return found
    if value is not None:
        errors.add(INVALID, "platform", value)
    return "other"


def logger(value: Any, errors: EventErrors) -> str | None:
    found = text(value, "logger", errors, 64)
    if found and ("\n" in found or "\r" in found):
        errors.add(INVALID, "logger", found)
        return None
    return found


def fingerprint(value: Any, errors: EventErrors) -> list[str] | None:
    """The parts as text; None for the default, which is what no fingerprint means too."""
    if not isinstance(value, list):
        if value is not None:
            errors.add(INVALID, "fingerprint", value)
        return None
    if len(value) > MOST_PARTS:
        errors.add(TOO_LONG, "fingerprint", len(value))
    parts = []
    for index, raw in enumerate(value[:MOST_PARTS]):
        part = scalar(raw)
        if part is None:
            if raw is not None:
                errors.add(INVALID, f"fingerprint.{index}", raw)
            continue
        if len(part) > LONGEST_PART:
            errors.add(TOO_LONG, f"fingerprint.{index}", part)
        parts.append(cut(part, LONGEST_PART))
    if not parts or (len(parts) == 1 and DEFAULT_FINGERPRINT.fullmatch(parts[0].strip())):
        return None
    return parts
