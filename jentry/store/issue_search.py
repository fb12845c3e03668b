"""A search of issues as a condition on `issues i`.

All but status and level is a set of ids, read from the one index that knows it. Of an AND the
smallest set stays one; what else there is, is then asked of each of its issues. `{scope}` is what
the id of a project must be: a statement has one text for each project, and the same values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jentry import clock
from jentry.search import language
from jentry.search.tree import Either, Every, Match, Node, Not, Text, leaves
from jentry.store import search_sets
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.search_conditions import Condition, Values
from jentry.vocabulary import STATUSES

SMALL = 1000  # issues: of a set with as many the others are asked one by one


@dataclass(frozen=True)
class Search:
    """`names_status`: that of the list, which is unresolved where nobody says another, is none."""

    text: str  # with {scope}
    params: dict[str, Any]
    names_status: bool

    def condition(self, scope: str) -> str:
        return self.text.format(scope=scope)


def read(
    db: Connection,
    actor: Actor,
    scope: str,
    text: str,
    at: str,
    *,
    is_strict: bool = False,
    issue_id: int | None = None,
) -> Node | None:
    """`issue_id` is `:issue_id` of the scope. Raises BadRequest."""
    has_tag = _tags_of(db, actor, scope, issue_id)
    return language.parse(text, has_tag, clock.parse(at), is_strict=is_strict)


def pinned(db: Connection, actor: Actor, scope: str, text: str, at: str) -> str:
    """A search as it is kept. Raises BadRequest."""
    resolve(db, actor, scope, text, at)
    return language.pinned(text, _tags_of(db, actor, scope), clock.parse(at))


def _tags_of(
    db: Connection, actor: Actor, scope: str, issue_id: int | None = None
) -> language.HasTag:
    """Whether a name is that of a tag there."""
    known: dict[str, bool] = {}

    def has_tag(key: str) -> bool:
        if key not in known:
            row = db.execute(
                f"SELECT 1 FROM tag_keys k WHERE k.project_id {scope} AND k.key = :key LIMIT 1",
                {"org_id": actor.org_id, "key": key, "issue_id": issue_id},
            )
            known[key] = row.fetchone() is not None
        return known[key]

    return has_tag


def resolve(
    db: Connection, actor: Actor, scope: str, text: str, at: str, *, is_strict: bool = False
) -> Search | None:
    """None when nothing is searched for. `scope` is that of the whole list. Raises BadRequest."""
    node = read(db, actor, scope, text, at, is_strict=is_strict)
    if node is None:
        return None
    compiler = _Compiler(db, actor, scope, at)
    condition = compiler.compile(node)
    states = [leaf for leaf in leaves(node) if isinstance(leaf, Match) and leaf.field.name == "is"]
    names_status = any(value in STATUSES for state in states for value in state.values)
    return Search(condition.among, compiler.values.params, names_status)


class _Compiler:
    def __init__(self, db: Connection, actor: Actor, scope: str, at: str) -> None:
        self.db = db
        self.scope = scope
        self.values = Values(org_id=actor.org_id)
        self.sets = search_sets.Sets(db, actor, scope, at, self.values)

    def compile(self, node: Node) -> Condition:
        if isinstance(node, Every):
            return self.every(node.parts)
        if isinstance(node, Either):
            parts = [self.compile(part) for part in node.parts]
            return Condition(_any(part.among for part in parts), _any(part.each for part in parts))
        if isinstance(node, Not):
            part = self.compile(node.part)
            return Condition(f"NOT {part.among}", f"NOT {part.each}")
        return self.sets.of(node)

    def every(self, parts: Sequence[Node]) -> Condition:
        texts = [part for part in parts if _is_text(part)]
        found = [self.sets.texts(texts)] if texts else []
        found += [self.compile(part) for part in parts if not _is_text(part)]
        smallest = self.smallest(found)
        chosen = found
        if smallest is not None:
            others = [part for part in found if part is not smallest]
            chosen = [smallest, *(replaced(part) for part in others)]
        return Condition(_all(part.among for part in chosen), _all(part.each for part in found))

    def smallest(self, found: list[Condition]) -> Condition | None:
        """The set with the fewest issues, if these are few."""
        sized = [(self.size(part.source), part) for part in found if part.source]
        if len(found) < 2 or not sized:
            return None
        size, part = min(sized, key=lambda pair: pair[0])
        return part if size <= SMALL else None

    def size(self, source: str) -> int:
        """At most one more than SMALL."""
        some = f"SELECT 1 FROM {source.format(scope=self.scope)} LIMIT :most"
        number: int = self.db.execute(
            f"SELECT count(*) FROM ({some}) found",
            self.values.params | {"most": SMALL + 1},
        ).fetchone()[0]
        return number


def replaced(part: Condition) -> Condition:
    return Condition(part.each, part.each)


def _is_text(node: Node) -> bool:
    inner = node.part if isinstance(node, Not) else node
    return isinstance(inner, Text)


def _all(parts: Iterable[str]) -> str:
    return f"({' AND '.join(parts)})"


def _any(parts: Iterable[str]) -> str:
    return f"({' OR '.join(parts)})"
