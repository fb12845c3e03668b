"""The frames of an event that rules and commits are compared with. Pure."""

from collections.abc import Mapping
from typing import Any

from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.parts import crash_first, text

MOST = 64  # of an event
LONGEST = 1024  # characters of a path or name


def own(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the application, the crash first; all there are when none is its own."""
    every: list[Mapping[str, Any]] = list(crash_first(dict(event)))
    platform = text(event.get("platform"))
    return [frame for frame in every if is_app(dict(frame), platform)][:MOST] or every[:MOST]


def paths(frame: Mapping[str, Any]) -> list[str]:
    """What its file is called, with slashes and in small letters."""
    names = (text(frame.get(name))[:LONGEST] for name in ("filename", "abs_path"))
    return list(dict.fromkeys(name.replace("\\", "/").lower() for name in names if name))
