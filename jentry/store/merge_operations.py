"""Merges as operations, so that they can be undone."""

from collections.abc import Callable, Mapping
from typing import Any

from jentry.store import merges, merging
from jentry.store.audit import Actor
from jentry.store.connection import Connection

MERGE = "merge_into"  # member of a change
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
    target_id: int,
    matched: int,
    ids: list[int],
    at: str,
) -> int:
    """The id of the operation; 0 when there is nothing to merge."""
    if not ids:
        return 0
    came = merging.join(db, actor, target_id, ids, at)
    change = {MERGE: target_id}
    operation_id = record(db, actor, project_id, change, matched, len(ids), at)
    db.executemany(
        f"""
        INSERT INTO operation_parts (operation_id, part_id, former_id, former_at)
        SELECT o.id, :part_id, :former_id, :former_at {OF_OPERATION}
        """,
        [part | {"operation_id": operation_id, "org_id": actor.org_id} for part in came],
    )
    merges.record_merge(db, actor, target_id, ids, at, operationId=operation_id)
    return operation_id


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
        meta = {"operationId": operation["id"], "undo": True}
        merges.record_parting(db, actor, target_id, sorted(heads), at, **meta)
    own = {row["part_id"] for row in rows if row["former_id"] is None}
    return len(heads & own)
