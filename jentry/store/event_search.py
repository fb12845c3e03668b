"""A search among the events of one issue, newest first: all conditions are of one event.

Tags and users of an event are in its `marks`, so no payload is read but where text is looked for.
What the issue never had is known without a look at its events. A page looks at a few of them, then
at ever more until it is full or has looked at MOST_ROWS; the next one goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jentry.errors import BadRequest
from jentry.search import fields
from jentry.search.tree import Either, Every, Match, Node, Not, Pattern, Range, Text, leaves
from jentry.store import event_texts, instance, issue_search, traces
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.event_filter import COLUMNS, Found, Wanted
from jentry.store.event_marks import person, traced
from jentry.store.identity import person_hashes
from jentry.store.paging import Key
from jentry.store.parts import PARTS, each
from jentry.store.payloads import readable
from jentry.store.search_conditions import Values, compared
from jentry.store.search_sets import people_of, projects_of
from jentry.store.sql import ISSUE

FIRST_ROWS = 100  # that a page looks at first; then each time GROWTH times as many
GROWTH = 4
MOST_ROWS = 20_000  # in all
MOST_PAYLOADS = 250  # where text is looked for
MOST_IDS = 50  # of the tags that a pattern stands for

PROJECT = f"(SELECT o.project_id FROM issues o WHERE o.id = {ISSUE})"
SEEN = "e.timestamp AS sorted, e.id, e.level, e.environment, e.release_id, e.marks"
MARKED = r"e.marks LIKE :{name} ESCAPE '\'"


def find(db: Connection, actor: Actor, issue_id: int, wanted: Wanted, at: str) -> Found:
    """At most `limit` of those after `after`. Raises BadRequest."""
    values = Values(issue_id=issue_id, org_id=actor.org_id)
    node = issue_search.read(db, actor, f"= {PROJECT}", wanted.search, at, issue_id=issue_id)

    def walked(columns: str, after: str) -> str:
        return each(f"SELECT {columns} FROM events e", db, actor, issue_id, after)

    looks = _Looks(db, values, wanted, walked)
    parts = [looks.trait(key, value) for key, value in wanted.traits]
    if node is not None:
        looks.prepare(node)
        parts.append(looks.compile(node))
    return looks.find(" AND ".join(parts) or "1 = 1")


@dataclass(frozen=True, slots=True)
class _Window:
    """Events after a key, down to another one, which is none at the end of the list."""

    after: Key | None
    end: Key | None

    @property
    def bounds(self) -> str:
        lower = " AND (e.timestamp, e.id) >= (:end, :end_id)" if self.end else ""
        return (" AND (e.timestamp, e.id) < (:after, :after_id)" if self.after else "") + lower

    @property
    def params(self) -> dict[str, Any]:
        after, end = self.after or (None, None), self.end or (None, None)
        return {"after": after[0], "after_id": after[1], "end": end[0], "end_id": end[1]}


class _Looks:
    def __init__(
        self, db: Connection, values: Values, wanted: Wanted, walked: Callable[[str, str], str]
    ) -> None:
        self.db = db
        self.values = values
        self.wanted = wanted
        self.walked = walked
        self.most = MOST_ROWS
        self.texts: dict[int, list[Pattern]] = {}  # of a leaf, by its place

    def prepare(self, node: Node) -> None:
        """Raises BadRequest."""
        found = leaves(node)
        for leaf in found:
            if isinstance(leaf, Match) and not leaf.field.is_of_events:
                name = leaf.field.name
                raise BadRequest(
                    f"search: {name} is a field of issues, not of events (character {leaf.at})."
                )
        self.texts = {leaf.at: patterns_of(leaf) for leaf in found if _is_text(leaf)}
        if self.texts:
            self.most = MOST_PAYLOADS

    # Events, window by window ---------------------------------------------------------------------

    def find(self, condition: str) -> Found:
        keys: list[Row] = []
        seen, rows, after = 0, FIRST_ROWS, self.wanted.after
        while seen < self.most:
            rows = min(rows, self.most - seen)
            window = self._window(after, rows)
            keys += self._hits(condition, window, self.wanted.limit - len(keys))
            if len(keys) == self.wanted.limit:
                last = keys[-1]["sorted"], keys[-1]["id"]
                return Found(keys, self._until(keys), last, self._number(last))
            if window.end is None:
                return Found(keys, self._until(keys), None, self._number(None))
            seen, rows, after = seen + rows, GROWTH * rows, window.end
        return Found(keys, self._until(keys), after, seen)

    def _window(self, after: Key | None, rows: int) -> _Window:
        """The next so many events; it has no end when there are no more."""
        bounds = _Window(after, None)
        found = self.db.execute(
            f"""
            {self.walked("e.timestamp AS sorted, e.id", bounds.bounds)}
            ORDER BY 1 DESC, 2 DESC
            LIMIT 2 OFFSET :place
            """,
            self.values.params | bounds.params | {"place": rows - 1},
        ).fetchall()
        return _Window(after, (found[0]["sorted"], found[0]["id"]) if len(found) > 1 else None)

    def _hits(self, condition: str, window: _Window, limit: int) -> list[Row]:
        found = {
            f"text_{place}": ", ".join(map(str, ids)) or "NULL"
            for place, ids in self._with_text(window).items()
        }
        return self.db.execute(
            f"""
            SELECT e.sorted, e.id
            FROM ({self.walked(SEEN, window.bounds)}) e
            WHERE {condition.format(**found)}
            ORDER BY e.sorted DESC, e.id DESC
            LIMIT :limit
            """,
            self.values.params | window.params | {"limit": limit},
        ).fetchall()

    def _with_text(self, window: _Window) -> dict[int, list[int]]:
        """Of each text, by its place, the events that have it."""
        ids: dict[int, list[int]] = {place: [] for place in self.texts}
        if not self.texts:
            return ids
        rows = self.db.execute(
            f"""
            SELECT e.id, d.data
            FROM ({self.walked("e.timestamp AS sorted, e.id", window.bounds)}) e
            CROSS JOIN event_payloads d ON d.id = e.id
            """,
            self.values.params | window.params,
        )
        for row in rows:
            for place in event_texts.found(readable(self.db, row["data"]), self.texts):
                ids[place].append(row["id"])
        return ids

    def _until(self, keys: list[Row]) -> Callable[[int], int]:
        """How many events are looked at as far as one of the keys, by its place."""
        return lambda place: self._number((keys[place]["sorted"], keys[place]["id"]))

    def _number(self, end: Key | None) -> int:
        """How many events there are on this page as far as a key, that included; else all."""
        window = _Window(self.wanted.after, end)
        number: int = self.db.execute(
            f"SELECT count(*) FROM events e WHERE e.issue_id IN {PARTS}{window.bounds}",
            self.values.params | window.params,
        ).fetchone()[0]
        return number

    # Conditions -----------------------------------------------------------------------------------

    def compile(self, node: Node) -> str:
        if isinstance(node, Every):
            return f"({' AND '.join(self.compile(part) for part in node.parts)})"
        if isinstance(node, Either):
            return f"({' OR '.join(self.compile(part) for part in node.parts)})"
        if isinstance(node, Not):
            return f"NOT {self.compile(node.part)}"
        if _is_text(node):
            return f"e.id IN ({{text_{node.at}}})"
        if isinstance(node, Text):
            raise AssertionError("a text was looked for")
        kinds: dict[str, Callable[[Match], str]] = {
            "level": self._level, "time": self._time, "user": self._user, "trace": self._trace,
        }  # fmt: skip
        if node.field.name == "release":
            return self._release(node)
        if node.field.kind == "always":
            return "1 = 1"
        if node.field.kind == "project":
            return f"{PROJECT} IN ({projects_of(self.values, node)})"
        return kinds.get(node.field.kind, self._tag)(node)

    def _level(self, leaf: Match) -> str:
        names = [f":{self.values.name(level)}" for level in leaf.values]
        return f"e.level IN ({', '.join(names) or 'NULL'})"

    def _time(self, leaf: Match) -> str:
        if leaf.field.name not in fields.OF_EVENTS_ONLY:
            raise AssertionError("the other times are of issues")
        parts = []
        for value in leaf.values:
            if isinstance(value, Range):
                low, high = value.low or "", value.high or "~"
                low_name, high_name = self.values.name(low), self.values.name(high)
                parts.append(f"(e.sorted >= :{low_name} AND e.sorted < :{high_name})")
        return f"({' OR '.join(parts)})"

    def _release(self, leaf: Match) -> str:
        words = [value for value in leaf.values if isinstance(value, tuple)]
        named = [word for word in words if word != ("latest",)]
        parts = [compared(self.values, "r.folded", named)] if named else []
        if len(named) < len(words):
            parts.append(
                f"r.id = (SELECT n.id FROM releases n WHERE n.project_id = {PROJECT} "
                "AND n.version <> '' ORDER BY n.sorted_at DESC, n.id DESC LIMIT 1)"
            )
        return (
            "coalesce(e.release_id, 0) IN (SELECT r.id FROM releases r "
            f"WHERE r.project_id = {PROJECT} AND r.version <> '' AND ({' OR '.join(parts)}))"
        )

    def _tag(self, leaf: Match) -> str:
        words = [value if isinstance(value, tuple) else (str(value),) for value in leaf.values]
        condition = compared(self.values, "t.folded", [tuple(word) for word in words])
        marks = self._tags(leaf.key, f"t.value <> '' AND {condition}")
        if len(marks) > MOST_IDS:
            raise BadRequest(
                f"search: {leaf.key} has more than {MOST_IDS} such values (character {leaf.at})."
            )
        return self._marked(marks)

    def trait(self, key: str, value: str) -> str:
        """A filter of an address beside the search, which compares exactly."""
        name = self.values.name(value)
        if key == COLUMNS[0]:
            return f"e.environment = :{name}"
        if key == COLUMNS[1]:
            return (
                "e.release_id IN (SELECT r.id FROM releases r "
                f"WHERE r.project_id = {PROJECT} AND r.version = :{name})"
            )
        return self._marked(self._tags(key, f"t.value = :{name}"))

    def _tags(self, key: str, condition: str) -> list[str]:
        """The marks of a key's values that the issue has, of more than MOST_IDS one too many."""
        name = self.values.name(key)
        rows = self.db.execute(
            f"""
            SELECT t.id FROM tags t
            WHERE t.project_id = {PROJECT} AND t.key = :{name} AND {condition} AND t.id IN (
                SELECT s.tag_id FROM issue_tags s
                WHERE s.issue_id IN {PARTS} AND s.key_id = (
                    SELECT k.id FROM tag_keys k WHERE k.project_id = {PROJECT} AND k.key = :{name}))
            ORDER BY t.id
            LIMIT {MOST_IDS + 1}
            """,
            self.values.params,
        )
        return [str(row["id"]) for row in rows]

    def _user(self, leaf: Match) -> str:
        salt = instance.get(self.db)["secret"]
        (project_id,) = self.db.execute(f"SELECT {PROJECT}", self.values.params).fetchone()
        names = [
            f":{self.values.name(hashed)}"
            for value in leaf.values
            if isinstance(value, tuple)
            for hashed in person_hashes(salt, project_id, people_of(leaf.field.name, value))
        ]
        rows = self.db.execute(
            f"""
            SELECT DISTINCT s.hash FROM issue_people s
            WHERE s.hash IN ({", ".join(names) or "NULL"}) AND s.issue_id IN {PARTS}
            ORDER BY s.hash
            """,
            self.values.params,
        )
        return self._marked([person(row["hash"]) for row in rows])

    def _trace(self, leaf: Match) -> str:
        """Where ids say that it cannot be, the events' rows are not looked up."""
        found = []
        for value in leaf.values:
            within = traces.within(self.db, str(value), "e.id")
            found.append(f"({within} AND {self._marked([traced(str(value))])})")
        return f"({' OR '.join(found)})"

    def _marked(self, marks: list[str]) -> str:
        found = [MARKED.format(name=self.values.name(f"% {mark} %")) for mark in marks]
        return f"({' OR '.join(found) or '1 = 0'})"


def _is_text(leaf: Any) -> bool:
    return isinstance(leaf, Text) or (isinstance(leaf, Match) and leaf.field.kind == "text")


def patterns_of(leaf: Text | Match) -> list[Pattern]:
    if isinstance(leaf, Text):
        return [leaf.pattern]
    return [value for value in leaf.values if isinstance(value, tuple)]
