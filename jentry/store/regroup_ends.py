"""How grouping stored events again ends, or is undone: issues that all events have left lead on,
and what was made for events that went back goes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from jentry.store import (
    audit,
    merge_operations,
    merging,
    operation_undo,
    operations,
    parts,
    splitting,
)
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection, Row
from jentry.store.regroup_tasks import Task, is_in

MERGED = 10  # issues that are merged in one transaction
# Members of what the operation remembers.
MERGES = "merges"  # ids of operations
ASIDE = "aside"  # of an issue that is full the empty one that takes in others instead
NO_EVENT = "NOT EXISTS (SELECT 1 FROM events e WHERE e.issue_id = i.id)"
NO_PART = "NOT EXISTS (SELECT 1 FROM issue_parts m WHERE m.part_id = i.id)"


@dataclass(frozen=True, slots=True)
class Made:
    """A hash that was made, or led to an issue that was; `last_id`: events that were looked at."""

    hash_id: int
    issue_id: int
    made_id: int | None
    is_unused: bool
    last_id: int


def emptied(db: Connection, task: Task) -> list[tuple[int, int]]:
    """Issues that all events have left, each with the one to which most of them went: of those
    that are unresolved, if there are any.
    """
    rows = db.execute(
        f"""
        SELECT f.issue_id, h.issue_id AS target_id
        FROM regroup_flows f
        JOIN issue_hashes h ON h.id = f.hash_id
        JOIN issues i ON i.id = f.issue_id
        WHERE f.operation_id = ? AND h.issue_id <> f.issue_id AND {NO_EVENT} AND {NO_PART}
        GROUP BY f.issue_id, h.issue_id
        ORDER BY sum(f.events), h.issue_id
        """,
        (task.operation_id,),
    ).fetchall()
    rows.sort(key=lambda row: merge_operations.is_open(db, row["target_id"]))
    return sorted({row["issue_id"]: row["target_id"] for row in rows}.items())


def merge(db: Connection, task: Task, pairs: Sequence[tuple[int, int]], at: str) -> None:
    """Those that are still empty become parts of the others. Where one is full already, they become
    parts of one of them, and that one is resolved.
    """
    if not is_in(db, task, "moving"):
        return
    by_target: dict[int, list[int]] = {}
    for issue_id, target_id in pairs:
        if _is_left(db, issue_id):
            whole_id = parts.led_to(db, task.actor, target_id)
            by_target.setdefault(whole_id, []).append(issue_id)
    for target_id, ids in sorted(by_target.items()):
        left = [issue_id for issue_id in ids if issue_id != target_id]
        while left:
            whole_id = _with_room(db, task, target_id) or left.pop(0)
            if whole_id in ids:
                _set_aside(db, task, target_id, whole_id, at)
            room = _room(db, task, whole_id)
            if left[:room]:
                _remember(db, task, operations.merge(
                    db, task.actor, task.project_id, whole_id, left[:room], at
                ))  # fmt: skip
            left = left[room:]


def _room(db: Connection, task: Task, whole_id: int) -> int:
    return merging.MOST - max(1, len(parts.ids(db, task.actor, whole_id)))


def _with_room(db: Connection, task: Task, target_id: int) -> int | None:
    """The issue itself, or the last that was set aside when it was full."""
    for whole_id in (target_id, _details(db, task).get(ASIDE, {}).get(str(target_id))):
        if whole_id is not None and _room(db, task, whole_id) > 0:
            return int(whole_id)
    return None


def _set_aside(db: Connection, task: Task, target_id: int, issue_id: int, at: str) -> None:
    """One of those for which there is no room takes in the others: all are empty."""
    change = {"status": "resolved", merge_operations.AUTOMATIC: True}
    bulk = Bulk(task.project_id, (issue_id,), None, change)
    done = operations.perform(db, task.actor, bulk, at)["operation_ids"]
    details = _details(db, task)
    details[ASIDE] = details.get(ASIDE, {}) | {str(target_id): issue_id}
    _keep(db, task, details)
    for operation_id in done:
        _remember(db, task, operation_id)


def _is_left(db: Connection, issue_id: int) -> bool:
    row = db.execute(
        f"SELECT 1 FROM issues i WHERE i.id = ? AND {NO_EVENT} AND {NO_PART}", (issue_id,)
    ).fetchone()
    return row is not None


def _details(db: Connection, task: Task) -> dict[str, Any]:
    row = db.execute(
        "SELECT details FROM operation_details WHERE operation_id = ?", (task.operation_id,)
    ).fetchone()
    found: dict[str, Any] = json.loads(row["details"])
    return found


def _remember(db: Connection, task: Task, merged: int) -> None:
    details = _details(db, task)
    details[MERGES] = [*details.get(MERGES, []), merged]
    _keep(db, task, details)


def _keep(db: Connection, task: Task, details: Mapping[str, Any]) -> None:
    db.execute(
        "UPDATE operation_details SET details = ? WHERE operation_id = ?",
        (json.dumps(details), task.operation_id),
    )


def finish(db: Connection, task: Task, at: str) -> None:
    """All is done: said in the audit log."""
    _end(db, task, "moving", "done", at)


def _end(db: Connection, task: Task, former: str, state: str, at: str) -> None:
    row = db.execute(
        """
        UPDATE regroups SET state = ?, finished_at = ? WHERE operation_id = ? AND state = ?
        RETURNING events, moved
        """,
        (state, at, task.operation_id, former),
    ).fetchone()
    if row is not None:
        told = {"operationId": task.operation_id, "moved": row["moved"], "events": row["events"]}
        undone = {"undo": True} if state == "undone" else {}
        target = f"project:{task.project_id}"
        audit.record(db, task.actor, "grouping.regroup", target, at, **told, **undone)


# Undoing ------------------------------------------------------------------------------------------


def merges(db: Connection, task: Task) -> list[int]:
    """Ids of operations that are still to be undone."""
    found = _details(db, task).get(MERGES, [])
    return [each for each in found if not operations.get(db, task.actor, each)["undone_at"]]


def unmerge(db: Connection, task: Task, merged: int, at: str) -> None:
    operation = operations.get(db, task.actor, merged)
    if operation["undone_at"] is None and at < operation["undoable_until"]:
        operation_undo.undo(db, task.actor, merged, at)


def lead_back(db: Connection, task: Task) -> None:
    """Hashes that were known, where nobody has led them elsewhere since; then their events."""
    rows = db.execute(
        """
        SELECT x.hash_id, x.issue_id, x.former_id
        FROM regroup_hashes x
        JOIN issue_hashes h ON h.id = x.hash_id AND h.issue_id = x.issue_id
        JOIN issues i ON i.id = x.former_id
        WHERE x.operation_id = ?
        ORDER BY x.hash_id
        """,
        (task.operation_id,),
    ).fetchall()
    db.executemany(
        "UPDATE issue_hashes SET issue_id = ? WHERE id = ?",
        sorted(((row["former_id"], row["hash_id"]) for row in rows), key=itemgetter(1)),
    )
    splitting.begin(db, [(row["issue_id"], row["hash_id"]) for row in rows])
    db.execute(
        "UPDATE regroups SET state = 'returning' WHERE operation_id = ? AND state = 'undoing'",
        (task.operation_id,),
    )


def made(db: Connection, task: Task) -> list[Made]:
    """What is there of it, and whether any event has such a hash still."""
    (last_id,) = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
    rows = db.execute(
        """
        SELECT x.hash_id, x.issue_id, x.made_id
        FROM regroup_hashes x
        JOIN issues i ON i.id = x.issue_id
        WHERE x.operation_id = ? AND (x.is_made = 1 OR x.made_id IS NOT NULL)
        ORDER BY x.hash_id
        """,
        (task.operation_id,),
    ).fetchall()
    return [
        Made(row["hash_id"], row["issue_id"], row["made_id"], not _has_event(db, row), last_id)
        for row in rows
    ]


def _has_event(db: Connection, row: Row) -> bool:
    found = db.execute(
        "SELECT 1 FROM events WHERE issue_id = ? AND hash_id = ? LIMIT 1",
        (row["issue_id"], row["hash_id"]),
    ).fetchone()
    return found is not None


def clear(db: Connection, task: Task, one: Made, at: str) -> None:
    """Take a hash, and the issue made for it, away when nothing else has come to them; what has
    lost events otherwise leads on to the issue that most of its events went back to.
    """
    if one.made_id is None:
        _clear_hash(db, task, one)
    elif _is_left(db, one.made_id):
        _clear_issue(db, task, one, at)


def _clear_hash(db: Connection, task: Task, one: Made) -> None:
    """Where it still leads where it did, and no event has come to it meanwhile."""
    if one.is_unused:
        db.execute(
            """
            DELETE FROM issue_hashes
            WHERE id = :hash_id AND issue_id = :issue_id
              AND NOT EXISTS (SELECT 1 FROM splits s WHERE s.hash_id = issue_hashes.id)
              AND NOT EXISTS (
                  SELECT 1 FROM events e
                  WHERE e.id > :last_id AND e.hash_id = :hash_id AND +e.project_id = :project_id)
            """,
            {
                "hash_id": one.hash_id, "issue_id": one.issue_id, "last_id": one.last_id,
                "project_id": task.project_id,
            },
        )  # fmt: skip


def _clear_issue(db: Connection, task: Task, one: Made, at: str) -> None:
    row = db.execute(
        """
        SELECT i.event_count,
               (SELECT f.issue_id FROM regroup_flows f
                WHERE f.operation_id = :operation_id AND f.hash_id = :hash_id
                ORDER BY f.events DESC, f.id LIMIT 1) AS target_id,
               (SELECT count(*) FROM comments c WHERE c.issue_id = i.id) AS comments
        FROM issues i
        WHERE i.id = :made_id
        """,
        {"operation_id": task.operation_id, "hash_id": one.hash_id, "made_id": one.made_id},
    ).fetchone()
    if not row["event_count"] and not row["comments"]:
        db.execute("DELETE FROM issues WHERE id = ?", (one.made_id,))
    elif row["target_id"] is not None:
        target_id = parts.led_to(db, task.actor, row["target_id"])
        operations.merge(db, task.actor, task.project_id, target_id, [one.issue_id], at)


def finish_undoing(db: Connection, task: Task, at: str) -> None:
    _end(db, task, "returning", "undone", at)
