"""Changes of many issues at once, and their undoing."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import Conflict, NotFound
from jentry.store import (
    audit,
    conditions,
    issue_writes,
    issues,
    merge_operations,
    personal_mail,
    regroups,
    splits,
    users,
)
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk, choose
from jentry.store.connection import Connection, Row
from jentry.store.merge_operations import AUTOMATIC, MERGE, OF_OPERATION, OPERATION
from jentry.store.regroups import REGROUP
from jentry.store.splits import INTO, SPLIT
from jentry.store.sql import OF_PROJECT

UNDOABLE = timedelta(days=30)
# Members of a change beside status and assignee.
DETAILS = ("substatus", "status_details", MERGE, AUTOMATIC, SPLIT, INTO, REGROUP)


def chosen_ids(db: Connection, actor: Actor, bulk: Bulk, at: str) -> list[int]:
    """Of the issues that `perform` would look at, the oldest first. Raises BadRequest, Conflict."""
    return [issue["id"] for issue in choose(db, actor, bulk, at)]


def preview(db: Connection, actor: Actor, bulk: Bulk, at: str) -> dict[str, Any]:
    """What `perform` would answer, but for the ids of operations. Raises BadRequest."""
    found = choose(db, actor, bulk, at)
    return _result([], found, _changing(found, bulk.change))


def perform(db: Connection, actor: Actor, bulk: Bulk, at: str) -> dict[str, Any]:
    """Change them: `operation_ids`, one of each project in which an issue changes, and the numbers
    of issues `matched` and `changed`.

    Each issue that changes is audited; when none does there is no operation. Raises BadRequest.
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
    operation_ids = []
    for project_id, members in sorted(by_project.items()):
        matched = sum(issue["project_id"] == project_id for issue in found)
        operation_ids.append(_perform(db, actor, project_id, bulk.change, matched, members, at))
    return _result(operation_ids, found, changing)


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
    matched: int,
    changing: list[dict[str, Any]],
    at: str,
) -> int:
    """The id of the operation."""
    setting = [issue for issue in changing if conditions.differs(issue, change)]
    operation_id = _record(db, actor, project_id, change, matched, len(changing), at)
    _remember(db, actor, operation_id, changing, setting, change.get("status"))
    if setting:
        _set(db, actor, operation_id, change, setting, at)
    if "assignee_user_id" in change:
        _assign(db, actor, operation_id, change["assignee_user_id"], changing, at)
    return operation_id


def _set(
    db: Connection,
    actor: Actor,
    operation_id: int,
    change: Mapping[str, Any],
    setting: list[dict[str, Any]],
    at: str,
) -> None:
    state = conditions.chosen(db, actor, setting[0]["project_id"], change, at)
    had = [issue["id"] for issue in setting if issue["status_details"]]
    chosen = {
        issue["id"]: {"from_users": issue["user_count"]} | dict(state.condition)
        for issue in setting
        if state.condition is not None
    }
    issue_writes.set_status(db, setting, state.status, state.substatus, at)
    conditions.put_all(db, actor, had, chosen)
    told = issues.told(change) | {"operationId": operation_id}
    told |= merge_operations.by_itself(change)
    entries = [issues.of_status(issue, state.status, **told) for issue in setting]
    audit.record_all(db, actor, entries, at)


def _assign(
    db: Connection,
    actor: Actor,
    operation_id: int,
    assignee: int | None,
    changing: list[dict[str, Any]],
    at: str,
) -> None:
    others = [issue for issue in changing if issue["assignee_user_id"] != assignee]
    issue_writes.assign(db, {issue["id"]: assignee for issue in others})
    entries = [issues.of_assignee(issue, assignee, operationId=operation_id) for issue in others]
    audit.record_all(db, actor, entries, at)
    personal_mail.assigned(db, actor, assignee, [issue["id"] for issue in others], at)


def split(
    db: Connection, actor: Actor, issue_id: int, hashes: Sequence[bytes], at: str
) -> dict[str, int]:
    """As `splits.split` does it."""
    return splits.split(db, actor, _record, issue_id, hashes, at)


def regroup(db: Connection, actor: Actor, project_id: int, at: str) -> int:
    """As `regroups.begin` does it."""
    return regroups.begin(db, actor, _record, project_id, at)


def get(db: Connection, actor: Actor, operation_id: int) -> dict[str, Any]:
    """The row of `operations`, with `change`, `skipped` and `undoable_until`. Raises NotFound."""
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
    if row["assigned"]:
        change["assignee_user_id"] = row["assignee_user_id"]
    return dict(row) | {"change": change, "undoable_until": until}


