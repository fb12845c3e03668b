"""Ownership rules as a project keeps them, and assigning by them. `owners/rules.py` reads them."""

from typing import Any

from jentry.store import audit, issues, personal_mail, projects, roles, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import OF_PROJECT, PROJECT

ASSIGNING = ("issue.assign", "issue.unassign")


def get(db: Connection, actor: Actor, project_id: int) -> str:
    """Raises NotFound."""
    projects.get(db, actor, project_id)
    return text(db, actor.org_id, project_id)


def text(db: Connection, org_id: int, project_id: int) -> str:
    row = db.execute(
        f"SELECT p.ownership {OF_PROJECT}", {"project_id": project_id, "org_id": org_id}
    ).fetchone()
    return "" if row is None else row["ownership"]


def put(db: Connection, actor: Actor, project_id: int, rules: str, lines: int, at: str) -> None:
    """`lines`: the number of rules. What is so already is not audited.

    Raises Forbidden, NotFound.
    """
    roles.require(db, actor, "admin", "change ownership rules")
    if get(db, actor, project_id) == rules:
        return
    db.execute(
        f"UPDATE projects SET ownership = :rules WHERE id = {PROJECT}",
        {"rules": rules, "project_id": project_id, "org_id": actor.org_id},
    )
    audit.record(db, actor, "ownership.update", f"project:{project_id}", at, rules=lines)


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
    issues.assign(db, actor, issue, user_id, at, rule=rule)
    personal_mail.assigned(db, actor, user_id, [issue["id"]], at)


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
