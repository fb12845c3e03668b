"""Where a trace says the bug is: the crash site, and its caller where the site alone is not it."""

import re
from collections.abc import Iterator
from typing import Any

from jentry.ingest.grouping import faults
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import text
from jentry.ingest.grouping.sites import SCRIPTS, Frame, Site, builtins_before, is_generic, sites

Part = dict[str, Any]

TAIL = re.compile(r"(?<=: )\S+$")


def blame(
    kind: str, value: str, trace: list[Frame], platform: str, *, is_raised_here: bool, is_app: bool
) -> Part:
    """`frames`, the crash site first, `words` of the program about it, `value` where needed.

    Two things make a caller count: the crash site is a helper, or it raised something without
    saying itself what is wrong. A mistake that the language found is the crash site's own.
    """
    walk = sites(trace, platform)
    crash = next(walk, None)
    if crash is None:
        return {"value": message_of(value, platform)}
    raises = is_raised_here and faults.is_raise(crash.line)
    fault = not raises and faults.is_fault(kind) and not faults.is_network(kind, value)
    names = _names(value, crash, platform) if fault else ""
    around = crash if crash.is_named else next((s for s in walk if s.is_named), None)
    helper = (around is not None and is_generic(around.place, around.function, fault)) or (
        faults.is_fault_of_caller(kind)
    )
    alone = names if helper else fault or faults.literal_words(crash.line, value)
    caller = None
    if not (alone and crash.says_something):
        caller = around if around is not crash and not helper else _caller(walk)
    part: Part = {"frames": [s.key for s in (crash, caller) if s and s.says_something]}
    words = [
        (platform in SCRIPTS and faults.script_fault(value)) or names if fault else "",
        faults.literal_words(_raise_text(crash, trace[0]), value) if raises else "",
        faults.literal_words(caller.line, value) if helper and caller else "",
    ]
    if any(words):
        part["words"] = [found for found in words if found]
    if not crash.says_something:
        part["through"] = builtins_before(trace, platform)
    untold = (
        (platform == "go" or crash.is_minified or not is_app)
        and not fault
        and faults.is_vague(kind)
    )
    untold = untold or (platform in SCRIPTS and helper and not caller and not alone)
    if untold or not crash.says_something:
        message = message_of(value, platform)
        part["value"] = message if platform == "go" or not caller else TAIL.sub("<value>", message)
    return {name: member for name, member in part.items() if member}


def message_of(value: str, platform: str) -> str:
    if platform not in SCRIPTS:
        return parametrise(value)
    return faults.script_fault(value) or faults.without_mangled(parametrise(value))


def _caller(walk: Iterator[Site]) -> Site | None:
    """The nearest caller that is no helper itself; of helpers only, the outermost."""
    found = None
    for site in walk:
        if site.says_something:
            found = site
            if not is_generic(site.place, site.function):
                break
    return found


def _raise_text(crash: Site, frame: Frame) -> str:
    """The line that raises, with the one after it when the text only begins there."""
    after = frame.get("post_context")
    if crash.line.endswith("(") and isinstance(after, list) and after:
        return crash.line + text(after[0])
    return crash.line


def _names(value: str, crash: Site, platform: str) -> str:
    """Names that the message has in common with the crash line."""
    if not crash.line:
        return ""
    if platform in SCRIPTS and (found := faults.script_fault(value)):
        value = f"'{found.partition(' ')[2]}'"
    return faults.names_in_line(value, crash.line)
