"""What has happened to an issue: what people did to it and said, and what it did by itself."""

import json
from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.paging import Paging
from jentry.store.sql import ISSUE

# Each part is read from an index in the order of time, and SQLite merges them.
ENTRIES = f"""
    SELECT r.created_at AS at, 1 AS part, r.id AS part_id,
           CASE r.substatus WHEN 'regressed' THEN 'issue.regress' ELSE 'issue.escalate' END AS type,
           NULL AS user_id, NULL AS meta, CAST(NULL AS TEXT) AS text, r.event_id,
           (SELECT version FROM releases WHERE id = r.release_id) AS release
    FROM issue_returns r
    WHERE r.issue_id = {ISSUE}
    UNION ALL
    SELECT a.created_at, 3, a.id, a.action, a.user_id, a.meta, NULL, NULL, NULL
    FROM audit_log a
    WHERE a.org_id = :org_id AND a.target = :target
    UNION ALL
    SELECT c.created_at, 2, c.id, 'comment.create', c.user_id, NULL, c.text, NULL, NULL
    FROM comments c
    WHERE c.issue_id = {ISSUE}
    UNION ALL
    SELECT i.first_seen, 0, i.id, 'issue.first_seen', NULL, NULL, NULL, NULL,
           (SELECT version FROM releases WHERE id = i.first_release_id)
    FROM issues i
    WHERE i.id = {ISSUE}
    ORDER BY 1 DESC, 2 DESC, 3 DESC
"""
TOTAL = f"""
    SELECT (SELECT count(*) FROM audit_log WHERE org_id = :org_id AND target = :target)
         + (SELECT count(*) FROM comments WHERE issue_id = {ISSUE})
         + (SELECT count(*) FROM issue_returns WHERE issue_id = {ISSUE})
         + 1
"""


def page(
    db: Connection, actor: Actor, issue_id: int, wanted: Paging
) -> tuple[list[dict[str, Any]], int]:
    """Newest first, with the number over all pages; the issue must be one of the organization.

    `type` is an action of the audit log, `comment.create`, `issue.regress`, `issue.escalate` or
    `issue.first_seen`. `meta` has what the type brings: the audit log's, `commentId` and `text`,
    `eventId` and `release`.
    """
    params = {"org_id": actor.org_id, "issue_id": issue_id, "target": f"issue:{issue_id}"}
    bounds = {"limit": wanted.limit, "offset": wanted.offset}
    with snapshot(db):
        rows = db.execute(f"{ENTRIES} LIMIT :limit OFFSET :offset", params | bounds).fetchall()
        total: int = db.execute(TOTAL, params).fetchone()[0]
    return [_shown(row) for row in rows], total


def _shown(row: Row) -> dict[str, Any]:
    return {
        "type": row["type"],
        "user_id": row["user_id"],
        "created_at": row["at"],
        "meta": _meta(row),
    }


def _meta(row: Row) -> dict[str, Any]:
    if row["meta"] is not None:
        known: dict[str, Any] = json.loads(row["meta"])
        return known
    if row["text"] is not None:
        return {"commentId": row["part_id"], "text": row["text"]}
    event = {"eventId": row["event_id"].hex()} if row["event_id"] else {}
    return event | {"release": row["release"]}
