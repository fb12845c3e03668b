"""The frames of an event that may come from minified code, and what becomes of them."""

from collections.abc import Iterator
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.normalise.text import cut
from jentry.ingest.symbolication import names

PLATFORMS = ("javascript", "node")
FUNCTION, NAME = 512, 256  # characters, as in frames of any event
REPLACED = frozenset((
    "function", "raw_function", "module", "filename", "abs_path", "lineno", "colno",
    "pre_context", "context_line", "post_context", "in_app", "data",
))  # fmt: skip
MAP_NAMES = 64 * 1024  # bytes

Frame = dict[str, Any]
Holder = dict[str, Any]  # what has a `stacktrace`: an exception, a thread, or the event


def holders(event: dict[str, Any]) -> Iterator[Holder]:
    for name in ("exception", "threads"):
        for value in event.get(name, {}).get("values", ()):
            if "stacktrace" in value:
                yield value
    if "stacktrace" in event:
        yield event


def original(holder: Holder) -> dict[str, Any]:
    """The trace as it came."""
    found: dict[str, Any] = holder.get("raw_stacktrace") or holder["stacktrace"]
    return found


def both(holder: Holder) -> list[tuple[Frame, Frame | None]]:
    """Each frame as it came, and as it is shown; None where that cannot be told."""
    came, shown = original(holder)["frames"], holder["stacktrace"]["frames"]
    is_told = len(came) == len(shown)
    return list(zip(came, shown if is_told else [None] * len(came), strict=True))


def source_of(result: dict[str, Any]) -> Frame:
    """What a map says of a place -> the members of a frame of the source."""
    name = cut(_clean(names.filename(result["source"])), NAME)
    found: Frame = {}
    if result["function"]:
        found["function"] = cut(_clean(result["function"]), FUNCTION)
    found |= {
        "filename": name,
        "abs_path": cut(_clean(result["source"]), NAME),
        "module": names.module(name),
        "lineno": result["line"],
        "colno": result["column"],
        "in_app": names.is_own(name) and not result["is_foreign"],
    }
    if result["text"] is not None:
        found["pre_context"] = [_clean(line) for line in result["before"]]
        found["context_line"] = _clean(result["text"])
        found["post_context"] = [_clean(line) for line in result["after"]]
    return found


def mapped(frame: Frame, source: Frame, map_url: str) -> Frame:
    """The frame with the members of its source, which other events have too."""
    found = source.copy()
    if not frame.keys() <= REPLACED:
        found |= {key: value for key, value in frame.items() if key not in REPLACED}
    if "context_line" in source:
        found["pre_context"] = source["pre_context"].copy()
        found["post_context"] = source["post_context"].copy()
    found["data"] = {"sourcemap": _map_name(map_url)}
    return found


@bounded(MAP_NAMES)
def _map_name(url: str) -> str:
    return cut(_clean(url), NAME)


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd")
