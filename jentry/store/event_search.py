"""A search among the events of one issue, newest first: all conditions are of one event.

Tags and users of an event are in its `marks`, so no payload is read but where text is looked for. A
page looks at a bounded number of events, says how many, and the next one goes on from there.
"""

from collections.abc import Callable
from typing import Any

import orjson

from jentry.errors import BadRequest
from jentry.search import fields
from jentry.search.tree import Either, Every, Match, Node, Not, Pattern, Range, Text, leaves
from jentry.store import instance, issue_search
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.event_filter import COLUMNS, Found, Wanted
from jentry.store.event_marks import person, traced
from jentry.store.identity import person_hashes
from jentry.store.parts import PARTS, each
from jentry.store.payloads import unpack
from jentry.store.search_conditions import Values, compared
from jentry.store.search_sets import people_of, projects_of
from jentry.store.sql import ISSUE, fold

MOST_ROWS = 20_000  # that a page looks at
MOST_PAYLOADS = 500  # where text is looked for
MOST_IDS = 50  # of the tags that a pattern stands for

PROJECT = f"(SELECT o.project_id FROM issues o WHERE o.id = {ISSUE})"
MARKED = r"e.marks LIKE :{name} ESCAPE '\'"
MESSAGES = ("title", "message", "transaction")


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
    condition = " AND ".join(parts) or "1 = 1"
    keys = db.execute(
        f"""
        SELECT e.sorted, e.id
        FROM ({looks.window}) e
        WHERE {condition}
        ORDER BY e.sorted DESC, e.id DESC
        LIMIT :limit
        """,
        values.params | wanted.after_params | {"most": looks.most, "limit": wanted.limit},
    ).fetchall()
    return looks.found(keys)


