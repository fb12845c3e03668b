"""The events of an organization, the last to arrive first, as tools for Sentry's API look for them.

No index knows what an event has, so a page looks at a bounded number of events; the next one goes
on from there. What a search says of level, time, release, tags and users is asked of the event,
everything else of its issue.
"""

from dataclasses import dataclass

from jentry.errors import BadRequest
from jentry.search import fields
from jentry.search.tree import Either, Every, Match, Node, Not, Range, Text
from jentry.store import events, instance, issue_search
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.event_marks import person, traced
from jentry.store.event_search import MARKED, MOST_IDS, MOST_ROWS
from jentry.store.identity import person_hashes
from jentry.store.issue_list import scope_of
from jentry.store.paging import Page, Paging
from jentry.store.parts import whole
from jentry.store.search_conditions import Values, compared
from jentry.store.search_sets import Sets, people_of


@dataclass(frozen=True)
class Wanted(Paging):
    """`after` is a moment of arrival and an id, of which only the id counts."""

    project_ids: tuple[int, ...] | None = None  # None: all
    search: str = ""
    since: str | None = None  # of the event's own time
    until: str | None = None


def page(db: Connection, actor: Actor, wanted: Wanted, at: str) -> Page:
    """Rows as `store/events` has them; it may be empty and not the last. Raises BadRequest."""
    values = Values(org_id=actor.org_id)
    before = wanted.after[1] if wanted.after else events.LAST
    with snapshot(db):
        asked = condition(db, actor, values, wanted, at)
        last = end(db, before)
        keys = db.execute(
            f"""
            SELECT e.id, e.received_at
            FROM ({WINDOW}) e
            CROSS JOIN issues i ON i.id = e.issue_id
            WHERE {asked}
            ORDER BY e.id DESC
            LIMIT :limit
            """,
            values.params | {"before": before, "first": first(last), "limit": wanted.limit},
        ).fetchall()
        rows = events.by_ids(db, actor, [key["id"] for key in keys])
        if len(rows) == wanted.limit or len(rows) < len(keys):
            ending = keys[len(rows) - 1]
            return Page(rows, None, (ending["received_at"], ending["id"]))
        if last is None or last["received_at"] < (wanted.since or ""):
            return Page(rows, None, None)
        return Page(rows, None, (at, last["id"]))


WINDOW = f"""
    SELECT n.id, n.project_id, {whole("n.issue_id")} AS issue_id, n.timestamp, n.received_at,
           n.level, n.environment, n.release_id, n.marks
    FROM events n
    WHERE n.id < :before AND n.id >= :first
"""


def end(db: Connection, before: int) -> Row | None:
    """`id` and `received_at` of the last event, whosever it is, that one request looks at; None
    when it looks at all.
    """
    row: Row | None = db.execute(
        """
        SELECT o.id, o.received_at
        FROM events o
        WHERE o.id < ?
        ORDER BY o.id DESC
        LIMIT 1 OFFSET ?
        """,
        (before, MOST_ROWS - 1),
    ).fetchone()
    return row


def first(last: Row | None) -> int:
    """The parameter of WINDOW."""
    return 0 if last is None else int(last["id"])


def condition(db: Connection, actor: Actor, values: Values, wanted: Wanted, at: str) -> str:
    parts = ["i.project_id IN (SELECT p.id FROM projects p WHERE p.org_id = :org_id)"]
    if wanted.project_ids is not None:
        parts.append(f"i.project_id IN ({', '.join(map(str, wanted.project_ids)) or 'NULL'})")
    if wanted.since:
        parts.append(f"e.timestamp >= :{values.name(wanted.since)}")
    if wanted.until:
        parts.append(f"e.timestamp < :{values.name(wanted.until)}")
    scope = scope_of(None)
    node = issue_search.read(db, actor, scope, wanted.search, at)
    if node is not None:
        parts.append(_Asked(db, actor, values, at, scope).of(node))
    return " AND ".join(parts)


class _Asked:
    def __init__(self, db: Connection, actor: Actor, values: Values, at: str, scope: str) -> None:
        self.db = db
        self.actor = actor
        self.values = values
        self.scope = scope
        self.sets = Sets(db, actor, scope, at, values)

    def of(self, node: Node) -> str:
        if isinstance(node, Every):
            return f"({' AND '.join(self.of(part) for part in node.parts)})"
        if isinstance(node, Either):
            return f"({' OR '.join(self.of(part) for part in node.parts)})"
        if isinstance(node, Not):
            return f"NOT {self.of(node.part)}"
        return self._leaf(node)

    def _leaf(self, leaf: Text | Match) -> str:
        if isinstance(leaf, Match) and leaf.field.is_of_events:
            if leaf.field.kind == "level":
                names = [f":{self.values.name(level)}" for level in leaf.values]
                return f"e.level IN ({', '.join(names) or 'NULL'})"
            if leaf.field.kind == "trace":
                return self._marked([traced(str(value)) for value in leaf.values])
            if leaf.field.name in fields.OF_EVENTS_ONLY:
                return self._time(leaf)
            if leaf.field.kind == "user":
                return self._marked(self._people(leaf))
            if leaf.field.name == "release":
                return self._release(leaf)
            if leaf.field.kind in ("pattern", "switch"):
                return self._marked(self._tags(leaf))
        return self.sets.of(leaf).each.format(scope=self.scope)

    def _time(self, leaf: Match) -> str:
        parts = []
        for value in leaf.values:
            if isinstance(value, Range):
                low, high = self.values.name(value.low or ""), self.values.name(value.high or "~")
                parts.append(f"(e.timestamp >= :{low} AND e.timestamp < :{high})")
        return f"({' OR '.join(parts) or '1 = 0'})"

    def _release(self, leaf: Match) -> str:
        words = [value for value in leaf.values if isinstance(value, tuple)]
        if ("latest",) in words:
            return self.sets.of(leaf).each.format(scope=self.scope)
        return (
            "coalesce(e.release_id, 0) IN (SELECT r.id FROM releases r WHERE r.version <> '' "
            f"AND r.project_id {self.scope} AND {compared(self.values, 'r.folded', words)})"
        )

    def _tags(self, leaf: Match) -> list[str]:
        words = [value if isinstance(value, tuple) else (str(value),) for value in leaf.values]
        condition = compared(self.values, "t.folded", [tuple(word) for word in words])
        rows = self.db.execute(
            f"""
            SELECT t.id FROM tags t
            WHERE t.project_id {self.scope} AND t.key = :{self.values.name(leaf.key)}
              AND t.value <> '' AND {condition}
            ORDER BY t.id
            LIMIT {MOST_IDS + 1}
            """,
            self.values.params,
        ).fetchall()
        if len(rows) > MOST_IDS:
            raise BadRequest(
                f"search: {leaf.key} has more than {MOST_IDS} such values (character {leaf.at})."
            )
        return [str(row["id"]) for row in rows]

    def _people(self, leaf: Match) -> list[str]:
        salt = instance.get(self.db)["secret"]
        rows = self.db.execute(
            "SELECT id FROM projects WHERE org_id = ? ORDER BY id", (self.actor.org_id,)
        ).fetchall()
        return [
            person(hashed)
            for row in rows
            for value in leaf.values
            if isinstance(value, tuple)
            for hashed in person_hashes(salt, row["id"], people_of(leaf.field.name, value))
        ]

    def _marked(self, marks: list[str]) -> str:
        found = [MARKED.format(name=self.values.name(f"% {mark} %")) for mark in marks]
        return f"({' OR '.join(found) or '1 = 0'})"
