"""What people wrote about errors, as it is read; ingestion writes it in `intake/`."""

from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.parts import PARTS, whole
from jentry.store.sql import ISSUE, PROJECT, is_kept
from jentry.vocabulary import MAX_ID

# The issue is unknown while the event has not come, and after it is deleted.
REPORTS = f"""
    SELECT r.id, r.project_id, r.source, r.event_id, r.name, r.email, r.comments, r.url,
           r.received_at,
           (SELECT {whole("e.issue_id")} FROM events e
            WHERE e.event_id = r.event_id AND e.project_id = r.project_id) AS issue_id
    FROM user_reports r
"""
OF_PROJECT = f"r.project_id = {PROJECT} AND {is_kept('r')}"
OF_EVENT = f"""
    r.project_id IN (SELECT id FROM projects WHERE org_id = :org_id) AND r.event_id = :event_id
    AND {is_kept("r")}
"""

Page = tuple[list[dict[str, Any]], int]


def page_of_project(db: Connection, actor: Actor, project_id: int, limit: int, page: int) -> Page:
    """One page, newest first, and the number over all pages. Rows: the columns of REPORTS, the
    event's id as hex or None. A project of another organization has none.
    """
    return _page(db, OF_PROJECT, {"org_id": actor.org_id, "project_id": project_id}, limit, page)


def page_of_event(db: Connection, actor: Actor, event_id: bytes, limit: int, page: int) -> Page:
    """As `page_of_project`, for an event of any project of the organization, which need not have
    come yet.
    """
    return _page(db, OF_EVENT, {"org_id": actor.org_id, "event_id": event_id}, limit, page)


def of_issue(db: Connection, actor: Actor, issue_id: int, limit: int) -> list[dict[str, Any]]:
    """The newest about events of an issue; rows as `page_of_project` has them."""
    rows = db.execute(
        f"""
        {REPORTS}
        CROSS JOIN events o ON o.event_id = r.event_id AND o.project_id = r.project_id
        WHERE r.project_id = (SELECT n.project_id FROM issues n WHERE n.id = {ISSUE})
          AND o.issue_id IN {PARTS}
        ORDER BY r.id DESC
        LIMIT :limit
        """,
        {"issue_id": issue_id, "org_id": actor.org_id, "limit": limit},
    )
    return [_shown(row) for row in rows]


def _page(db: Connection, where: str, params: dict[str, Any], limit: int, page: int) -> Page:
    window = {"limit": limit, "offset": min((page - 1) * limit, MAX_ID)}
    with snapshot(db):
        rows = db.execute(
            f"{REPORTS} WHERE {where} ORDER BY r.id DESC LIMIT :limit OFFSET :offset",
            params | window,
        ).fetchall()
        total = db.execute(f"SELECT count(*) FROM user_reports r WHERE {where}", params).fetchone()
    return [_shown(row) for row in rows], total[0]


def _shown(row: Row) -> dict[str, Any]:
    return dict(row) | {"event_id": row["event_id"].hex() if row["event_id"] else None}
