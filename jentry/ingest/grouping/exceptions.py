"""Exceptions as what they have in common with other events of the same bug. README: Grouping."""

import re
from typing import Any, NamedTuple

from jentry.ingest.grouping import beam, engines, faults, perl, templates
from jentry.ingest.grouping.crash import Raised, crash_part, untraced
from jentry.ingest.grouping.exception_groups import group_ids, is_group
from jentry.ingest.grouping.frames import (
    COMPILED,
    SCRIPTS,
    cycle,
    grouping_frames,
    outward,
)
from jentry.ingest.grouping.images import located
from jentry.ingest.grouping.messages import PAGES, message_of
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import (
    DOTNET,
    NATIVE,
    RUST,
    Event,
    exceptions,
    frames,
    is_synthetic,
    language,
    text,
)
from jentry.ingest.grouping.tidy import before_panic, is_inlined
from jentry.ingest.grouping.types import clean_type
from jentry.ingest.grouping.words import TOLD_BY_TYPE, words

Frame = dict[str, Any]
Part = dict[str, Any]  # of an explanation: type, frames, words, value

SCRIPTED = frozenset(("elixir", "perl", "ruby"))
MAX_CHAIN = 50
# Of all exceptions together, so that a chain costs no more than its size.
MOST_FRAMES = 2500  # those next to the crash: of ten, as deep as can be
MOST_TEXT = 2000  # characters of values
CONVERTED = re.compile(r"System\.(DateTime|DateOnly|TimeOnly|TimeSpan|Guid|Enum|Version)")
HIGHLIGHT = re.compile(r"\n\n[^\n]*\n *[\^~]+(?=\n|$)")  # of Ruby: the line, and where in it
CONNECTED = re.compile(r" for \"([^\"\s]{1,200})\" port (?=\d)")  # of Ruby, by its version
NOT_READY = "System.TypeInitializationException"
CANCELLED = words("System.Threading.Tasks.TaskCanceledException System.OperationCanceledException")
ABORT = "SIGABRT"
EXHAUSTED = re.compile(r"(?:Error: )?(?:Allowed memory size of|Maximum execution time of) \d")
# Of Twig: what a template misses, of which only the message tells.
TWIG = re.compile(
    r'Variable "(\w{1,80})" does not exist|Impossible to access an attribute \("(\w{1,80})"\)'
    r'|Neither the property "(\w{1,80})" |Key "(\w{1,80})" (?:for|in) '
)
CANCELLING = frozenset(("CancelledError", "Timeout::ExitException"))  # of Python and Ruby
# What the JVM, and Guava, raise around what somebody else raised: where a task was waited for.
PASSED_ON = words(
    """
    CompletionException ExecutionException UncheckedExecutionException InvocationTargetException
    UndeclaredThrowableException
    """
)
UNDATED = re.compile(r"(?:DateTime(?:Immutable)?::__construct\(\): )?Failed to parse time string ")
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


def exception_parts(event: Event) -> list[Part]:
    """One part for each different exception of the chain, the cause first; empty without any."""
    chain = _chain(event)
    groups = group_ids(chain) if len(chain) > 1 else set()
    share = len(chain) or 1
    members = [_member(raw, event, is_group(raw, groups), share) for raw in chain]
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    is_any_app = any(member.is_app for member in members)
    has_group = any(member.is_group for member in members)
    if not has_group:
        members = _without_retries(_without_cancelling(_without_components(members)))
    elif not all(member.is_group for member in members):
        members = _leaves(members)
    if len(members) == 1:
        return [_part(members[0], is_root=True, is_seen=True)]
    if is_any_app and not has_group:
        members = _without_outer(_without_readers(_without_inner(members)))
    root = next((m for m in members if m.raised.trace and m.is_app == is_any_app), None)
    parts: list[Part] = []
    said = ""  # by the cause, which what wraps it may only repeat
    for member in members:
        is_root = has_group or member is root
        part = _part(member, is_root=is_root, is_seen=member.is_app == is_any_app)
        kind, value, platform, *_ = member.raised
        if member is members[0]:
            if part.keys() == {"type"} and part["type"] not in TOLD_BY_TYPE:
                part["value"] = message_of(value, platform)  # only it tells the cause
        elif not (has_group or member.raised.trace) and value == said:
            part.pop("value", None)
        elif not (has_group or member.raised.trace) and "value" in part:
            part["value"] = SUBJECT.sub(r"\1 <value>", part["value"])
        said = f"{kind}: {value}"
        if part not in parts:
            parts.append(part)
    return sorted(parts, key=repr) if has_group else parts


def _leaves(members: list[Member]) -> list[Member]:
    """Without the groups, which only carry others; but where only they tell of the application.

    `Promise.any` and Node's connections fail with errors that were made by nobody's line.
    """
    leaves = [member for member in members if not member.is_group]
    told = next((m.raised for m in reversed(members) if m.is_app), None)
    if told is None or any(leaf.is_app for leaf in leaves):
        return leaves
    return [leaf._replace(raised=_raised_in(told.trace, leaf.raised)) for leaf in leaves]


def _raised_in(trace: list[Frame], raised: Raised) -> Raised:
    return raised._replace(trace=trace, is_app=True, is_raised_here=False)


