"""`events.marks`: what one event is found by inside its issue, ` 12 45 p0a1b2c3d4e5f `."""

from collections.abc import Iterable

PERSON = 12  # hexadecimal digits of a hash: enough within an issue


def marks(tag_ids: Iterable[int], people: Iterable[bytes]) -> str:
    """Ids of tags, and hashes of who was hit, each between blanks."""
    return " ".join(["", *map(str, tag_ids), *map(person, people), ""])


def person(hashed: bytes) -> str:
    return f"p{hashed.hex()[:PERSON]}"


def without(marked: str | None, people: Iterable[bytes]) -> str | None:
    """The marks without those of a person."""
    if marked is None:
        return None
    gone = {person(hashed) for hashed in people}
    return " ".join(mark for mark in marked.split(" ") if mark not in gone)