class _Looks:
    def __init__(
        self, db: Connection, values: Values, wanted: Wanted, walked: Callable[[str, str], str]
    ) -> None:
        self.db = db
        self.values = values
        self.wanted = wanted
        self.most = MOST_ROWS
        self.texts: dict[int, list[int]] = {}  # of a leaf, by its place: events that have it
        after = "AND (e.timestamp, e.id) < (:after, :after_id)" if wanted.after else ""
        self.source = f"FROM events e WHERE e.issue_id IN {PARTS} {after}"
        columns = "e.timestamp AS sorted, e.id, e.level, e.environment, e.release_id, e.marks"
        self.window = f"{walked(columns, after)} ORDER BY 1 DESC, 2 DESC LIMIT :most"
        self.keys = walked("e.timestamp AS sorted, e.id", after)

    def prepare(self, node: Node) -> None:
        """Texts are looked for first. Raises BadRequest."""
        found = leaves(node)
        for leaf in found:
            if isinstance(leaf, Match) and not leaf.field.is_of_events:
                name = leaf.field.name
                raise BadRequest(
                    f"search: {name} is a field of issues, not of events (character {leaf.at})."
                )
        wanted = {leaf.at: patterns_of(leaf) for leaf in found if _is_text(leaf)}
        if wanted:
            self.most = MOST_PAYLOADS
            self.texts = {place: [] for place in wanted}
            for row_id, text in self._payloads():
                for place, patterns in wanted.items():
                    if any(_is_in(pattern, text) for pattern in patterns):
                        self.texts[place].append(row_id)

    def _payloads(self) -> list[tuple[int, str]]:
        rows = self.db.execute(
            f"""
            SELECT e.id, d.data
            FROM ({self.window}) e
            JOIN event_payloads d ON d.id = e.id
            ORDER BY e.sorted DESC, e.id DESC
            """,
            self.values.params | self.wanted.after_params | {"most": self.most},
        )
        return [(row["id"], _text_of(self.db, row["data"])) for row in rows]

    def compile(self, node: Node) -> str:
        if isinstance(node, Every):
            return f"({' AND '.join(self.compile(part) for part in node.parts)})"
        if isinstance(node, Either):
            return f"({' OR '.join(self.compile(part) for part in node.parts)})"
        if isinstance(node, Not):
            return f"NOT {self.compile(node.part)}"
        if _is_text(node):
            return f"e.id IN ({', '.join(map(str, self.texts[node.at])) or 'NULL'})"
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
        """The marks of a key's values, of more than MOST_IDS one too many."""
        rows = self.db.execute(
            f"""
            SELECT t.id FROM tags t
            WHERE t.project_id = {PROJECT} AND t.key = :{self.values.name(key)} AND {condition}
            ORDER BY t.id
            LIMIT {MOST_IDS + 1}
            """,
            self.values.params,
        )
        return [str(row["id"]) for row in rows]

    def _user(self, leaf: Match) -> str:
        salt = instance.get(self.db)["secret"]
        (project_id,) = self.db.execute(f"SELECT {PROJECT}", self.values.params).fetchone()
        marks = [
            person(hashed)
            for value in leaf.values
            if isinstance(value, tuple)
            for hashed in person_hashes(salt, project_id, people_of(leaf.field.name, value))
        ]
        return self._marked(marks)

    def _trace(self, leaf: Match) -> str:
        return self._marked([traced(str(value)) for value in leaf.values])

    def _marked(self, marks: list[str]) -> str:
        found = [MARKED.format(name=self.values.name(f"% {mark} %")) for mark in marks]
        return f"({' OR '.join(found) or '1 = 0'})"

    def found(self, keys: list[Row]) -> Found:
        def scanned(number: int) -> int:
            return self._until(keys[number])

        if len(keys) == self.wanted.limit:
            return Found(keys, scanned, (keys[-1]["sorted"], keys[-1]["id"]), scanned(-1))
        end = self._end()
        if end is not None:
            return Found(keys, scanned, (end["sorted"], end["id"]), self.most)
        return Found(keys, scanned, None, self._until(None))

    def _until(self, key: Row | None) -> int:
        """How many events are looked at as far as a key, that included; else all."""
        bounds, params = "", self.values.params | self.wanted.after_params
        if key is not None:
            bounds = " AND (e.timestamp, e.id) >= (:until, :until_id)"
            params |= {"until": key["sorted"], "until_id": key["id"]}
        number: int = self.db.execute(f"SELECT count(*) {self.source}{bounds}", params).fetchone()[
            0
        ]
        return number

    def _end(self) -> Row | None:
        """The last event that was looked at, when more follow."""
        rows = self.db.execute(
            f"""
            {self.keys}
            ORDER BY 1 DESC, 2 DESC
            LIMIT 2 OFFSET :place
            """,
            self.values.params | self.wanted.after_params | {"place": self.most - 1},
        ).fetchall()
        return rows[0] if len(rows) > 1 else None


def _is_text(leaf: Any) -> bool:
    return isinstance(leaf, Text) or (isinstance(leaf, Match) and leaf.field.kind == "text")


def patterns_of(leaf: Text | Match) -> list[Pattern]:
    if isinstance(leaf, Text):
        return [leaf.pattern]
    return [value for value in leaf.values if isinstance(value, tuple)]


def _is_in(pattern: Pattern, text: str) -> bool:
    """Its parts stand there one after the other."""
    place = 0
    for part in pattern:
        place = text.find(fold(part), place)
        if place < 0:
            return False
        place += len(fold(part))
    return True


def _text_of(db: Connection, data: bytes) -> str:
    """What an event says, folded: title, message, its errors."""
    try:
        event = orjson.loads(unpack(db, data))
    except ValueError:
        return ""
    entry = event.get("logentry") or {}
    parts = [*(event.get(name) for name in MESSAGES), entry.get("formatted"), entry.get("message")]
    for error in (event.get("exception") or {}).get("values") or ():
        parts += [error.get("type"), error.get("value")]
    return fold("\n".join(part for part in parts if isinstance(part, str)))
