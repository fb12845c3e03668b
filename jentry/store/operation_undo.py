"""What a change of many issues has done is undone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jentry.errors import Conflict
from jentry.store import (
    audit,
    conditions,
    issue_writes,
    issues,
    merge_operations,
    regroups,
    splits,
    users,
)
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.merge_operations import MERGE, OPERATION
from jentry.store.operations import UNDOING, add_details, get
from jentry.store.regroups import REGROUP
from jentry.store.splits import SPLIT
from jentry.vocabulary import MAX_ID


@dataclass(frozen=True)
class Part:
    """Of the issues that changed those of these ids."""

    first: int
    last: int
    is_last: bool


ALL = Part(0, MAX_ID, is_last=True)


def undo(
    db: Connection, actor: Actor, operation_id: int, at: str, part: Part = ALL
) -> dict[str, Any]:
    """Put back what is still as the operation left it; the operation afterwards.

    An issue that has changed since is left alone, and so is one whose former assignee is no longer
    an active member. Each issue put back is audited. Raises NotFound; Conflict the second time,
    unless issues are still to be put back, and after 30 days.
    """
    operation = get(db, actor, operation_id)
    if operation["undone_at"] is not None and not operation["is_undoing"]:
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
        untouched = _untouched(db, actor, operation, part)
        _restore(db, actor, operation, untouched, at)
        restored = len(untouched)
    _record(db, actor, operation_id, restored, at)
    if operation["is_undoing"] or not part.is_last:
        add_details(db, actor, operation_id, {UNDOING: not part.is_last})
    return get(db, actor, operation_id)


def _record(db: Connection, actor: Actor, operation_id: int, restored: int, at: str) -> None:
    db.execute(
        f"""
        UPDATE operations
        SET undone_at = coalesce(undone_at, :at), undone_by = coalesce(undone_by, :by),
            restored = coalesce(restored, 0) + :restored
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


def issue_ids(db: Connection, actor: Actor, operation_id: int) -> list[int]:
    """Those whose status or assignee it has changed."""
    rows = db.execute(
        f"SELECT issue_id FROM operation_issues WHERE operation_id = {OPERATION} ORDER BY issue_id",
        {"operation_id": operation_id, "org_id": actor.org_id},
    )
    return [row["issue_id"] for row in rows]


def _untouched(
    db: Connection, actor: Actor, operation: dict[str, Any], part: Part
) -> list[dict[str, Any]]:
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
        WHERE o.operation_id = {OPERATION} AND o.issue_id BETWEEN :first AND :last
        ORDER BY o.issue_id
        """,
        {
            "operation_id": operation["id"],
            "org_id": actor.org_id,
            "first": part.first,
            "last": part.last,
        },
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
    if _was_set(row, operation) and not (
        row["status_now"] == operation["status"]
        and operation["created_at"] <= row["status_at_now"] <= operation["last_at"]
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
    conditions.put(db, actor, had, {key: row for key, row in held.items() if row is not None})
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
