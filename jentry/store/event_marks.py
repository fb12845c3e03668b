"""`events.marks`: what one event is found by, ` 12 45 p0a1b2c3d4e5f t9f8e7d6c5b4a `."""

from collections.abc import Iterable

DIGITS = 12  # hexadecimal, of a hash or a trace: enough within an issue


def marks(tag_ids: Iterable[int], people: Iterable[bytes], trace: str = "") -> str:
    """Ids of tags, hashes of who was hit, and the trace, each between blanks."""
    found = [*map(str, tag_ids), *map(person, people), *([traced(trace)] if trace else ())]
    return " ".join(["", *found, ""])


def person(hashed: bytes) -> str:
    return f"p{hashed.hex()[:DIGITS]}"


def traced(trace_id: str) -> str:
    return f"t{trace_id[:DIGITS]}"


def without(marked: str | None, people: Iterable[bytes]) -> str | None:
    """The marks without those of a person."""
    if marked is None:
        return None
    gone = {person(hashed) for hashed in people}
    return " ".join(mark for mark in marked.split(" ") if mark not in gone)
