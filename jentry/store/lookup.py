"""From what a client knows to our ids."""

from jentry.errors import NotFound
from jentry.store.connection import Connection


def issue_of_event(db: Connection, project_id: int, event_id: bytes) -> int:
    """The issue that an event of a project is in. Raises NotFound."""
    row = db.execute(
        "SELECT issue_id FROM events WHERE event_id = ? AND project_id = ?", (event_id, project_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such event.")
    issue_id: int = row["issue_id"]
    return issue_id
