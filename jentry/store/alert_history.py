"""What the past tells about a rule: issues that were new or came back, events by their number."""

from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.parts import whole


def project_ids(db: Connection, actor: Actor) -> list[int]:
    rows = db.execute("SELECT id FROM projects WHERE org_id = ? ORDER BY id", (actor.org_id,))
    return [row["id"] for row in rows]


EVENT = "e.event_id, e.level, e.environment, r.version AS release"


def new_issues(db: Connection, actor: Actor, since: str) -> list[dict[str, Any]]:
    """Each issue that was first seen then or later, with its first event that is still there:
    `at`, `project_id`, `issue_id`, `title`, `assignee_id` and those of EVENT.
    """
    rows = db.execute(
        f"""
        SELECT i.first_seen AS at, i.project_id, i.id AS issue_id, i.title, i.assignee_id, {EVENT}
        FROM projects p
        JOIN issues i ON i.project_id = p.id
        LEFT JOIN events e ON e.id = (
            SELECT id FROM events WHERE issue_id = i.id ORDER BY timestamp, id LIMIT 1
        )
        LEFT JOIN releases r ON r.id = e.release_id
        WHERE p.org_id = ? AND i.first_seen >= ? AND i.status <> 'merged'
        ORDER BY i.first_seen, i.id
        """,
        (actor.org_id, since),
    )
    return [dict(row) for row in rows]


def returns(db: Connection, actor: Actor, since: str) -> list[dict[str, Any]]:
    """Each time an issue came back by itself: as `new_issues`, and `substatus`."""
    rows = db.execute(
        f"""
        SELECT b.created_at AS at, i.project_id, i.id AS issue_id, i.title, i.assignee_id,
               b.substatus, {EVENT}
        FROM issue_returns b
        JOIN issues i ON i.id = {whole("b.issue_id")}
        JOIN projects p ON p.id = i.project_id
        LEFT JOIN events e ON e.event_id = b.event_id AND e.project_id = i.project_id
        LEFT JOIN releases r ON r.id = e.release_id
        WHERE p.org_id = ? AND b.created_at >= ?
        ORDER BY b.created_at, b.id
        """,
        (actor.org_id, since),
    )
    return [dict(row) for row in rows]


def titles(db: Connection, actor: Actor, ids: list[int]) -> dict[int, dict[str, Any]]:
    """`title` and `assignee_id` of issues."""
    rows = db.execute(
        f"""
        SELECT i.id, i.title, i.assignee_id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ? AND i.id IN ({", ".join("?" * len(ids)) or "NULL"})
        """,
        (actor.org_id, *ids),
    )
    return {row["id"]: dict(row) for row in rows}
