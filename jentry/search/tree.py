"""What a search says: conditions, put together by AND, OR and NOT."""

from dataclasses import dataclass

from jentry.search.fields import Field

# The literal parts of a text, between which anything may stand: `a*b` is ("a", "b").
Pattern = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` on and below `high`: numbers, or instants as the database writes them."""

    low: int | str | None
    high: int | str | None


# A word of the field's own, a pattern, a range, an id.
Value = str | Pattern | Range | int


@dataclass(frozen=True, slots=True)
class Text:
    """What stands somewhere in title or culprit."""

    pattern: Pattern
    at: int  # of its first character in the search, from 1


@dataclass(frozen=True, slots=True)
class Match:
    """A field, or a tag of that key, has any of the values."""

    field: Field
    key: str  # of a tag; else the field's name
    values: tuple[Value, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Node", ...]


Node = Text | Match | Not | Every | Either


def leaves(node: Node) -> list[Text | Match]:
    """All that stands in it, from left to right."""
    if isinstance(node, Text | Match):
        return [node]
    if isinstance(node, Not):
        return leaves(node.part)
    return [leaf for part in node.parts for leaf in leaves(part)]
