"""An event as an agent reads it: what failed and where, folded; the rest by name. Pure."""

from collections.abc import Callable
from typing import Any

from jentry.mcp.fence import without_people
from jentry.presentation import crumbs
from jentry.presentation.stack import Run, Trace, stack
from jentry.presentation.text import word
from jentry.presentation.values import plain

Event = dict[str, Any]

MOST_FRAMES = 12  # of the application, of one exception
MOST_CRUMBS = 20  # the newest


def summary(event: Event, parts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Strings, and lists and objects of them. `parts`: of PARTS. Mails and addresses of the network
    are only in those.
    """
    found: dict[str, Any] = {
        "message": event["message"],
        "exceptions": [_exception(trace) for trace in stack(event).traces],
        "transaction": event["transaction"],
        "environment": event["environment"],
        "tags": event["tags"],
    }
    shown: dict[str, Any] = without_people({name: held for name, held in found.items() if held})
    if event["release"]:
        shown["release"] = event["release"]
    return shown | {name: held for name in parts if (held := PARTS[name](event))}


def _exception(trace: Trace) -> dict[str, Any]:
    frames: list[str] = []
    hidden = 0
    for part in trace.parts:
        if isinstance(part, Run):
            hidden += len(part.frames)
        elif len(frames) < MOST_FRAMES:
            line = "" if part.line is None else f":{part.line}"
            frames.append(f"{part.place}{line} in {part.function or '?'}")
        else:
            hidden += 1
    found: dict[str, Any] = {"type": trace.type, "value": trace.value, "frames": frames}
    if hidden:
        found["other frames"] = str(hidden)
    if trace.joined:
        found["then"] = trace.joined
    return found


def _variables(event: Event) -> list[dict[str, Any]]:
    return [
        {"frame": f"{frame.place}:{frame.line}"}
        | {name: "".join(piece.text for piece in held.pieces) for name, held in frame.variables}
        for trace in stack(event).traces
        for frame in trace.frames
        if frame.variables and frame.is_app
    ][:MOST_FRAMES]


def _frames(event: Event) -> list[str]:
    return [
        f"{frame.place}:{frame.line} in {frame.function or '?'}"
        for trace in stack(event, all_open=True).traces
        for frame in trace.frames
    ]


def _crumbs(event: Event) -> list[str]:
    newest = crumbs.crumbs(event)[-MOST_CRUMBS:]
    return [f"{one.before} {one.category} {one.message} {one.result}".strip() for one in newest]


def _request(event: Event) -> dict[str, Any]:
    sent = event["request"] or {}
    return {name: plain(sent[name]) for name in ("method", "url", "query_string") if sent.get(name)}


def _headers(event: Event) -> Any:
    return (event["request"] or {}).get("headers")


def _object(member: str) -> Callable[[Event], Any]:
    def read(event: Event) -> Any:
        held = event[member]
        return {key: plain(inner) for key, inner in held.items()} if isinstance(held, dict) else {}

    return read


PARTS: dict[str, Callable[[Event], Any]] = {
    "all_frames": _frames,
    "variables": _variables,
    "breadcrumbs": _crumbs,
    "request": _request,
    "headers": _headers,
    "user": _object("user"),
    "contexts": _object("contexts"),
    "extra": _object("extra"),
    "sdk": lambda event: {"name": word((event["sdk"] or {}).get("name"))},
}
