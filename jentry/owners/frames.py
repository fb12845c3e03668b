"""The frames of an event that rules and commits are compared with. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.parts import frames as raw_frames
from jentry.ingest.grouping.parts import text, values

MOST = 64  # of an event
LONGEST = 1024  # characters of a path or name


def own(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the application, the crash first; all there are when none is its own."""
    every = list(_crash_first(dict(event)))
    platform = text(event.get("platform"))
    return [frame for frame in every if is_app(dict(frame), platform)][:MOST] or every[:MOST]


def _crash_first(event: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    exceptions = values(event, "exception")
    holders = [*reversed(exceptions), event]
    if not any(raw_frames(holder) for holder in holders):
        holders = [thread for thread in values(event, "threads") if thread.get("crashed")]
    for holder in holders:
        yield from reversed(raw_frames(holder))


def paths(frame: Mapping[str, Any]) -> list[str]:
    """What its file is called, with slashes and in small letters."""
    names = (text(frame.get(name))[:LONGEST] for name in ("filename", "abs_path"))
    return list(dict.fromkeys(name.replace("\\", "/").lower() for name in names if name))