def _chain(event: Event) -> list[dict[str, Any]]:
    platform, chain = language(event), exceptions(event)[:MAX_CHAIN]
    if platform == "elixir":
        return beam.raised(event, chain)
    return templates.named_views(chain) if platform == "php" else chain


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
        every = _compiled(every, event, platform)
    value = text(raw.get("value"))[: MOST_TEXT // share]
    if platform in SCRIPTED:
        value, every = _as_all_tell(platform, raw, value, every)
    kind = clean_type(text(raw.get("type")), platform)
    if platform == "php" and kind == "Exception" and UNDATED.match(value):
        kind = "DateMalformedStringException"  # since 8.3
    if platform == PAGES:
        value, every = engines.as_all_tell(kind, value, every)
    trace, is_app = outward(every, platform)
    if platform == DOTNET and is_app:
        trace = _placed(trace, every, event)
    if platform == "cocoa" and (code := CODE.search(value)):
        kind = f"{kind} {code[1]}"  # of an NSError, whose type is only the domain
    if len(trace) > 1 and faults.is_constructor(text(trace[0].get("function")), kind):
        trace, every = trace[1:], every[:-1]
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
        gave_up=kind == ABORT and bool(trace) and _gave_up(every, trace[0]),
        fault=engines.fault(value) if platform in SCRIPTS else "",
        called_by=engines.called_by(raw) if platform == PAGES else "",
    )
    return Member(raised, is_carrier, is_synthetic(raw) and platform not in NATIVE)


def _as_all_tell(
    platform: str, raw: dict[str, Any], value: str, every: list[Frame]
) -> tuple[str, list[Frame]]:
    """Text and trace as all versions of the language and its client have them."""
    if platform == "elixir":
        return beam.without_details(value, every), beam.without_undefined(raw, every)
    if platform == "perl":
        return perl.told(value), perl.whole_trace(value, every)
    if platform == "ruby":
        value = value.replace(f" ({text(raw.get('type'))})", "", 1)  # as Ruby 3.4 describes it
        value = CONNECTED.sub(r" for \1:", HIGHLIGHT.sub("", value))
    return value, every


def _compiled(every: list[Frame], event: Event, platform: str) -> list[Frame]:
    every = located(every, event)
    return before_panic(every) if platform == RUST else every


def _placed(trace: list[Frame], every: list[Frame], event: Event) -> list[Frame]:
    """With the transaction for a method that was inlined into what .NET made to call it."""
    if not is_inlined(every, trace[0]):
        return trace
    return [{"function": text(event.get("transaction")), "in_app": True}, *trace]


def _gave_up(every: list[Frame], crash: Frame) -> bool:
    """Whether a program of C gave up by itself, and no library did: it called `abort`."""
    at = next((i for i, frame in enumerate(every) if frame is crash), 0)
    return any(text(frame.get("function")).endswith("abort") for frame in every[at + 1 : at + 2])


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


def _without_outer(members: list[Member]) -> list[Member]:
    """Of what libraries wrapped around one another where they were called only the first.

    How often they do is of their versions.
    """
    kept: list[Member] = []
    for member in members:
        call = _call(member)
        if len(kept) < 2 or call is None or call != _call(kept[-1]):
            kept.append(member)
    return kept


def _without_readers(members: list[Member]) -> list[Member]:
    """Without what a library raised of a text that it then says was of the wrong form."""
    return [
        member
        for member, outer in zip(members, [*members[1:], None], strict=True)
        if outer is None
        or not faults.is_about_data(outer.raised.kind)
        or (call := _call(member)) is None
        or call != _call(outer)
    ]


def _call(member: Member) -> tuple[Any, ...] | None:
    """Where the application called what raised it."""
    raised = member.raised
    if raised.is_raised_here or not raised.is_app:
        return None
    return raised.trace[0].get("module"), raised.trace[0].get("function")


def _without_cancelling(members: list[Member]) -> list[Member]:
    """Without what a timeout stopped its task with: not all versions tell it."""
    if members and members[-1].raised.platform == DOTNET:
        members = _without_chance(members)
    return [m for m in members[:-1] if m.raised.kind not in CANCELLING] + members[-1:]


def _without_chance(members: list[Member]) -> list[Member]:
    """Without what .NET was doing when it was cancelled, which libraries tell in any number of
    causes, and without who came first to a class that could not be made ready.
    """
    told = [i for i, m in enumerate(members) if m.raised.kind in CANCELLED and m.is_app]
    members = members[told[-1] :] if told else members
    return [m for m in members if m.raised.kind != NOT_READY] or members


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


def _as_built(frame: Frame) -> str:
    """What R8 called a place: it tells two of one build apart, where nothing else does."""
    return f"{text(frame.get('module'))} | {text(frame.get('function'))}"


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
    if platform == "php" and (missed := TWIG.match(value)):
        part["missed"] = next(filter(None, missed.groups()))
    if (template := templates.named(value)) and not templates.is_of(trace, template):
        part["template"] = template
    if platform == PAGES and (component := engines.component(value, trace)):
        part["template"] = component
    if not trace:
        return part | untraced(value, platform)
    if not is_seen:
        return part
    if faults.is_stack_overflow(kind, value) and (found := cycle(trace, platform)):
        return part | {"frames": found}
    if faults.short_name(kind) in PASSED_ON and not is_root:
        return part
    if is_root:
        through = {"through": [member.raised.through]} if member.raised.through else {}
        part |= crash_part(member.raised) | through
        if member.raised.called_by and "frames" not in part:
            part["called"] = member.raised.called_by
        if platform == "java" and part.keys() == {"type"}:
            part["frames"] = [_as_built(trace[0])]
        return part
    crash = next(grouping_frames(trace, platform), None)
    return part | {"frames": [crash.key]} if crash and crash.says_something else part
