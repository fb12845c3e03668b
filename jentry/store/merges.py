"""Merged issues as people see them and take them apart, with entries in the audit log."""

from collections.abc import Sequence
from typing import Any

from jentry.store import audit, issues
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.merging import part, rows_of
from jentry.store.parts import require_whole


def listed(db: Connection, actor: Actor, issue_id: int) -> list[dict[str, Any]]:
    """The parts of an issue, the issue itself first: `id`, `is_self`, `title`, `culprit`, `level`,
    `count`, `user_count`, `first_seen`, `last_seen`, `merged_at` and `new_events` since (None of
    itself). None of an issue that is not merged.
    """
    rows = rows_of(db, actor, issue_id)
    return [
        {
            "id": row["part_id"], "is_self": row["part_id"] == issue_id, "title": row["title"],
            "culprit": row["culprit"], "level": row["level"], "count": row["event_count"],
            "user_count": row["user_count"], "first_seen": row["first_seen"],
            "last_seen": row["last_seen"],
            "merged_at": None if row["part_id"] == issue_id else row["merged_at"],
            "new_events": (
                None if row["part_id"] == issue_id else row["event_count"] - row["merged_events"]
            ),
        }
        for row in sorted(rows, key=lambda row: (row["part_id"] != issue_id, row["part_id"]))
    ]  # fmt: skip


def unmerge(db: Connection, actor: Actor, issue_id: int, leaving: Sequence[int], at: str) -> None:
    """Take parts out, with entries in the audit log. Raises NotFound, BadRequest, Conflict."""
    require_whole(issue_id, issues.led_to(db, actor, issue_id))
    part(db, actor, issue_id, leaving, at)
    record_parting(db, actor, issue_id, sorted(leaving), at)


def record_merge(
    db: Connection, actor: Actor, target_id: int, members: Sequence[int], at: str, **meta: Any
) -> None:
    audit.record(db, actor, "issue.merge", f"issue:{target_id}", at, merged=list(members), **meta)
    for member_id in members:
        audit.record(db, actor, "issue.merge", f"issue:{member_id}", at, into=target_id, **meta)


def record_parting(
    db: Connection, actor: Actor, whole_id: int, left: Sequence[int], at: str, **meta: Any
) -> None:
    audit.record(db, actor, "issue.unmerge", f"issue:{whole_id}", at, parts=list(left), **meta)
    for part_id in left:
        action, target = "issue.unmerge", f"issue:{part_id}"
        audit.record(db, actor, action, target, at, **{"from": whole_id}, **meta)
