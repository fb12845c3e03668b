"""Exceptions, their mechanisms, and threads. README: Event attributes."""

import re
from collections.abc import Callable
from typing import Any

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.frames import stacktrace
from jentry.ingest.normalise.text import boolean, integer, json_text, text

MOST = 100  # exceptions of one event
MOST_THREADS = 250
TYPE_AND_VALUE = re.compile(r"(\S{1,256}):\s+(\S.*)", re.DOTALL)
MECHANISM_TEXTS = {"type": 128, "source": 256, "description": 512, "help_link": 512}
FLAGS = ("handled", "synthetic", "is_exception_group")
IDS = ("exception_id", "parent_id")
BAGS = ("data", "meta")

Member = dict[str, Any]


def exceptions(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    """`{"values": [...]}`, the oldest cause first, from that, a bare list or one bare exception."""
    return _values(value, "exception", errors, _exception, MOST)


def threads(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    return _values(value, "threads", errors, _thread, MOST_THREADS)


def adopt_stacktrace(event: dict[str, Any]) -> None:
    """A trace beside the one exception that lacks one is that exception's."""
    values = event.get("exception", {}).get("values", ())
    if "stacktrace" in event and len(values) == 1 and "stacktrace" not in values[0]:
        values[0]["stacktrace"] = event.pop("stacktrace")


def _values(
    value: Any,
    name: str,
    errors: EventErrors,
    member: Callable[[Member, str, EventErrors], Any],
    most: int,
) -> dict[str, Any] | None:
    if isinstance(value, dict):
        value = value.get("values", [value])
    if not isinstance(value, list):
        if value is not None:
            errors.add(INVALID, name, value)
        return None
    if len(value) > most:
        errors.add(TOO_LONG, f"{name}.values", len(value))
        value = _fewest_lost(value, most)
    kept = []
    for index, raw in enumerate(value):
        path = f"{name}.values.{index}"
        found = member(raw, path, errors) if isinstance(raw, dict) else None
        if found:
            kept.append(found)
        elif raw:
            errors.add(INVALID, path, raw)
    return {"values": kept} if kept else None


def _fewest_lost(members: list[Any], most: int) -> list[Any]:
    """The first and the last, and threads that crashed or ran, in their order."""
    kept = {len(members) - 1, *range(most - 1)}
    told = [
        index
        for index, raw in enumerate(members[most - 1 : -1], most - 1)
        if isinstance(raw, dict) and (raw.get("crashed") is True or raw.get("current") is True)
    ][: most // 2]
    kept -= set(range(most - 1 - len(told), most - 1))
    return [members[index] for index in sorted({*kept, *told})]


def _exception(raw: Member, name: str, errors: EventErrors) -> Member | None:
    """None without a type and a value."""
    kind = text(raw.get("type"), f"{name}.type", errors, 256, 20)
    value = raw.get("value")
    if value is not None:
        value = text(json_text(value), f"{name}.value", errors, 8192, 200)
    if kind is None and value is not None and (parts := TYPE_AND_VALUE.fullmatch(value)):
        kind, value = parts.groups()
    if kind is None and value is None:
        return None
    return _present(
        type=kind,
        value=value,
        module=text(raw.get("module"), f"{name}.module", errors, 256, 20),
        thread_id=_thread_id(raw.get("thread_id"), f"{name}.thread_id", errors),
        mechanism=_mechanism(raw.get("mechanism"), f"{name}.mechanism", errors),
        stacktrace=stacktrace(raw.get("stacktrace"), f"{name}.stacktrace", errors),
        raw_stacktrace=stacktrace(raw.get("raw_stacktrace"), f"{name}.raw_stacktrace", errors),
    )


def _mechanism(raw: Any, name: str, errors: EventErrors) -> Member | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        errors.add(INVALID, name, raw)
        return None
    found: Member = {"type": "generic"}
    for key, value in raw.items():
        path = f"{name}.{key}"
        kept: Any = None
        if key in MECHANISM_TEXTS:
            kept = text(value, path, errors, MECHANISM_TEXTS[key])
        elif key in FLAGS:
            kept = boolean(value, path, errors)
        elif key in IDS:
            kept = integer(value, path, errors)
        elif key in BAGS:
            kept = trimming.bounded_object(value, path, errors, 5, 2048)
        if kept is not None:
            found[key] = kept
    return found


def _thread(raw: Member, name: str, errors: EventErrors) -> Member:
    found: Member = {
        "id": _thread_id(raw.get("id"), f"{name}.id", errors),
        "name": text(raw.get("name"), f"{name}.name", errors, 256),
        "state": text(raw.get("state"), f"{name}.state", errors, 64),
        "stacktrace": stacktrace(raw.get("stacktrace"), f"{name}.stacktrace", errors),
        "raw_stacktrace": stacktrace(raw.get("raw_stacktrace"), f"{name}.raw_stacktrace", errors),
    }
    for key in ("crashed", "current", "main"):
        found[key] = boolean(raw.get(key), f"{name}.{key}", errors)
    return _present(**found)


def _thread_id(value: Any, name: str, errors: EventErrors) -> int | str | None:
    """Numbers stay numbers (threads and exceptions are joined by them), text stays text."""
    if isinstance(value, str):
        return text(value, name, errors, 128)
    return integer(value, name, errors)


def _present(**members: Any) -> Member:
    return {key: value for key, value in members.items() if value is not None}
