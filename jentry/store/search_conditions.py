"""What a search is put together from: conditions on `issues i`, and the values in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jentry.search.tree import Pattern
from jentry.store.parts import whole
from jentry.store.sql import fold

LIKE = r"{column} LIKE :{name} ESCAPE '\'"


@dataclass(frozen=True)
class Condition:
    """`among`: the id is one of a set; `each`: the same, asked of one issue. `source` is what
    counts a set that may be small.
    """

    among: str
    each: str
    source: str = ""


class Values:
    """The values of a statement, by names that it gives out."""

    def __init__(self, **params: Any) -> None:
        self.params = params

    def name(self, value: Any) -> str:
        name = f"s{len(self.params)}"
        self.params[name] = value
        return name


def like(pattern: Pattern, before: str = "", after: str = "") -> str:
    """The pattern of LIKE for a folded column."""
    parts = (fold(part).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
             for part in pattern)  # fmt: skip
    return before + "%".join(parts) + after


def matched(
    values: Values, column: str, pattern: Pattern, before: str = "", after: str = ""
) -> str:
    name = values.name(like(pattern, before, after))
    return f"({LIKE.format(column=column, name=name)})"


def compared(values: Values, column: str, patterns: Sequence[Pattern]) -> str:
    """A folded column has one of the whole values; a star stands for anything."""
    exact = [values.name(fold(each[0])) for each in patterns if len(each) == 1]
    found = [matched(values, column, each) for each in patterns if len(each) > 1]
    if exact:
        found.append(f"{column} IN ({', '.join(f':{name}' for name in exact)})")
    return f"({' OR '.join(found)})"


def among(
    source: str, column: str = "s.id", *, may_be_small: bool = True, of_parts: bool = False
) -> Condition:
    """`source`: what stands after FROM, its conditions joined by AND. The plus keeps SQLite from
    reading in the order of ids, to sort it all. `of_parts`: a merged issue has what its parts have.
    """
    each = f"EXISTS (SELECT 1 FROM {source} AND {column} = i.id)"
    if of_parts:
        each = (
            f"({each} OR EXISTS (SELECT 1 FROM issue_parts o WHERE o.issue_id = i.id AND "
            f"EXISTS (SELECT 1 FROM {source} AND {column} = o.part_id)))"
        )
    return Condition(
        f"+i.id IN (SELECT {whole(column) if of_parts else column} FROM {source})",
        each,
        source if may_be_small else "",
    )


def plain(condition: str) -> Condition:
    return Condition(condition, condition)


def either(parts: Sequence[Condition]) -> Condition:
    return Condition(
        f"({' OR '.join(part.among for part in parts)})",
        f"({' OR '.join(part.each for part in parts)})",
    )
