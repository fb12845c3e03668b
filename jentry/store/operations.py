"""Changes of many issues at once, each remembered so that it can be undone."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import Conflict, NotFound
from jentry.store import (
    conditions,
    issues,
    merge_operations,
    regroups,
    splits,
)
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk, choose
from jentry.store.connection import Connection
from jentry.store.merge_operations import AUTOMATIC, MERGE, OF_OPERATION, OPERATION
from jentry.store.regroups import REGROUP
from jentry.store.splits import INTO, SPLIT
from jentry.store.sql import OF_PROJECT

UNDOABLE = timedelta(days=30)
# Members of a change beside status and assignee.
DETAILS = ("substatus", "status_details", MERGE, AUTOMATIC, SPLIT, INTO, REGROUP)
LAST_AT = "last_at"  # beside them: when the last issues changed, if not all did at once
UNDOING = "undoing"  # and whether some of the issues are still to be put back


@dataclass
class Course:
    """Of a change in several transactions: how many issues `matched` in each project, and the
    operations that have begun there.
    """

    matched: Mapping[int, int]
    operations: dict[int, int] = field(default_factory=dict)


def chosen_ids(db: Connection, actor: Actor, bulk: Bulk, at: str) -> list[int]:
    """Of the issues that `perform` would look at, the oldest first. Raises BadRequest, Conflict."""
    return [issue["id"] for issue in choose(db, actor, bulk, at)]


def course(db: Connection, actor: Actor, bulk: Bulk, at: str) -> tuple[list[int], Course]:
    """The ids that `chosen_ids` gives, and a course that has not begun. Raises BadRequest,
    Conflict.
    """
    found = choose(db, actor, bulk, at)
    return [issue["id"] for issue in found], Course(_by_project(found))


def preview(db: Connection, actor: Actor, bulk: Bulk, at: str) -> dict[str, Any]:
    """What `perform` would answer, but for the ids of operations. Raises BadRequest."""
    found = choose(db, actor, bulk, at)
    return _result([], found, _changing(found, bulk.change))


def perform(
    db: Connection, actor: Actor, bulk: Bulk, at: str, so_far: Course | None = None
) -> dict[str, Any]:
    """Change them: `operation_ids`, one of each project in which an issue changes, and the numbers
    of issues `matched` and `changed`.

    Each issue that changes is audited; when none does there is no operation. As a step of a course
    it adds to the operations of the steps before. Raises BadRequest; Conflict for an operation that
    was undone meanwhile.
    """
    found = choose(db, actor, bulk, at)
    changing = _changing(found, bulk.change)
    if MERGE in bulk.change:
        ids = [issue["id"] for issue in changing]
        project_id = changing[0]["project_id"] if ids else 0
        done = merge_operations.merge(
            db, actor, _record, project_id, bulk.change, len(found), ids, at
        )
        return _result([done] if done else [], found, changing)
    by_project: dict[int, list[dict[str, Any]]] = {}
    for issue in changing:
        by_project.setdefault(issue["project_id"], []).append(issue)
    so_far = so_far or Course(_by_project(found))
    for project_id, members in sorted(by_project.items()):
        _perform(db, actor, project_id, bulk.change, so_far, members, at)
    return _result(sorted(so_far.operations.values()), found, changing)


def merge(
    db: Connection, actor: Actor, project_id: int, target_id: int, ids: list[int], at: str
) -> int:
    """Merge issues that nobody has chosen: the id of the operation. Raises BadRequest."""
    change = {MERGE: target_id, AUTOMATIC: True}
    return merge_operations.merge(db, actor, _record, project_id, change, len(ids), ids, at)


def _perform(
    db: Connection,
    actor: Actor,
    project_id: int,
    change: Mapping[str, Any],
    so_far: Course,
    changing: list[dict[str, Any]],
    at: str,
) -> None:
    setting = [issue for issue in changing if conditions.differs(issue, change)]
    operation_id = so_far.operations.get(project_id)
    if operation_id is None:
        matched = so_far.matched[project_id]
        operation_id = _record(db, actor, project_id, change, matched, len(changing), at)
        so_far.operations[project_id] = operation_id
    else:
        _extend(db, actor, operation_id, len(changing), at)
    _remember(db, actor, operation_id, changing, setting, change.get("status"))
    if setting:
        state = conditions.chosen(db, actor, project_id, change, at)
        told = issues.told(change) | {"operationId": operation_id}
        told |= merge_operations.by_itself(change)
        issues.set_status(db, actor, setting, state, at, **told)
    if "assignee_user_id" in change:
        assignee = change["assignee_user_id"]
        others = [issue for issue in changing if issue["assignee_user_id"] != assignee]
        issues.assign(db, actor, others, assignee, at, operationId=operation_id)


def split(
    db: Connection, actor: Actor, issue_id: int, hashes: Sequence[bytes], at: str
) -> dict[str, int]:
    """As `splits.split` does it."""
    return splits.split(db, actor, _record, issue_id, hashes, at)


def regroup(db: Connection, actor: Actor, project_id: int, at: str) -> int:
    """As `regroups.begin` does it."""
    return regroups.begin(db, actor, _record, project_id, at)


def get(db: Connection, actor: Actor, operation_id: int) -> dict[str, Any]:
    """The row of `operations`, with `change`, `skipped`, `undoable_until`; `last_at`, when it
    ended; `is_undoing`, when issues are still to be put back. Raises NotFound.
    """
    row = db.execute(
        f"""
        SELECT o.id, o.project_id, o.user_id, o.status, o.assigned,
               o.assignee_id AS assignee_user_id, o.matched, o.changed, o.created_at,
               o.undone_at, o.undone_by, o.restored, o.changed - o.restored AS skipped,
               (SELECT d.details FROM operation_details d WHERE d.operation_id = o.id) AS details
        {OF_OPERATION}
        """,
        {"operation_id": operation_id, "org_id": actor.org_id},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such operation.")
    until = clock.timestamp(clock.parse(row["created_at"]) + UNDOABLE)
    change: dict[str, Any] = {"status": row["status"]} if row["status"] else {}
    change |= json.loads(row["details"] or "{}")
    last_at = change.pop(LAST_AT, row["created_at"])
    is_undoing = change.pop(UNDOING, False)
    if row["assigned"]:
        change["assignee_user_id"] = row["assignee_user_id"]
    found = {"change": change, "undoable_until": until, "last_at": last_at}
    return dict(row) | found | {"is_undoing": is_undoing}


def _by_project(found: list[dict[str, Any]]) -> Counter[int]:
    return Counter(issue["project_id"] for issue in found)


def _changing(found: list[dict[str, Any]], change: Mapping[str, Any]) -> list[dict[str, Any]]:
    if MERGE in change:
        return [issue for issue in found if issue["id"] != change[MERGE]]
    return [
        issue
        for issue in found
        if conditions.differs(issue, change)
        or change.get("assignee_user_id", issue["assignee_user_id"]) != issue["assignee_user_id"]
    ]


def _result(
    operation_ids: list[int], found: list[dict[str, Any]], changing: list[dict[str, Any]]
) -> dict[str, Any]:
    return {"operation_ids": operation_ids, "matched": len(found), "changed": len(changing)}


def _record(
    db: Connection,
    actor: Actor,
    project_id: int,
    change: Mapping[str, Any],
    matched: int,
    changed: int,
    at: str,
) -> int:
    operation_id: int = db.execute(
        f"""
        INSERT INTO operations (project_id, user_id, status, assigned, assignee_id, matched,
                                changed, created_at)
        SELECT p.id, :user_id, :status, :assigned, :assignee_id, :matched, :changed, :at
        {OF_PROJECT}
        RETURNING id
        """,
        {
            "project_id": project_id,
            "org_id": actor.org_id,
            "user_id": actor.user_id,
            "status": change.get("status"),
            "assigned": int("assignee_user_id" in change),
            "assignee_id": change.get("assignee_user_id"),
            "matched": matched,
            "changed": changed,
            "at": at,
        },
    ).fetchone()["id"]
    if details := {name: held for name in DETAILS if (held := change.get(name))}:
        _put_details(db, actor, operation_id, details)
    return operation_id


def _extend(db: Connection, actor: Actor, operation_id: int, changed: int, at: str) -> None:
    """More issues have changed. Raises Conflict."""
    row = db.execute(
        f"""
        UPDATE operations SET changed = changed + :changed
        WHERE id = {OPERATION} AND undone_at IS NULL
        RETURNING id
        """,
        {"changed": changed, "operation_id": operation_id, "org_id": actor.org_id},
    ).fetchone()
    if row is None:
        raise Conflict(f"Operation {operation_id} was undone meanwhile.")
    add_details(db, actor, operation_id, {LAST_AT: at})


def add_details(
    db: Connection, actor: Actor, operation_id: int, details: Mapping[str, Any]
) -> None:
    """To those that it has, in place of those of the same names."""
    row = db.execute(
        f"SELECT details FROM operation_details WHERE operation_id = {OPERATION}",
        {"operation_id": operation_id, "org_id": actor.org_id},
    ).fetchone()
    before = json.loads(row["details"]) if row else {}
    _put_details(db, actor, operation_id, before | dict(details))


def _put_details(
    db: Connection, actor: Actor, operation_id: int, details: Mapping[str, Any]
) -> None:
    db.execute(
        f"""
        INSERT INTO operation_details (operation_id, details)
        SELECT o.id, :details {OF_OPERATION}
        ON CONFLICT (operation_id) DO UPDATE SET details = excluded.details
        """,
        {"operation_id": operation_id, "org_id": actor.org_id, "details": json.dumps(details)},
    )


def _remember(
    db: Connection,
    actor: Actor,
    operation_id: int,
    changing: list[dict[str, Any]],
    setting: list[dict[str, Any]],
    status: str | None,
) -> None:
    """What the issues were like. Those whose status is set that had a condition, or had the
    status already and are given another condition, have a row of operation_conditions.
    """
    names = ("id", "status", "substatus", "status_at", "status_events", "assignee_user_id")
    db.putmany(
        """
        INSERT INTO operation_issues (operation_id, issue_id, status, substatus, status_at,
                                      status_events, assignee_id)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [(operation_id, *(issue[name] for name in names)) for issue in changing],
    )
    had = conditions.of_issues(
        db, actor, [issue["id"] for issue in setting if issue["status_details"]]
    )
    same = {issue["id"]: None for issue in setting if issue["status"] == status}
    db.putmany(
        """
        INSERT INTO operation_conditions (operation_id, issue_id, condition) VALUES (?, ?, ?)
        """,
        [(operation_id, key, json.dumps(row)) for key, row in (same | had).items()],
    )
