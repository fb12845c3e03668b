"""Stack traces: the chain of exceptions, frames folded by who wrote them, threads."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.parts import frames as raw_frames
from jentry.ingest.grouping.parts import is_synthetic, values
from jentry.presentation.frames import Frame, Source, frame, is_minified
from jentry.presentation.text import word

NOTHING: Mapping[int, str] = {}
FIRST_PART = re.compile(r"[^/\\.:]+")
CLOSED_FROM = 4  # exceptions: of so many those in the middle are closed

# How the SDK says that one exception came from another -> the sentence that joins them.
JOINED = {
    "__cause__": "was raised directly from this exception",
    "__context__": "was raised while handling this exception",
    "cause": "was caused by this exception",
    "inner_exception": "was caused by this exception",
}
GROUPED = "is a group that contains this exception"
CAUSED = "was caused by this exception"


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring frames of libraries."""

    frames: list[Frame]
    packages: list[str]


@dataclass(slots=True)
class Trace:
    """One exception, or the bare stack of a message or thread, then without a type."""

    type: str = ""
    value: str = ""
    module: str = ""
    joined: str = ""  # how the exception before came from this one
    is_open: bool = True
    is_handled: bool | None = None
    mechanism: str = ""
    parts: list[Frame | Run] = field(default_factory=list)

    @property
    def frames(self) -> Iterator[Frame]:
        for part in self.parts:
            if isinstance(part, Run):
                yield from part.frames
            else:
                yield part


@dataclass(frozen=True, slots=True)
class Thread:
    name: str
    state: str
    is_crashed: bool
    is_current: bool
    trace: Trace


@dataclass(frozen=True, slots=True)
class Stack:
    """The exceptions, the outermost first; the other threads; whether a bundler made the code."""

    traces: list[Trace]
    threads: list[Thread]
    is_minified: bool

    @property
    def has_frames(self) -> bool:
        return any(trace.parts for trace in self.traces)


def stack(
    event: dict[str, Any],
    *,
    link: str | None = None,
    all_open: bool = False,
    reverse: bool = False,
    whys: Mapping[int, str] = NOTHING,
) -> Stack:
    """What there is of traces in the event. Newest frame first, unless in `reverse`;
    `all_open`: no run is folded; `whys`: what to say of frames, by the `id()` of each.
    """
    source = Source(event["platform"], event.get("release"), link, whys=whys)
    exceptions = values(event, "exception")
    traces = [
        _exception(exceptions, index, source, all_open, reverse)
        for index in reversed(range(len(exceptions)))
    ]
    if not exceptions and (bare := raw_frames(event)):
        traces = [_trace(bare, source, all_open, reverse)]
    for number, trace in enumerate(traces):
        trace.is_open = len(traces) < CLOSED_FROM or number in (0, len(traces) - 1)
    threads = _threads(event, source, all_open, reverse)
    if not traces and (crashed := next((t for t in threads if t.is_crashed), None)):
        traces = [crashed.trace]
        threads.remove(crashed)
    every = [raw for holder in exceptions for raw in raw_frames(holder)]
    minified = any(is_minified(raw, source.platform) for raw in every if _is_app(raw, source))
    return Stack(traces, threads, minified)


def has_source(event: dict[str, Any]) -> bool:
    """Whether frames were mapped to their source, with the trace as it came beside them."""
    holders = (*values(event, "exception"), *values(event, "threads"), event)
    return any(holder.get("raw_stacktrace") for holder in holders)


