"""Assigning by ownership rules: whom they may name, and which issues they are tried on."""

from typing import Any

from jentry.store import issues, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import PROJECT

ASSIGNING = ("issue.assign", "issue.unassign")


def members(db: Connection, org_id: int) -> dict[str, int]:
    """The ids of active members, by address in small letters."""
    found = users.list_for(db, Actor(org_id, None, "system"))
    return {user["email"].lower(): user["id"] for user in found if user["is_active"]}


def assign(db: Connection, org_id: int, issue_id: int, user_id: int, rule: str, at: str) -> None:
    """Unless somebody has ever assigned the issue, or has left meanwhile. It is told by mail."""
    actor = Actor(org_id, None, "system")
    issue: dict[str, Any] = issues.get(db, actor, issue_id, at)
    member = users.member(db, org_id, user_id)
    if member is None or not member["is_active"]:
        return
    if issue["assignee_user_id"] is not None or _was_assigned(db, org_id, issue["id"]):
        return
    issues.assign(db, actor, [issue], user_id, at, rule=rule)


def _was_assigned(db: Connection, org_id: int, issue_id: int) -> bool:
    row = db.execute(
        """
        SELECT 1
        FROM audit_log a
        WHERE a.org_id = :org_id AND a.target = :target AND a.action IN (:assign, :unassign)
        LIMIT 1
        """,
        {"org_id": org_id, "target": f"issue:{issue_id}"}
        | dict(zip(("assign", "unassign"), ASSIGNING, strict=True)),
    ).fetchone()
    return row is not None


def newest(db: Connection, actor: Actor, project_id: int, most: int) -> list[int]:
    """The rows of the latest events of the issues that were seen last."""
    rows = db.execute(
        f"""
        SELECT (SELECT e.id FROM events e WHERE e.issue_id = i.id
                ORDER BY e.timestamp DESC, e.id DESC LIMIT 1) AS row_id
        FROM issues i
        WHERE i.project_id = {PROJECT} AND i.status <> 'merged'
        ORDER BY i.last_seen DESC, i.id DESC
        LIMIT :most
        """,
        {"project_id": project_id, "org_id": actor.org_id, "most": most},
    )
    return [row["row_id"] for row in rows if row["row_id"] is not None]
