"""Grouping a project's stored events again, as an operation that upkeep carries out by and by.

`regroup_steps.py` has what upkeep does. Nobody is alerted, and nothing regresses by it.
"""

from collections.abc import Mapping
from typing import Any

from jentry.errors import Conflict, NotFound
from jentry.store import audit, projects, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.merge_operations import Recorder
from jentry.store.sql import PROJECT

REGROUP = "regroup"  # member of a change
ENDED = ("done", "undone")


def begin(db: Connection, actor: Actor, record: Recorder, project_id: int, at: str) -> int:
    """The id of the operation. Raises Forbidden, NotFound; Conflict while another one goes on."""
    require(db, actor)
    projects.get(db, actor, project_id)
    _require_rest(db, actor, project_id)
    operation_id = record(db, actor, project_id, {REGROUP: True}, 0, 0, at)
    db.execute(
        """
        INSERT INTO regroups (operation_id, project_id, state, rules, last_event, total)
        SELECT :operation_id, p.id, 'reading', p.fingerprint_rules,
               (SELECT coalesce(max(e.id), 0) FROM events e),
               coalesce((SELECT u.events FROM project_usage u WHERE u.project_id = p.id), 0)
        FROM projects p
        WHERE p.id = :project_id AND p.org_id = :org_id
        """,
        {"operation_id": operation_id, "project_id": project_id, "org_id": actor.org_id},
    )
    told = {"operationId": operation_id}
    audit.record(db, actor, "grouping.regroup", f"project:{project_id}", at, **told)
    return operation_id


def _require_rest(
    db: Connection, actor: Actor, project_id: int, but_for: int | None = None
) -> None:
    """Raises Conflict."""
    running = latest(db, actor, project_id)
    if running and running["state"] not in ENDED and running["operation_id"] != but_for:
        raise Conflict(
            f"Events of project {project_id} are being grouped again already, by operation "
            f"{running['operation_id']}."
        )


def latest(db: Connection, actor: Actor, project_id: int) -> dict[str, Any] | None:
    """The last one of a project, or the one that goes on: `operation_id`, `state`, `total` events,
    `events` looked at so far, `moved` to another issue, `changed` issues, `created_at` and
    `finished_at`.

    None before the first, and 30 days after the last.
    """
    row = db.execute(
        f"""
        SELECT r.operation_id, r.state, r.total, r.events, r.moved, o.changed, o.created_at,
               r.finished_at
        FROM regroups r
        JOIN operations o ON o.id = r.operation_id
        WHERE r.project_id = {PROJECT}
        ORDER BY CASE WHEN r.finished_at IS NULL THEN 0 ELSE 1 END, r.operation_id DESC
        LIMIT 1
        """,
        {"project_id": project_id, "org_id": actor.org_id},
    ).fetchone()
    return None if row is None else dict(row)


def get(db: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    """As `latest`. Raises NotFound when there is none."""
    found = latest(db, actor, project_id)
    if found is None:
        raise NotFound("Stored events of this project were not grouped again in the last 30 days.")
    return found


def undo(db: Connection, actor: Actor, operation: Mapping[str, Any], at: str) -> int:
    """How many issues will be as they were: upkeep leads events back by and by. Of what is still
    being looked at, nothing has changed yet. Raises Forbidden, Conflict.
    """
    require(db, actor)
    _require_rest(db, actor, operation["project_id"], operation["id"])
    mine = {"operation_id": operation["id"], "project_id": operation["project_id"],
            "org_id": actor.org_id, "at": at}  # fmt: skip
    row = db.execute(
        f"""
        UPDATE regroups
        SET state = CASE WHEN state = 'reading' THEN 'undone' ELSE 'undoing' END,
            finished_at = CASE WHEN state = 'reading' THEN CAST(:at AS TEXT) END,
            seen_group = 0, seen_at = '~', seen_id = 0
        WHERE operation_id = :operation_id AND project_id = {PROJECT}
        RETURNING state
        """,
        mine,
    ).fetchone()
    told = {"operationId": operation["id"], "undo": True}
    if row["state"] == "undone":
        told |= {"moved": 0}
    target = f"project:{operation['project_id']}"
    audit.record(db, actor, "grouping.regroup", target, at, **told)
    changed: int = operation["changed"]
    return changed


def require(db: Connection, actor: Actor) -> None:
    """Raises Forbidden."""
    roles.require(db, actor, "admin", "group stored events again")
