"""Exceptions as what they have in common with other events of the same bug. README: Grouping."""

from typing import Any, NamedTuple

from jentry.ingest.grouping import engines, faults
from jentry.ingest.grouping.exception_groups import group_ids, is_group
from jentry.ingest.grouping.images import located
from jentry.ingest.grouping.parts import Event, exceptions, frames, is_synthetic, text
from jentry.ingest.grouping.v7 import templates
from jentry.ingest.grouping.v7.crash import Raised, crash_part, message_of, untraced
from jentry.ingest.grouping.v7.frames import NATIVE, SCRIPTS, cycle, grouping_frames, outward
from jentry.ingest.grouping.v7.parametrise import parametrise
from jentry.ingest.grouping.v7.types import clean_type

Part = dict[str, Any]  # of an explanation: type, frames, words, value

MAX_CHAIN = 50
# Of all exceptions together, so that a chain costs no more than its size.
MOST_FRAMES = 2500  # those next to the crash: of ten, as deep as can be
MOST_TEXT = 2000  # characters of values


class Member(NamedTuple):
    raised: Raised
    is_group: bool
    is_synthetic: bool

    @property
    def is_app(self) -> bool:
        return self.raised.is_app


def exception_parts(event: Event, version: int) -> list[Part]:
    """One part for each different exception of the chain, the cause first; empty without any."""
    platform = text(event.get("platform"))
    chain = exceptions(event)[:MAX_CHAIN]
    groups = group_ids(chain) if len(chain) > 1 else set()
    share = len(chain) or 1
    members = [_member(raw, event, version, is_group(raw, groups), share) for raw in chain]
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    is_any_app = any(member.is_app for member in members)
    has_group = any(member.is_group for member in members)
    if not has_group:
        members = _without_retries(_without_cancelling(members))
    elif not all(member.is_group for member in members):
        members = [member for member in members if not member.is_group]  # they only carry others
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    root = next((m for m in members if m.raised.trace and m.is_app == is_any_app), None)
    parts: list[Part] = []
    for member in members:
        is_root = has_group or member is root
        part = _part(member, is_root=is_root, is_seen=member.is_app == is_any_app)
        if member is members[0] and part.keys() == {"type"}:
            part["value"] = message_of(member.raised.value, platform)  # only it tells the cause
        if part not in parts:
            parts.append(part)
    return sorted(parts, key=repr) if has_group else parts


def trace_part(every: list[dict[str, Any]], platform: str, version: int) -> Part:
    """The part of a trace that belongs to no exception; empty when it says nothing."""
    trace, _ = outward(every, platform, version)
    walk = grouping_frames(trace, platform, version)
    found = [frame.key for frame, _ in zip(walk, range(2), strict=False)]
    return {"frames": found} if found else {}


def _member(
    raw: dict[str, Any], event: Event, version: int, is_carrier: bool, share: int
) -> Member:
    """`share`: one of so many."""
    platform = text(event.get("platform"))
    every = frames(raw)[-(MOST_FRAMES // share) :]
    if platform in NATIVE:
        every = located(every, event)
    trace, is_app = outward(every, platform, version)
    kind = clean_type(text(raw.get("type")), platform)
    if len(trace) > 1 and faults.is_constructor(text(trace[0].get("function")), kind):
        trace = trace[1:]
        every = every[:-1]
    raised = Raised(
        kind=kind,
        value=text(raw.get("value"))[: MOST_TEXT // share],
        platform=platform,
        trace=trace,
        is_app=bool(trace) and is_app,
        is_raised_here=bool(trace) and trace[0] is every[-1],
        version=version,
    )
    return Member(raised, is_carrier, is_synthetic(raw) and platform not in NATIVE)


def _without_cancelling(members: list[Member]) -> list[Member]:
    """Without the cancelling of a task that a timeout came from: not all versions tell it."""
    return [m for m in members[:-1] if m.raised.kind != "CancelledError"] + members[-1:]


def _without_retries(members: list[Member]) -> list[Member]:
    """Of what one function raised again and again only the last: tries come in any number."""
    if len({member.raised.kind for member in members}) == len(members):
        return members
    last: dict[Any, Member] = {}
    for index, member in enumerate(members):
        crash = next(member.raised.walk(), None)
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
    if not trace:
        return part | untraced(value, platform)
    if not is_seen:
        return part
    if faults.is_stack_overflow(kind, value) and (
        found := cycle(trace, platform, member.raised.version)
    ):
        return part | {"frames": found}
    if is_root:
        return part | crash_part(member.raised)
    crash = next(member.raised.walk(), None)
    return part | {"frames": [crash.key]} if crash and crash.says_something else part
