"""Exceptions as what they have in common with other events of the same bug. README: Grouping."""

import re
from typing import Any, NamedTuple

from jentry.ingest.grouping.exception_groups import group_ids, is_group
from jentry.ingest.grouping.images import located
from jentry.ingest.grouping.parts import Event, exceptions, frames, is_synthetic, text
from jentry.ingest.grouping.v8 import engines, faults, templates
from jentry.ingest.grouping.v8.crash import PAGES, Raised, crash_part, message_of, untraced
from jentry.ingest.grouping.v8.frames import (
    COMPILED,
    NATIVE,
    SCRIPTS,
    cycle,
    grouping_frames,
    outward,
)
from jentry.ingest.grouping.v8.parametrise import parametrise
from jentry.ingest.grouping.v8.parts import language
from jentry.ingest.grouping.v8.types import clean_type
from jentry.ingest.grouping.v8.words import TOLD_BY_TYPE

Frame = dict[str, Any]
Part = dict[str, Any]  # of an explanation: type, frames, words, value

MAX_CHAIN = 50
# Of all exceptions together, so that a chain costs no more than its size.
MOST_FRAMES = 2500  # those next to the crash: of ten, as deep as can be
MOST_TEXT = 2000  # characters of values
CONVERTED = re.compile(r"System\.(DateTime|DateOnly|TimeOnly|TimeSpan|Guid|Enum|Version)")
EXHAUSTED = re.compile(r"(?:Error: )?(?:Allowed memory size of|Maximum execution time of) \d")
# Of Twig: what a template misses, of which only the message tells.
TWIG = re.compile(
    r'Variable "(\w{1,80})" does not exist|Impossible to access an attribute \("(\w{1,80})"\)'
    r'|Neither the property "(\w{1,80})" '
)
CODE = re.compile(r"\(Code: (-?\d{1,12})\)$")
# `load the manifest of station p1`: what wraps an error names one of many.
SUBJECT = re.compile(r"((?:for|of) [a-z]{2,40}) \S+$")


class Member(NamedTuple):
    raised: Raised
    is_group: bool
    is_synthetic: bool

    @property
    def is_app(self) -> bool:
        return self.raised.is_app


def is_named(frame: Frame) -> bool:
    return bool(frame.get("function"))


def exception_parts(event: Event) -> list[Part]:
    """One part for each different exception of the chain, the cause first; empty without any."""
    platform = language(event)
    chain = exceptions(event)[:MAX_CHAIN]
    groups = group_ids(chain) if len(chain) > 1 else set()
    share = len(chain) or 1
    if platform == "php":
        chain = templates.named_views(chain)
    members = [_member(raw, event, is_group(raw, groups), share) for raw in chain]
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    is_any_app = any(member.is_app for member in members)
    has_group = any(member.is_group for member in members)
    if not has_group:
        members = _without_retries(_without_cancelling(_without_components(members)))
    elif not all(member.is_group for member in members):
        members = [member for member in members if not member.is_group]  # they only carry others
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    if is_any_app and not has_group:
        members = _without_inner(members)
    root = next((m for m in members if m.raised.trace and m.is_app == is_any_app), None)
    parts: list[Part] = []
    for member in members:
        is_root = has_group or member is root
        part = _part(member, is_root=is_root, is_seen=member.is_app == is_any_app)
        if member is members[0]:
            if part.keys() == {"type"} and part["type"] not in TOLD_BY_TYPE:
                part["value"] = message_of(member.raised.value, platform)  # only it tells the cause
        elif not (has_group or member.raised.trace) and "value" in part:
            part["value"] = SUBJECT.sub(r"\1 <value>", part["value"])
        if part not in parts:
            parts.append(part)
    return sorted(parts, key=repr) if has_group else parts


def trace_part(every: list[dict[str, Any]], platform: str) -> Part:
    """The part of a trace that belongs to no exception; empty when it says nothing."""
    trace, _ = outward(every, platform)
    walk = grouping_frames(trace, platform)
    found = [frame.key for frame, _ in zip(walk, range(2), strict=False)]
    return {"frames": found} if found else {}


