"""How many events issues had in a span of time: exactly, or not at all.

What is said of issues is counted from `issue_hours`, in whole hours. What is said of single events
is counted among the last ones to arrive; when the span goes further back than these, nothing is
answered.
"""

from dataclasses import dataclass, replace
from typing import Any

from jentry import clock
from jentry.errors import BadRequest
from jentry.search.tree import Match, leaves
from jentry.store import arrivals, issue_search
from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.event_search import MOST_ROWS
from jentry.store.events import LAST
from jentry.store.issue_list import Filter, matching, scope_of, searched
from jentry.store.search_conditions import Values
from jentry.store.sql import Where

MOST = 50_000  # rows of an answer
OF_ISSUES = ("level", "text", "always", "project")  # kinds of fields that both have


@dataclass(frozen=True)
class Span:
    since: str
    until: str
    project_ids: list[int] | None = None  # None: all
    by_hour: bool = False


def of_issues(db: Connection, actor: Actor, text: str, span: Span, at: str) -> list[dict[str, Any]]:
    """Rows: `issue_id`, `project_id`, `title`, `culprit`, `level`, `events`, `first_seen`,
    `last_seen`, and `hour` if wanted. Raises BadRequest.
    """
    find = _among_events if _is_of_events(db, actor, text, at) else _from_hours
    with snapshot(db):
        rows = find(db, actor, text, span, at)
    if len(rows) > MOST:
        raise BadRequest("That is too much at once; ask for a shorter span.")
    return rows


def over_time(
    db: Connection, actor: Actor, text: str, span: Span, at: str
) -> list[tuple[str, int]]:
    """Hours and how many events all issues had in each. Raises BadRequest."""
    if _is_of_events(db, actor, text, at):
        rows = of_issues(db, actor, text, replace(span, by_hour=True), at)
        return [(row["hour"], row["events"]) for row in rows]
    with snapshot(db):
        where = _matching(db, actor, text, span, at)
        found = db.execute(
            f"""
            SELECT h.hour, sum(h.events) AS events
            FROM {HOURS}
            WHERE {where}
            GROUP BY h.hour
            ORDER BY h.hour
            """,
            where.params,
        )
        return [tuple(row) for row in found]


# Of issues no more than the index of `last_seen` has is read here.
HOURS = """
    issues i
    LEFT JOIN issue_parts m ON m.issue_id = i.id
    CROSS JOIN issue_hours h ON h.issue_id = coalesce(m.part_id, i.id)
"""


def _is_of_events(db: Connection, actor: Actor, text: str, at: str) -> bool:
    """Whether the search is about what single events have. Raises BadRequest."""
    node = issue_search.read(db, actor, scope_of(None), text, at)
    return any(
        isinstance(leaf, Match) and leaf.field.is_of_events and leaf.field.kind not in OF_ISSUES
        for leaf in (leaves(node) if node is not None else ())
    )


def _matching(db: Connection, actor: Actor, text: str, span: Span, at: str) -> Where:
    """Conditions of HOURS."""
    only = span.project_ids[0] if span.project_ids and len(span.project_ids) == 1 else None
    wanted = Filter(
        project_id=only, status="all", is_status_given=False, search=text, since=span.since
    )
    where = matching(db, actor, wanted, at, search=searched(db, actor, wanted, at))
    if span.project_ids is not None:
        where.add(f"i.project_id IN ({', '.join(map(str, span.project_ids)) or 'NULL'})")
    where.add("h.hour >= :first_hour", first_hour=clock.hour(span.since))
    where.add("h.hour <= :last_hour", last_hour=clock.hour(span.until))
    return where


def _from_hours(
    db: Connection, actor: Actor, text: str, span: Span, at: str
) -> list[dict[str, Any]]:
    where = _matching(db, actor, text, span, at)
    by = "h.hour" if span.by_hour else "i.id"
    rows = db.execute(
        f"""
        WITH counted AS (
            SELECT i.id, sum(h.events) AS events, max(h.hour) AS hour
            FROM {HOURS}
            WHERE {where}
            GROUP BY i.id, {by}
            ORDER BY i.id, {by}
            LIMIT {MOST + 1}
        )
        SELECT i.id AS issue_id, i.project_id, i.title, i.culprit, i.level, i.first_seen,
               i.last_seen, n.events, n.hour
        FROM counted n
        CROSS JOIN issues i ON i.id = n.id
        ORDER BY i.id, n.hour
        """,
        where.params,
    )
    return [dict(row) for row in rows]


def _among_events(
    db: Connection, actor: Actor, text: str, span: Span, at: str
) -> list[dict[str, Any]]:
    values = Values(org_id=actor.org_id)
    ids = None if span.project_ids is None else tuple(span.project_ids)
    wanted = arrivals.Wanted(project_ids=ids, search=text, since=span.since, until=span.until)
    condition = arrivals.condition(db, actor, values, wanted, at)
    last = arrivals.end(db, LAST)
    if last is not None and last["received_at"] >= span.since:
        raise BadRequest(
            f"query: That can be counted among the last {MOST_ROWS} events only; ask for a "
            "shorter span."
        )
    hour = "substr(e.timestamp, 1, 13)"
    by = hour if span.by_hour else "i.id"
    rows = db.execute(
        f"""
        SELECT i.id AS issue_id, i.project_id, i.title, i.culprit, i.level,
               min(e.timestamp) AS first_seen, max(e.timestamp) AS last_seen,
               count(*) AS events, max({hour}) AS hour
        FROM ({arrivals.WINDOW}) e
        CROSS JOIN issues i ON i.id = e.issue_id
        WHERE {condition}
        GROUP BY i.id, i.project_id, i.title, i.culprit, i.level, {by}
        ORDER BY i.id, {by}
        LIMIT {MOST + 1}
        """,
        values.params | {"before": LAST, "first": arrivals.first(last)},
    )
    return [dict(row) for row in rows]
