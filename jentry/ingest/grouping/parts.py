"""The parts of a normalised event that titles and grouping look at; absent ones are empty."""

from collections.abc import Iterator
from typing import Any

Event = dict[str, Any]

DART = "dart"
DOTNET = "csharp"
RUST = "rust"
NATIVE = frozenset(("native", "cocoa", "objc", "c", "rust"))
TOLD_BY_SDK = {"other": ("sentry.dart", DART), "native": ("sentry.rust", RUST)}


def values(event: Event, name: str) -> list[dict[str, Any]]:
    """The members of `exception` or `threads`, the oldest first."""
    found = event.get(name)
    members = found.get("values") if isinstance(found, dict) else None
    return [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []


def frames(holder: Any) -> list[dict[str, Any]]:
    """The frames of whatever has a `stacktrace`, the crash frame last."""
    trace = holder.get("stacktrace") if isinstance(holder, dict) else None
    found = trace.get("frames") if isinstance(trace, dict) else None
    return [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []


def exceptions(event: Event) -> list[dict[str, Any]]:
    """The exceptions, the oldest first; where none has a trace, one gets that of the thread."""
    found = values(event, "exception")
    if not found or any(map(frames, found)):
        return found
    at, trace = next(
        ((i, t) for i, e in enumerate(found) if (t := _trace_of(event, e.get("thread_id")))),
        (len(found) - 1, crashed_thread(event) or frames(event)),
    )
    if trace:
        found[at] = found[at] | {"stacktrace": {"frames": trace}}
    return found


def _trace_of(event: Event, thread_id: Any) -> list[dict[str, Any]]:
    if thread_id is None:
        return []
    same = (t for t in values(event, "threads") if str(t.get("id")) == str(thread_id))
    return next(filter(None, map(frames, same)), [])


def crashed_thread(event: Event) -> list[dict[str, Any]]:
    """The trace of the only thread that has one, else of the one that crashed or was running."""
    threads = [thread for thread in values(event, "threads") if frames(thread)]
    if len(threads) > 1:
        flagged = (t for key in ("crashed", "current") for t in threads if t.get(key) is True)
        threads = [found] if (found := next(flagged, None)) else []
    return frames(threads[0]) if threads else []


def crash_first(event: Event) -> Iterator[dict[str, Any]]:
    """All frames of what was raised, else of threads that crashed; the one of the crash first."""
    holders = [*reversed(values(event, "exception")), event]
    if not any(map(frames, holders)):
        holders = [thread for thread in values(event, "threads") if thread.get("crashed")]
    for holder in holders:
        yield from reversed(frames(holder))


def is_synthetic(exception: dict[str, Any]) -> bool:
    """Made by the SDK to carry a stack: its type says nothing about the program."""
    mechanism = exception.get("mechanism")
    return isinstance(mechanism, dict) and mechanism.get("synthetic") is True


def language(event: Event) -> str:
    """The platform; clients of Dart say `other` for it, but in browsers, those of Rust `native`."""
    platform = text(event.get("platform"))
    if platform in TOLD_BY_SDK and isinstance(sdk := event.get("sdk"), dict):
        client, found = TOLD_BY_SDK[platform]
        return found if text(sdk.get("name")).startswith(client) else platform
    return platform


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def message(event: Event) -> str:
    """The text of a message event; empty when there is none."""
    entry = event.get("logentry")
    if not isinstance(entry, dict):
        return ""
    formatted = text(entry.get("formatted"))
    return formatted if formatted.strip() else text(entry.get("message"))
