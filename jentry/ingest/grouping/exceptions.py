"""Exceptions as what they have in common with other events of the same bug. PROTOCOL 6.1, 6.4."""

from typing import Any, NamedTuple

from jentry.ingest.grouping import faults, sites
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import Event, frames, is_synthetic, text, values
from jentry.ingest.grouping.sites import Site

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
    is_any_app = any(member.is_app for member in members)
    root = next((m for m in members if m.trace and m.is_app == is_any_app and not m.is_group), None)
    has_group = any(member.is_group for member in members)
    parts: list[Part] = []
    for member in members:
        is_root = member is root or (has_group and not member.is_group)
        trace = member.trace if member.is_app == is_any_app else []
        part = _part(member, trace, platform, is_root)
        if part and part not in parts:
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


def _part(member: Member, trace: list[dict[str, Any]], platform: str, is_root: bool) -> Part:
    if member.is_synthetic and member.value.strip():
        return {"value": parametrise(member.value)}
    part: Part = {} if member.is_synthetic else {"type": member.kind}
    if not member.trace:
        return part | {"value": _message(member, platform)}
    if not trace:
        return part
    if faults.is_stack_overflow(member.kind, member.value) and (
        found := sites.cycle(trace, platform)
    ):
        return part | {"frames": found}
    return part | _blame(member, trace, platform, is_root)


def _blame(member: Member, trace: list[dict[str, Any]], platform: str, is_root: bool) -> Part:
    """The crash site, and the caller where the site alone does not say which bug it is."""
    walk = sites.sites(trace, platform)
    crash = next(walk, None)
    if crash is None:
        return {"value": _message(member, platform)}
    own = faults.is_own_fault(member.kind, faults.is_network(member.kind, member.value))
    raises = member.is_raised_here and bool(faults.RAISE.search(crash.line))
    own = own and not raises
    helper = sites.is_generic(crash.place, crash.function)
    fault = own or (faults.is_lookup(member.kind) and not raises and not helper)
    named = crash.is_named and crash.function not in sites.SCOPES
    words = faults.literal_words(_raise_text(crash, trace[0])) if raises else ""
    keys = [_key(crash)] if crash.function or crash.line else []
    alone = bool(keys) and (fault or (bool(_literals(crash)) and not helper))
    if is_root and not alone and (caller := _caller(walk)):
        keys.append(caller.key)
        words = words or (faults.literal_words(caller.line) if helper else "")
    part: Part = {"frames": keys}
    if is_root and fault:
        words = _fault_words(member, crash, platform)
    if words and is_root:
        part["words"] = words
    if (not named and not crash.line) or (platform == "go" and not own):
        part["value"] = _message(member, platform)
    return part


def _key(crash: Site) -> str:
    if crash.function in sites.SCOPES and crash.line:
        return f"{crash.place} | {crash.function} `{crash.line}`"
    return crash.key


def _literals(crash: Site) -> str:
    return faults.literal_words(crash.line)


def _raise_text(crash: Site, frame: dict[str, Any]) -> str:
    """The line that raises, with the one after it when the text only begins there."""
    after = frame.get("post_context")
    if crash.line.endswith("(") and isinstance(after, list) and after:
        return crash.line + text(after[0])
    return crash.line


def _caller(walk: Any) -> Site | None:
    """The nearest caller that is no helper itself; of helpers only, the outermost."""
    found = None
    for found in walk:
        if (found.function or found.line) and not sites.is_generic(found.place, found.function):
            return found  # type: ignore[no-any-return]
    return found


def _fault_words(member: Member, crash: Site, platform: str) -> str:
    if platform in sites.SCRIPTS and (found := faults.script_fault(member.value)):
        return found
    return faults.names_in_line(member.value, crash.line) if crash.line else ""


def _message(member: Member, platform: str) -> str:
    if platform in sites.SCRIPTS:
        if found := faults.script_fault(member.value):
            return found
        return faults.without_mangled(parametrise(member.value))
    return parametrise(member.value)
