"""Files that came with events, as they are read; ingestion writes them in `intake/`."""

import logging
from typing import Any

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.parts import PARTS
from jentry.store.payloads import unpack
from jentry.store.sql import ISSUE, is_kept
from jentry.vocabulary import MAX_ID

log = logging.getLogger(__name__)

ATTACHMENTS = """
    SELECT a.id, a.project_id, a.event_id, a.filename, a.content_type, a.attachment_type, a.size,
           a.sha256, a.received_at
    FROM attachments a
"""
OF_EVENT = f"""
    a.project_id IN (SELECT id FROM projects WHERE org_id = :org_id) AND a.event_id = :event_id
    AND {is_kept("a")}
"""


def page_of_event(
    db: Connection, actor: Actor, event_id: bytes, limit: int, page: int
) -> tuple[list[dict[str, Any]], int]:
    """One page, first come first, and the number over all pages; rows as `get` shows them.

    Event ids are unique in a project only: files of all projects of the organization that have
    it. Files may be there before, after and without their event.
    """
    params = {"org_id": actor.org_id, "event_id": event_id}
    window = {"limit": limit, "offset": min((page - 1) * limit, MAX_ID)}
    with snapshot(db):
        rows = db.execute(
            f"{ATTACHMENTS} WHERE {OF_EVENT} ORDER BY a.id LIMIT :limit OFFSET :offset",
            params | window,
        ).fetchall()
        (total,) = db.execute(
            f"SELECT count(*) FROM attachments a WHERE {OF_EVENT}", params
        ).fetchone()
    return [_shown(row) for row in rows], total


def of_issue(db: Connection, actor: Actor, issue_id: int, limit: int) -> list[dict[str, Any]]:
    """The newest files that came with the events of an issue; rows as `get` shows them."""
    rows = db.execute(
        f"""
        {ATTACHMENTS}
        CROSS JOIN events e ON e.event_id = a.event_id AND e.project_id = a.project_id
        WHERE a.project_id = (SELECT n.project_id FROM issues n WHERE n.id = {ISSUE})
          AND e.issue_id IN {PARTS}
        ORDER BY a.id DESC
        LIMIT :limit
        """,
        {"issue_id": issue_id, "org_id": actor.org_id, "limit": limit},
    )
    return [_shown(row) for row in rows]


def get(db: Connection, actor: Actor, attachment_id: int) -> dict[str, Any]:
    """The columns of ATTACHMENTS, the event's id as hex. Raises NotFound."""
    row = db.execute(
        f"""
        {ATTACHMENTS}
        JOIN projects p ON p.id = a.project_id
        WHERE p.org_id = ? AND a.id = ? AND {is_kept("a")}
        """,
        (actor.org_id, attachment_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such attachment.")
    return _shown(row)


def content(db: Connection, actor: Actor, attachment_id: int) -> bytes:
    """The file as it was sent. Raises NotFound, also when its stored content is damaged."""
    row = db.execute(
        f"""
        SELECT d.data
        FROM attachment_payloads d
        JOIN attachments a ON a.id = d.id
        JOIN projects p ON p.id = a.project_id
        WHERE p.org_id = ? AND d.id = ? AND {is_kept("a")}
        """,
        (actor.org_id, attachment_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such attachment.")
    try:
        return unpack(db, row["data"])
    except ValueError as error:
        log.warning("an attachment cannot be read id=%d: %s", attachment_id, error)
        raise NotFound("The stored content of this attachment is damaged.") from error


def _shown(row: Row) -> dict[str, Any]:
    return dict(row) | {"event_id": row["event_id"].hex()}
