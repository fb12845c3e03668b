"""Free-form JSON within bounds: so deep, so many bytes. README: Event attributes."""

from itertools import chain, islice
from typing import Any

import orjson

from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.text import ELLIPSIS, json_text, scalar

LEAST = 24  # bytes that any number may take
CHUNK = 64  # members that are tried at once


def fits(value: Any, depth: int, size: int) -> bool:
    """Whether the value takes at most `size` bytes as JSON and nests at most `depth` containers."""
    return _bytes(value, depth, size) is not None


def _bytes(value: Any, depth: int, size: int) -> int | None:
    """How many it takes as JSON; None when it does not fit."""
    try:
        dumped = orjson.dumps(value)
    except (TypeError, RecursionError):
        return None
    if len(dumped) > size:
        return None
    # Fewer brackets than levels allowed: it cannot be too deep, wherever the brackets stand.
    if (
        type(value) is str
        or dumped.count(b"{") + dumped.count(b"[") <= depth
        or _is_shallow(value, depth)
    ):
        return len(dumped)
    return None


def bounded(value: Any, name: str, errors: EventErrors, depth: int, size: int) -> Any:
    """The value itself if it fits, else a copy without its surplus.

    Containers below `depth` become JSON text, long strings are cut, and what comes after `size`
    bytes is left out. The copy always fits, and orjson always takes it.
    """
    if fits(value, depth, size):
        return value
    errors.add(TOO_LONG, name)
    return _Trimmer(size).trim(value, depth)


def bounded_object(
    value: Any, name: str, errors: EventErrors, depth: int, size: int
) -> dict[str, Any] | None:
    """A bounded object; None, and an entry in the errors, for anything else."""
    if isinstance(value, dict):
        found: dict[str, Any] = bounded(value, name, errors, depth, size)
        return found
    if value is not None:
        errors.add(INVALID, name, value)
    return None


def _is_shallow(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is not dict and kind is not list:
        return True
    members = value.values() if kind is dict else value
    containers = [v for v in members if type(v) is dict or type(v) is list]
    return depth > 0 and all(_is_shallow(v, depth - 1) for v in containers)


class _Trimmer:
    """Copies a value while its budget of bytes lasts."""

    def __init__(self, size: int) -> None:
        self.left = size

    def trim(self, value: Any, depth: int) -> Any:
        if isinstance(value, (dict, list)):
            if depth <= 0:
                return self._string(json_text(value))
            self.left -= 2
            return self._dict(value, depth) if isinstance(value, dict) else self._list(value, depth)
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, float) and value - value != 0:
            value = None
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            return self._string(scalar(value) or ELLIPSIS)
        self.left -= len(orjson.dumps(value))
        return value

    def _dict(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        members = iter(value.items())
        while (chunk := dict(islice(members, CHUNK))) and self._takes(chunk, depth):
            kept |= chunk
        for key, member in chain(chunk.items(), members):
            clean = _encodable(key)
            cost = len(orjson.dumps(clean)) + 2
            if not self._affords(member, cost):
                break
            self.left -= cost
            kept[clean] = self.trim(member, depth - 1)
        return kept

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        kept: list[Any] = []
        while (chunk := value[len(kept) : len(kept) + CHUNK]) and self._takes(chunk, depth):
            kept += chunk
        for member in value[len(kept) :]:
            if not self._affords(member, 1):
                break
            self.left -= 1
            kept.append(self.trim(member, depth - 1))
        return kept

    def _takes(self, chunk: Any, depth: int) -> bool:
        """Take all of these members as they are, if there is room for them and for one more."""
        needed = _bytes(chunk, depth, self.left - LEAST)
        if needed is None:
            return False
        self.left -= needed - 1  # two brackets less, one comma more
        return True

    def _affords(self, member: Any, cost: int) -> bool:
        """Room for what is before the member, and for the least its own kind can be cut to."""
        least = 5 if isinstance(member, (str, dict, list)) else LEAST
        return self.left >= cost + least

    def _string(self, value: str) -> str:
        whole = _bytes(value, 0, self.left)  # most strings fit
        if whole is not None:
            self.left -= whole
            return value
        value = _encodable(value[: max(self.left, 0)]) + (
            ELLIPSIS if len(value) > self.left else ""
        )
        while (over := len(orjson.dumps(value)) - self.left) > 0 and value != ELLIPSIS:
            # A character takes six bytes at most (\u0000), so this never cuts too much at once.
            value = value[: -len(ELLIPSIS)] if value.endswith(ELLIPSIS) else value
            value = value[: -max(over // 6, 1)] + ELLIPSIS
        self.left -= len(orjson.dumps(value))
        return value


def _encodable(value: str) -> str:
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return value
