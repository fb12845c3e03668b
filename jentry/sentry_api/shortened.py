"""An event's answer that is larger than clients take, with texts and lists cut. Pure."""

import json
from typing import Any

Event = dict[str, Any]

# GitLab takes 1 MB, and 5 MB once it is parsed: there each small value takes forty bytes or more.
MOST = 512 * 1024  # bytes
LENGTHS = (8192, 2048, 512, 128)  # characters of a text: the first that fits is taken
COUNTS = (500, 150, 50, 15)  # entries of a list or an object, with each of them
DEEPEST = 12
HEAVY = ("title", "message", "metadata", "errors", "tags", "user", "contexts", "context",
         "packages", "sdk", "entries")  # fmt: skip
EMPTY: Event = {"contexts": {}, "context": {}, "packages": {}, "user": None, "entries": []}
SAID = {
    "type": "value_too_long",
    "message": "Texts and lists were cut: clients do not take an answer of 1 MB. "
    "/projects/:org/:project/events/:id/json/ has the event as a whole.",
    "data": {},
}


def fitted(event: Event, beside: Event | None = None) -> bytes:
    """The event as JSON of at most MOST bytes; `errors` tells where something was cut. Of lists the
    last entries stay, which are the newest and the innermost. `beside`: other members of an answer
    that has the event as `event`.
    """
    written = _written(event, beside)
    if len(written) <= MOST:
        return written
    for longest, number in zip(LENGTHS, COUNTS, strict=True):
        cut = event | {name: _cut(event[name], longest, number, 0) for name in HEAVY}
        cut["errors"] = [*cut["errors"], SAID]
        written = _written(cut, beside)
        if len(written) <= MOST:
            return written
    return _written(cut | EMPTY, beside)


def _cut(value: Any, longest: int, number: int, depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else value[: longest - 1] + "…"
    if isinstance(value, dict | list) and depth == DEEPEST:
        return "…"
    if isinstance(value, list):
        return [_cut(inner, longest, number, depth + 1) for inner in value[-number:]]
    if isinstance(value, dict):
        pairs = list(value.items())[:number]
        return {str(key)[:longest]: _cut(inner, longest, number, depth + 1) for key, inner in pairs}
    return value


def _written(event: Event, beside: Event | None) -> bytes:
    answer = event if beside is None else beside | {"event": event}
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
