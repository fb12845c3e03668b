"""From what a client knows to our ids."""

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection


def issue_of_event(db: Connection, project_id: int, event_id: bytes) -> int:
    """The issue that an event of a project is in. Raises NotFound."""
    row = db.execute(
        "SELECT issue_id FROM events WHERE event_id = ? AND project_id = ?", (event_id, project_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such event, or it is no longer kept.")
    issue_id: int = row["issue_id"]
    return issue_id


def require_event_id(db: Connection, actor: Actor, event_id: bytes) -> None:
    """Raises NotFound when the organization has no such event, and nothing that came with one:
    attachments and user reports may be there before their event, and stay after it.
    """
    for table in ("events", "attachments", "user_reports"):
        row = db.execute(
            f"""
            SELECT 1
            FROM {table}
            WHERE project_id IN (SELECT id FROM projects WHERE org_id = ?) AND event_id = ?
            LIMIT 1
            """,
            (actor.org_id, event_id),
        ).fetchone()
        if row is not None:
            return
    raise NotFound("There is no such event, or it is no longer kept.")
