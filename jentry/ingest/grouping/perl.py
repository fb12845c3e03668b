"""What traces of Perl leave to be said. README: Grouping."""

import re
from operator import eq
from typing import Any

from jentry.ingest.grouping.parts import text

Frame = dict[str, Any]

NEAR = 8  # frames that tell how all were named
# What `die` puts after a message: `... at lib/Shop/Cart.pm line 22.`
PLACE = re.compile(r" at (\S{1,300}) line \d{1,7}\.?\s*$")
# Of Catalyst, which tells of the action that failed: whoever called is in the trace.
CAUGHT = re.compile(r'\ACaught exception in [\w:]{1,200}->\w{1,80} "(.*?)"?\s*\Z', re.DOTALL)
NO_JSON = re.compile(r"at character offset \d{1,9} \(before ")  # of JSON::XS and its kin


def told(value: str) -> str:
    """What was said by whoever died."""
    if value.startswith("Caught") and (found := CAUGHT.match(value)):
        value = found[1]
    return "malformed JSON" if "offset" in value and NO_JSON.search(value) else value


def whole_trace(value: str, frames: list[Frame]) -> list[Frame]:
    """The trace with its functions, and with the place that the message tells and it does not.

    Who hands a text to the client has it make the trace, of where that is.
    """
    frames = own_functions(frames)
    while len(frames) > 1 and frames[-1].get("module") == "Carp":
        frames = frames[:-1]
    found = PLACE.search(value)
    if found is None or not frames:
        return frames
    if any(_is_of(found[1], frame) for frame in reversed(frames)):
        return frames
    return [*frames, {"filename": found[1], "abs_path": found[1]}]


def _is_of(place: str, frame: Frame) -> bool:
    """Whether this is the frame's file, each perhaps named from another folder."""
    path = text(frame.get("abs_path")) or text(frame.get("filename"))
    return bool(path) and (f"/{path}".endswith(f"/{place}") or f"/{place}".endswith(f"/{path}"))


def own_functions(frames: list[Frame]) -> list[Frame]:
    """Perl's `caller` tells what a frame called: older clients pass that on as it is."""
    if len(frames) < 2 or not text(frames[0].get("function")):
        return frames
    modules = [text(frame.get("module")) for frame in frames[-NEAR:]]
    packages = [text(frame.get("function")).rpartition("::")[0] for frame in frames[-NEAR:]]
    called = sum(map(eq, packages, modules[1:]))
    if called <= sum(map(eq, packages, modules)):
        return frames
    callers: list[Frame] = [{}, *frames]
    return [
        frame | {"function": caller.get("function")}
        for frame, caller in zip(frames, callers, strict=False)
    ]