def as_it_came(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its traces as they were before they were mapped."""
    found = _as_it_came(event)
    for name in ("exception", "threads"):
        if values(event, name):
            found[name] = {"values": [_as_it_came(holder) for holder in values(event, name)]}
    return found


def _as_it_came(holder: dict[str, Any]) -> dict[str, Any]:
    came = holder.get("raw_stacktrace")
    return holder | ({"stacktrace": came, "raw_stacktrace": None} if came else {})


def whole_message(event: dict[str, Any], kind: str, cut: str) -> str:
    """What an exception of that type says, which a title has `cut` to its beginning."""
    told = (word(e.get("value")) for e in values(event, "exception")[::-1] if e.get("type") == kind)
    return next((said for said in told if said.startswith(cut.removesuffix("..."))), cut)


def is_handled(event: dict[str, Any]) -> bool | None:
    """None when the SDK does not say."""
    for exception in reversed(values(event, "exception")):
        handled = (exception.get("mechanism") or {}).get("handled")
        if isinstance(handled, bool):
            return handled
    return None


def _is_app(raw: dict[str, Any], source: Source) -> bool:
    return is_app(raw, source.platform)


def _exception(
    exceptions: list[dict[str, Any]], index: int, source: Source, all_open: bool, reverse: bool
) -> Trace:
    raw = exceptions[index]
    trace = _trace(raw_frames(raw), source, all_open, reverse)
    mechanism = raw.get("mechanism") or {}
    kind = "" if is_synthetic(raw) and word(raw.get("value")) else word(raw.get("type"))
    trace.type = kind or ("" if word(raw.get("value")) else "Error")
    trace.value = word(raw.get("value"))
    trace.module = word(raw.get("module"))
    trace.is_handled = mechanism.get("handled")
    trace.mechanism = word(mechanism.get("type"))
    if index < len(exceptions) - 1:
        trace.joined = _joined(raw, exceptions[index + 1 :])
    return trace


def _joined(raw: dict[str, Any], outer: list[dict[str, Any]]) -> str:
    """How an exception that was raised later, as a rule the next one, came from this one."""
    mechanism = raw.get("mechanism") or {}
    parent_id = mechanism.get("parent_id")
    named = (one for one in outer if parent_id == (one.get("mechanism") or {}).get("exception_id"))
    parent = outer[0] if parent_id is None else next(named, outer[0])
    if (parent.get("mechanism") or {}).get("is_exception_group"):
        sentence = GROUPED
    else:
        sentence = JOINED.get(word(mechanism.get("source")), CAUSED)
    is_next = parent is outer[0]
    return sentence if is_next else f"{word(parent.get('type')) or 'An exception'} {sentence}"


def _trace(raw: list[dict[str, Any]], source: Source, all_open: bool, reverse: bool) -> Trace:
    found = [frame(one, source) for one in reversed(raw)]
    if found:
        found[0].is_raised = True
    has_app = any(one.is_app for one in found)
    for one in found:
        one.is_open = one.is_app if has_app else one.is_raised
    parts = list(_folded(found, all_open))
    return Trace(parts=list(_turned(parts)) if reverse else parts)


def _turned(parts: list[Frame | Run]) -> Iterator[Frame | Run]:
    for part in reversed(parts):
        yield Run(part.frames[::-1], part.packages) if isinstance(part, Run) else part


def _folded(found: list[Frame], all_open: bool) -> Iterator[Frame | Run]:
    """Runs of library frames, but for the one at which the exception was raised."""
    run: list[Frame] = []
    for one in found:
        if one.is_app or one.is_raised or all_open:
            if run:
                yield _run(run)
                run = []
            yield one
        else:
            run.append(one)
    if run:
        yield _run(run)


def _run(found: list[Frame]) -> Run:
    return Run(found, list(dict.fromkeys(filter(None, map(_package, found)))))


def _package(one: Frame) -> str:
    """What people would call the library: `flask`, `node_modules/express` -> express."""
    path = one.file.replace("\\", "/")
    for folder in ("node_modules/", "site-packages/", "dist-packages/", "gems/"):
        if folder in path:
            rest = path.rpartition(folder)[2]
            scope = rest.split("/")[:2] if rest.startswith("@") else rest.split("/")[:1]
            return "/".join(scope).removesuffix(".py")
    if one.module:
        dotted = one.module.split("/")[0] if "/" in one.module else one.module
        parts = re.split(r"[.:\\]+", dotted)
        return ".".join(parts[:2]) if parts[0] in ("com", "org", "io", "net", "java") else parts[0]
    found = FIRST_PART.search(path.rpartition("://")[2])
    return found[0] if found else ""


def _threads(event: dict[str, Any], source: Source, all_open: bool, reverse: bool) -> list[Thread]:
    """Those with a stack; the one whose stack an exception shows is not repeated."""
    shown = {
        exception["thread_id"]
        for exception in values(event, "exception")
        if "thread_id" in exception and raw_frames(exception)
    }
    return [
        Thread(
            name=word(raw.get("name")) or f"Thread {word(raw.get('id')) or '?'}",
            state=word(raw.get("state")),
            is_crashed=raw.get("crashed") is True,
            is_current=raw.get("current") is True,
            trace=_trace(found, source, all_open, reverse),
        )
        for raw in values(event, "threads")
        if (found := raw_frames(raw)) and raw.get("id") not in shown
    ]
