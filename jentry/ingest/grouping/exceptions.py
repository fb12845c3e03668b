"""Exceptions as what they have in common with other events of the same bug. PROTOCOL 6.1, 6.4."""

from typing import Any, NamedTuple

from jentry.ingest.grouping import faults, sites
from jentry.ingest.grouping.blame import blame, message_of
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import Event, frames, is_synthetic, text, values

Part = dict[str, Any]  # of an explanation: type, frames, words, value

MAX_CHAIN = 50
NATIVE = frozenset(("native", "cocoa", "objc", "c", "rust"))


class Member(NamedTuple):
    kind: str
    value: str
    trace: list[dict[str, Any]]  # frames that count, the crash site first
    is_app: bool
    is_raised_here: bool  # by the first of them, not by a library it called
    is_group: bool
    is_synthetic: bool


def exception_parts(event: Event) -> list[Part]:
    """One part for each different exception of the chain, the cause first; empty without any."""
    platform = text(event.get("platform"))
    members = [_member(raw, platform) for raw in values(event, "exception")[:MAX_CHAIN]]
    if len(members) == 1:
        return [_part(members[0], members[0].trace, platform, is_root=True)]
    is_any_app = any(member.is_app for member in members)
    has_group = any(member.is_group for member in members)
    if not has_group:
        members = _without_retries(members, platform)
    root = next((m for m in members if m.trace and m.is_app == is_any_app), None)
    parts: list[Part] = []
    for member in members:
        trace = member.trace if member.is_app == is_any_app else []
        is_root = not member.is_group if has_group else member is root
        part = _part(member, trace, platform, is_root)
        if part not in parts:
            parts.append(part)
    return sorted(parts, key=repr) if has_group else parts


def trace_part(every: list[dict[str, Any]], platform: str) -> Part:
    """The part of a trace that belongs to no exception; empty when it says nothing."""
    trace, _ = sites.outward(every, platform)
    walk = sites.sites(trace, platform)
    found = [site.key for site, _ in zip(walk, range(2), strict=False)]
    return {"frames": found} if found else {}


def _member(raw: dict[str, Any], platform: str) -> Member:
    every = frames(raw)
    trace, is_app = sites.outward(every, platform)
    mechanism = raw.get("mechanism")
    is_group = isinstance(mechanism, dict) and mechanism.get("is_exception_group") is True
    return Member(
        text(raw.get("type")),
        text(raw.get("value")),
        trace,
        bool(trace) and is_app,
        bool(trace) and trace[0] is every[-1],
        is_group,
        is_synthetic(raw) and platform not in NATIVE,
    )


def _without_retries(members: list[Member], platform: str) -> list[Member]:
    """Of what one function raised again and again only the last: tries come in any number."""
    last: dict[Any, Member] = {}
    for index, member in enumerate(members):
        crash = next(sites.sites(member.trace, platform), None)
        identity = (member.kind, crash.place, crash.function) if crash else index
        last.pop(identity, None)
        last[identity] = member
    return list(last.values())


def _part(member: Member, trace: list[dict[str, Any]], platform: str, is_root: bool) -> Part:
    kind, value = member.kind, member.value
    if member.is_synthetic and value.strip():
        return {"value": parametrise(value)}
    part: Part = {} if member.is_synthetic else {"type": kind}
    if not member.trace:
        return part | {"value": message_of(value, platform)}
    if faults.is_stack_overflow(kind, value) and (found := sites.cycle(trace, platform)):
        return part | {"frames": found}
    if is_root:
        return part | blame(
            kind,
            value,
            trace,
            platform,
            is_raised_here=member.is_raised_here,
            is_app=member.is_app,
        )
    crash = next(sites.sites(trace, platform), None)
    return part | {"frames": [crash.key]} if crash and crash.says_something else part
