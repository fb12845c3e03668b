"""Merges as operations, so that they can be undone."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from jentry.store import merges, merging
from jentry.store.audit import Actor
from jentry.store.connection import Connection

MERGE = "merge_into"  # member of a change
AUTOMATIC = "automatic"  # beside it: nobody has asked for it
OF_OPERATION = """
    FROM operations o JOIN projects p ON p.id = o.project_id
    WHERE o.id = :operation_id AND p.org_id = :org_id
"""
OPERATION = f"(SELECT o.id {OF_OPERATION})"

Recorder = Callable[[Connection, Actor, int, Mapping[str, Any], int, int, str], int]


def merge(
    db: Connection,
    actor: Actor,
    record: Recorder,
    project_id: int,
    change: Mapping[str, Any],
    matched: int,
    ids: list[int],
    at: str,
) -> int:
    """The id of the operation; 0 when there is nothing to merge."""
    if not ids:
        return 0
    target_id = change[MERGE]
    came = merging.join(db, actor, target_id, ids, at)
    operation_id = record(db, actor, project_id, change, matched, len(ids), at)
    told = {"operationId": operation_id} | by_itself(change)
    db.executemany(
        f"""
        INSERT INTO operation_parts (operation_id, part_id, former_id, former_at)
        SELECT o.id, :part_id, :former_id, :former_at {OF_OPERATION}
        """,
        [part | {"operation_id": operation_id, "org_id": actor.org_id} for part in came],
    )
    merges.record_merge(db, actor, target_id, ids, at, **told)
    return operation_id


def by_itself(change: Mapping[str, Any]) -> dict[str, bool]:
    """What the audit log says of a change that nobody has asked for."""
    return {AUTOMATIC: True} if change.get(AUTOMATIC) else {}


def undo(db: Connection, actor: Actor, operation: Mapping[str, Any], at: str) -> int:
    """How many of the issues that were merged are issues again: those that have not left, nor been
    merged into yet another one.
    """
    target_id = operation["change"][MERGE]
    rows = db.execute(
        f"""
        SELECT o.part_id, o.former_id, o.former_at
        FROM operation_parts o
        JOIN issue_parts m ON m.part_id = o.part_id
        WHERE o.operation_id = {OPERATION} AND m.issue_id = :target_id AND m.joined_at = :at
        ORDER BY o.part_id
        """,
        {
            "operation_id": operation["id"], "org_id": actor.org_id, "target_id": target_id,
            "at": operation["created_at"],
        },
    ).fetchall()  # fmt: skip
    heads = merging.restore(db, actor, target_id, [dict(row) for row in rows], at)
    if heads:
        meta = {"operationId": operation["id"], "undo": True} | by_itself(operation["change"])
        merges.record_parting(db, actor, target_id, sorted(heads), at, **meta)
    own = {row["part_id"] for row in rows if row["former_id"] is None}
    return len(heads & own)


def has_merged(db: Connection, issue_id: int) -> bool:
    """Whether any merge ever made a part of it, even if that was undone."""
    row = db.execute(
        "SELECT 1 FROM operation_parts WHERE part_id = ? LIMIT 1", (issue_id,)
    ).fetchone()
    return row is not None


def is_open(db: Connection, issue_id: int) -> bool:
    """Whether an issue, or what it is part of, is unresolved."""
    row = db.execute(
        """
        SELECT 1
        FROM issues i
        LEFT JOIN issue_parts m ON m.part_id = i.id
        JOIN issues w ON w.id = coalesce(m.issue_id, i.id)
        WHERE i.id = ? AND w.status = 'unresolved'
        """,
        (issue_id,),
    ).fetchone()
    return row is not None


def is_put_together(db: Connection, issue_id: int) -> bool:
    """Whether an issue is part of a merged one, or is one, as people wanted it: not by itself."""
    rows = db.execute(
        """
        SELECT (
            SELECT d.details
            FROM operation_parts x
            JOIN operations p ON p.id = x.operation_id AND p.created_at = o.joined_at
            JOIN operation_details d ON d.operation_id = p.id
            WHERE x.part_id = o.part_id
            ORDER BY p.id DESC
            LIMIT 1
        ) AS details
        FROM issue_parts m
        JOIN issue_parts o ON o.issue_id = m.issue_id AND o.part_id <> o.issue_id
        WHERE m.part_id = ?
        """,
        (issue_id,),
    )
    return any(AUTOMATIC not in json.loads(row["details"] or "{}") for row in rows)
