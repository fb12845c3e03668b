"""Where is my event? What the organization has of the one with an id."""

from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.parts import whole


def find(db: Connection, actor: Actor, event_id: bytes) -> dict[str, Any]:
    """`events`, the newest first: `project_id`, `project`, `issue_id`, `title`, `received_at`; and
    how many `attachments` and `user_reports` came with that id, which may be there before it.
    """
    params = {"org_id": actor.org_id, "event_id": event_id}
    with snapshot(db):
        events = db.execute(
            f"""
            SELECT e.project_id, p.name AS project, i.id AS issue_id, i.title, e.received_at
            FROM events e
            JOIN projects p ON p.id = e.project_id
            JOIN issues i ON i.id = {whole("e.issue_id")}
            WHERE p.org_id = :org_id AND e.event_id = :event_id
            ORDER BY e.id DESC
            """,
            params,
        ).fetchall()
        beside = {name: _count(db, name, params) for name in ("attachments", "user_reports")}
    return {"events": [dict(row) for row in events]} | beside


def _count(db: Connection, table: str, params: dict[str, Any]) -> int:
    (number,) = db.execute(
        f"""
        SELECT count(*)
        FROM {table}
        WHERE project_id IN (SELECT id FROM projects WHERE org_id = :org_id)
          AND event_id = :event_id
        """,
        params,
    ).fetchone()
    found: int = number
    return found