def _member(raw: dict[str, Any], event: Event, is_carrier: bool, share: int) -> Member:
    """`share`: one of so many."""
    platform = language(event)
    every = frames(raw)[-(MOST_FRAMES // share) :]
    if platform in COMPILED:
        every = located(every, event, is_named)
    value = text(raw.get("value"))[: MOST_TEXT // share]
    if platform == "ruby":
        value = value.replace(f" ({text(raw.get('type'))})", "", 1)  # as Ruby 3.4 describes it
    kind = clean_type(text(raw.get("type")), platform)
    if platform == PAGES:
        every = engines.shared_frames(every)
        value = engines.common_words(kind, engines.reported(value), every)
    trace, is_app = outward(every, platform)
    if platform == "cocoa" and (code := CODE.search(value)):
        kind = f"{kind} {code[1]}"  # of an NSError, whose type is only the domain
    if len(trace) > 1 and faults.is_constructor(text(trace[0].get("function")), kind):
        trace = trace[1:]
        every = every[:-1]
    if platform == "php" and trace and EXHAUSTED.match(value):
        trace = [trace[0] | {"function": None, "context_line": None}]  # not all clients know it
        value = value.removeprefix("Error: ")
    raised = Raised(
        kind=kind,
        value=value,
        platform=platform,
        trace=trace,
        is_app=bool(trace) and is_app,
        is_raised_here=bool(trace) and trace[0] is every[-1],
        through=_through(every, trace[0], platform, kind) if trace and is_app else "",
        fault=engines.fault(value) if platform in SCRIPTS else "",
    )
    return Member(raised, is_carrier, is_synthetic(raw) and platform not in NATIVE)


def _through(every: list[Frame], crash: Frame, platform: str, kind: str) -> str:
    """What the crash frame called, where that tells more than the crash frame itself.

    Of Java the method of an interface that only the JVM implements, of .NET what a text was no
    good for.
    """
    if platform != "java" and kind != "System.FormatException":
        return ""
    called: Frame = {}
    for frame in reversed(every):
        if frame is crash:
            break
        called = frame
    module = text(called.get("module"))
    if platform == "java":
        return text(called.get("function")) if ".$Proxy" in f".{module}" else ""
    found = CONVERTED.match(module)
    return found[1] if found else ""


def _without_inner(members: list[Member]) -> list[Member]:
    """Of what libraries raised from one another before the application only the last.

    How far they tell is of their versions.
    """
    own = next(i for i, member in enumerate(members) if member.is_app)
    return members[own - 1 :] if own > 1 and all(m.raised.trace for m in members[:own]) else members


def _without_cancelling(members: list[Member]) -> list[Member]:
    """Without the cancelling of a task that a timeout came from: not all versions tell it."""
    return [m for m in members[:-1] if m.raised.kind != "CancelledError"] + members[-1:]


def _without_components(members: list[Member]) -> list[Member]:
    """Without the cause that React's client makes of where in the tree of components it was."""
    kept = [m for m in members if not m.raised.kind.startswith("React ErrorBoundary ")]
    return kept or members


def _without_retries(members: list[Member]) -> list[Member]:
    """Of what one function raised again and again only the last: tries come in any number."""
    if len({member.raised.kind for member in members}) == len(members):
        return members
    last: dict[Any, Member] = {}
    for index, member in enumerate(members):
        crash = next(grouping_frames(member.raised.trace, member.raised.platform), None)
        identity = (member.raised.kind, *crash[:2]) if crash else index
        last.pop(identity, None)
        last[identity] = member
    return list(last.values())


def _part(member: Member, *, is_root: bool, is_seen: bool) -> Part:
    """The root cause counts with all its details, what wraps it with its crash frame.

    `is_seen` is false for traces of libraries only, in a chain that also has the application's.
    """
    kind, value, platform, trace, *_ = member.raised
    if member.is_synthetic and value.strip():
        return {"value": parametrise(value)}
    if platform in SCRIPTS:
        if engines.is_lost_chunk(kind, value):
            return {"type": "ChunkLoadError"}
        kind = engines.common_type(kind, value)
    part: Part = {} if member.is_synthetic else {"type": kind}
    if template := templates.named(value):
        part["template"] = template
        if missed := TWIG.match(value):
            part["missed"] = next(filter(None, missed.groups()))
    if not trace:
        return part | untraced(value, platform)
    if not is_seen:
        return part
    if faults.is_stack_overflow(kind, value) and (found := cycle(trace, platform)):
        return part | {"frames": found}
    if is_root:
        through = {"through": [member.raised.through]} if member.raised.through else {}
        return part | crash_part(member.raised) | through
    crash = next(grouping_frames(trace, platform), None)
    return part | {"frames": [crash.key]} if crash and crash.says_something else part
