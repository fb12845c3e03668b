"""Where a trace says the bug is: the crash frame, and its caller where the site alone is not it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jentry.ingest.grouping import engines, faults
from jentry.ingest.grouping.frames import (
    SCRIPTS,
    Frame,
    GroupingFrame,
    builtins_before,
    grouping_frames,
    is_generic,
)
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import text

Part = dict[str, Any]

TAIL = re.compile(r"(?<=: )\S+$")


class Raised(NamedTuple):
    kind: str
    value: str
    platform: str
    trace: list[Frame]  # frames that count, the crash frame first
    is_app: bool  # whether they are the application's
    is_raised_here: bool  # by the first of them, not by a library it called


def crash_part(raised: Raised) -> Part:
    """`frames`, the crash frame first, `words` of the program about it, `value` where needed.

    Two things make a caller count: the crash frame is a helper, or it raised something without
    saying itself what is wrong. A mistake that the language found is the crash frame's own.
    """
    kind, value, platform = raised.kind, raised.value, raised.platform
    walk = grouping_frames(raised.trace, platform)
    crash = next(walk, None)
    if crash is None:
        return {"value": message_of(value, platform)}
    raises = raised.is_raised_here and faults.is_raise(crash.line)
    fault = not raises and faults.is_fault(kind, platform) and not engines.is_network(kind, value)
    around = crash if crash.is_named else next((s for s in walk if s.is_named), None)
    placed = platform in SCRIPTS and bool(crash.chunk) and not crash.line
    helper = around is not None and is_generic(around.module, around.function, crash.line, fault)
    helper = helper or (raised.is_raised_here and faults.is_fault_of_caller(kind))
    helper = helper and not placed
    names = _names(value, crash, platform) if fault else ""
    # A function that called a library for itself is where the library was used wrongly.
    asked = raised.is_app and not raised.is_raised_here
    alone = names if helper else fault or asked or faults.literal_words(crash.line, value)
    caller = None
    if not placed and not (alone and crash.says_something):
        caller = around if around is not crash and not helper else _caller(walk, value)
    words = [
        (platform in SCRIPTS and engines.fault(value, crash.line)) or names if fault else "",
        faults.literal_words(_raise_text(crash, raised.trace[0]), value) if raises else "",
        faults.literal_words(caller.line, value) if helper and caller else "",
    ]
    lost = platform in SCRIPTS and helper and not caller and not alone
    part: Part = {
        "frames": [s.key for s in (crash, caller) if s and s.says_something],
        "words": [found for found in words if found],
        **_told(
            raised, crash, caller, needs_value=lost or _is_untold(raised, crash, fault, any(words))
        ),
    }
    return {name: member for name, member in part.items() if member}


def _is_untold(raised: Raised, crash: GroupingFrame, fault: bool, has_words: bool) -> bool:
    """Whether type and place leave open what happened, so that the message must tell.

    In Go the place is where an error was reported; in minified code half of the names are gone.
    """
    if raised.platform != "go" and has_words:
        return False
    if not crash.says_something:
        return True
    if fault:
        return crash.is_minified  # one more function may have been inlined here
    here = raised.is_app and raised.is_raised_here and not crash.is_minified
    return (raised.platform == "go" or not here) and faults.is_vague(raised.kind)


def _told(
    raised: Raised, crash: GroupingFrame, caller: GroupingFrame | None, *, needs_value: bool
) -> Part:
    chunk = crash.chunk
    if not chunk and raised.platform in SCRIPTS and not crash.says_something:
        walk = grouping_frames(raised.trace, raised.platform)
        chunk = next((s.chunk for s in walk if s.chunk), "")
    told: Part = {"chunk": chunk} if chunk else {}
    if not crash.says_something and not chunk and not caller:
        told["through"] = builtins_before(raised.trace, raised.platform)
    if needs_value:
        message = message_of(raised.value, raised.platform)
        told["value"] = _headed(message) if caller and raised.platform != "go" else message
    return told


def _headed(message: str) -> str:
    """Without the one word after the last colon: where the stack helps, it is only data."""
    return TAIL.sub("<value>", message)


def message_of(value: str, platform: str) -> str:
    if platform not in SCRIPTS:
        return parametrise(value)
    return engines.fault(value) or faults.without_mangled(parametrise(value))


def _caller(walk: Iterator[GroupingFrame], value: str) -> GroupingFrame | None:
    """The nearest caller that is no helper itself; of helpers only, the outermost.

    A line that has in quotes what the message names is to blame, whatever its function is called.
    """
    found = None
    for frame in walk:
        if frame.says_something:
            found = frame
            if not is_generic(frame.module, frame.function) or faults.is_said(frame.line, value):
                break
    return found


def _raise_text(crash: GroupingFrame, frame: Frame) -> str:
    """The line that raises, with the one after it when the text only begins there."""
    after = frame.get("post_context")
    if crash.line.endswith("(") and isinstance(after, list) and after:
        return crash.line + text(after[0])
    return crash.line


def _names(value: str, crash: GroupingFrame, platform: str) -> str:
    """Names that the message has in common with the crash line."""
    if not crash.line:
        return ""
    if platform in SCRIPTS and (found := engines.fault(value, crash.line)):
        value = f"'{found.partition(' ')[2]}'"
    return faults.names_in_line(value, crash.line)
