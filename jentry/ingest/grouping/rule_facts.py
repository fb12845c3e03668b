"""What fingerprint rules are compared with: folded, worked out once, and only when it is asked."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from jentry.event_tags import indexed
from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.parts import Event, crash_first, message, text, values
from jentry.matching.folding import fold
from jentry.matching.lines import TAG

MOST_FRAMES = 250  # of an event, those nearest to the crash
LONGEST, LONGEST_MESSAGE = 1024, 8192  # characters of a value
# Names of matchers, and what they are compared with.
OF_EVENTS = {
    name: name
    for name in ("message", "level", "logger", "platform", "release", "sdk", "transaction")
}
OF_EXCEPTIONS = {"error.type": "type", "type": "type", "error.value": "value", "value": "value"}
OF_FRAMES = {
    "function": "function", "stack.function": "function",
    "module": "module", "stack.module": "module",
    "file": "file", "path": "file", "stack.filename": "file", "stack.abs_path": "file",
    "package": "package", "stack.package": "package",
    "app": "app",
}  # fmt: skip
YES, NO = "yes", "no"
BOOLEANS = {YES: YES, "true": YES, "1": YES, NO: NO, "false": NO, "0": NO}

Thing = dict[str, tuple[str, ...]]


class Facts:
    """Of one event."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._values: dict[str, tuple[str, ...]] = {}
        self._texts: dict[str, str] = {}

    def values(self, kind: str) -> tuple[str, ...]:
        """What the event says of a kind; nothing that is empty."""
        found = self._values.get(kind)
        if found is None:
            self._values[kind] = found = self._found(kind)
        return found

    def text(self, kind: str) -> str:
        """The values, one a line: what is not in it is in none of them."""
        found = self._texts.get(kind)
        if found is None:
            self._texts[kind] = found = "\n".join(self.values(kind))
        return found

    def _found(self, kind: str) -> tuple[str, ...]:
        if kind in OF_EXCEPTIONS.values():
            return tuple(v for thing in self.exceptions for v in thing[kind])
        if kind in OF_FRAMES.values():
            return tuple(dict.fromkeys(v for thing in self.frames for v in thing[kind]))
        if kind == "message":
            return self._messages()
        if kind.startswith(TAG):
            return _folded(self._tags.get(kind[len(TAG) :]))
        if kind == "sdk":
            sdk = self._event.get("sdk")
            return _folded(sdk.get("name") if isinstance(sdk, dict) else None)
        return _folded(self._event.get(kind))

    def _messages(self) -> tuple[str, ...]:
        """Of the event, of the program before it was filled in, and of each exception."""
        entry = self._event.get("logentry")
        template = entry.get("message") if isinstance(entry, dict) else None
        found = [*_folded(message(self._event), LONGEST_MESSAGE)]
        found += _folded(template, LONGEST_MESSAGE)
        found += (v for thing in self.exceptions for v in thing["value"])
        return tuple(dict.fromkeys(found))

    @cached_property
    def _tags(self) -> dict[str, str]:
        return dict(indexed(self._event))

    @cached_property
    def exceptions(self) -> list[Thing]:
        return [
            {"type": _folded(raw.get("type")), "value": _folded(raw.get("value"), LONGEST_MESSAGE)}
            for raw in values(self._event, "exception")
        ]

    @cached_property
    def frames(self) -> Sequence[Thing]:
        platform = text(self._event.get("platform"))
        every = zip(crash_first(self._event), range(MOST_FRAMES), strict=False)
        return [_Frame(raw, platform) for raw, _ in every]


class _Frame(dict[str, tuple[str, ...]]):
    """What is said of a frame, each kind once it is asked for."""

    def __init__(self, raw: dict[str, Any], platform: str) -> None:
        super().__init__()
        self.raw, self.platform = raw, platform

    def __missing__(self, kind: str) -> tuple[str, ...]:
        found: tuple[str, ...]
        if kind == "app":
            found = (YES if is_app(self.raw, self.platform) else NO,)
        elif kind == "file":
            files = _folded(self.raw.get("filename")) + _folded(self.raw.get("abs_path"))
            found = tuple(dict.fromkeys(file.replace("\\", "/") for file in files))
        else:
            found = _folded(self.raw.get(kind))
        self[kind] = found
        return found


def _folded(value: Any, longest: int = LONGEST) -> tuple[str, ...]:
    found = text(value)[:longest]
    return (fold(found),) if found else ()