def undo(db: Connection, actor: Actor, operation_id: int, at: str) -> dict[str, Any]:
    """Put back what is still as the operation left it; the operation afterwards.

    An issue that has changed since is left alone, and so is one whose former assignee is no longer
    an active member. Each issue put back is audited. Raises NotFound; Conflict the second time,
    and after 30 days.
    """
    operation = get(db, actor, operation_id)
    if operation["undone_at"] is not None:
        raise Conflict(f"Operation {operation_id} was already undone at {operation['undone_at']}.")
    if operation["undoable_until"] <= at:
        raise Conflict(
            f"Operation {operation_id} could be undone until {operation['undoable_until']}."
        )
    if MERGE in operation["change"]:
        restored = merge_operations.undo(db, actor, operation, at)
    elif SPLIT in operation["change"]:
        restored = splits.undo(db, actor, operation, at)
    elif REGROUP in operation["change"]:
        restored = regroups.undo(db, actor, operation, at)
    else:
        untouched = _untouched(db, actor, operation)
        _restore(db, actor, operation, untouched, at)
        restored = len(untouched)
    db.execute(
        f"""
        UPDATE operations
        SET undone_at = :at, undone_by = :by, restored = :restored
        WHERE id = {OPERATION}
        """,
        {
            "at": at,
            "by": actor.user_id,
            "restored": restored,
            "operation_id": operation_id,
            "org_id": actor.org_id,
        },
    )
    return get(db, actor, operation_id)


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
    _record_details(db, actor, operation_id, change)
    return operation_id


def _record_details(
    db: Connection, actor: Actor, operation_id: int, change: Mapping[str, Any]
) -> None:
    details = {name: held for name in DETAILS if (held := change.get(name))}
    if details:
        db.execute(
            f"""
            INSERT INTO operation_details (operation_id, details)
            SELECT o.id, :details {OF_OPERATION}
            """,
            {
                "operation_id": operation_id,
                "org_id": actor.org_id,
                "details": json.dumps(details),
            },
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


def _untouched(db: Connection, actor: Actor, operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What those issues were like before that are as the operation left them, and can be again."""
    rows = db.execute(
        f"""
        SELECT o.issue_id AS id, o.status, o.substatus, o.status_at, o.status_events,
               o.assignee_id AS assignee_user_id, i.status AS status_now,
               i.status_at AS status_at_now, i.assignee_id AS assignee_now, c.condition,
               n.kind AS kind_now
        FROM operation_issues o
        JOIN issues i ON i.id = o.issue_id
        LEFT JOIN operation_conditions c
               ON c.operation_id = o.operation_id AND c.issue_id = o.issue_id
        LEFT JOIN issue_conditions n ON n.issue_id = o.issue_id
        WHERE o.operation_id = {OPERATION}
        ORDER BY o.issue_id
        """,
        {"operation_id": operation["id"], "org_id": actor.org_id},
    ).fetchall()
    members = users.list_for(db, actor)
    assignable = {None} | {user["id"] for user in members if user["is_active"]}
    return [
        dict(row)
        for row in rows
        if _is_untouched(row, operation)
        and (not _was_assigned(row, operation) or row["assignee_user_id"] in assignable)
    ]


def _is_untouched(row: Row, operation: dict[str, Any]) -> bool:
    if _was_set(row, operation) and (row["status_now"], row["status_at_now"]) != (
        operation["status"],
        operation["created_at"],
    ):
        return False
    return not _was_assigned(row, operation) or row["assignee_now"] == operation["assignee_user_id"]


def _was_set(before: Mapping[str, Any] | Row, operation: dict[str, Any]) -> bool:
    """Whether the operation changed the issue's status, or what it waits for."""
    is_word = operation["status"] not in (None, before["status"])
    return is_word or before["condition"] is not None


def _was_assigned(before: Mapping[str, Any] | Row, operation: dict[str, Any]) -> bool:
    is_other: bool = before["assignee_user_id"] != operation["assignee_user_id"]
    return bool(operation["assigned"]) and is_other


def _restore(
    db: Connection,
    actor: Actor,
    operation: dict[str, Any],
    untouched: list[dict[str, Any]],
    at: str,
) -> None:
    setting = [before for before in untouched if _was_set(before, operation)]
    had = [before["id"] for before in setting if before["kind_now"] is not None]
    held = {before["id"]: json.loads(before["condition"] or "null") for before in setting}
    issue_writes.put_back(db, setting)
    conditions.put_all(db, actor, had, {key: row for key, row in held.items() if row is not None})
    assigning = [before for before in untouched if _was_assigned(before, operation)]
    issue_writes.assign(db, {before["id"]: before["assignee_user_id"] for before in assigning})
    meta = {"operationId": operation["id"], "undo": True}
    entries = []
    for before in untouched:
        now = {
            "id": before["id"],
            "status": before["status_now"],
            "assignee_user_id": before["assignee_now"],
        }
        if _was_set(before, operation):
            entries.append(issues.of_status(now, before["status"], **meta))
        if _was_assigned(before, operation):
            entries.append(issues.of_assignee(now, before["assignee_user_id"], **meta))
    audit.record_all(db, actor, entries, at)
