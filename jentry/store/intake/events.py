"""The row of an event and its payload."""

from jentry.store import traces
from jentry.store.connection import Connection
from jentry.store.rows import EventRow, Submission

KNOWN = "SELECT 1 FROM events WHERE event_id = ? AND project_id = ?"
EVENT = """
    INSERT INTO events (project_id, event_id, issue_id, timestamp, received_at, level, environment,
                        release_id, hash_id, bytes, marks, symbolication)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (event_id, project_id) DO NOTHING
    RETURNING id
"""


def insert(
    db: Connection,
    submission: Submission,
    event: EventRow,
    issue_id: int,
    release_id: int | None,
    hash_id: int,
    marks: str,
) -> bool:
    """False when the project has its event id already."""
    row_id = db.add(
        EVENT,
        (
            submission.project_id, event.event_id, issue_id, event.timestamp,
            submission.received_at, event.level, event.environment, release_id, hash_id,
            len(event.payload), marks, event.symbolication,
        ),
    )  # fmt: skip
    if row_id is None:
        return False
    db.put("INSERT INTO event_payloads (id, data) VALUES (?, ?)", (row_id, event.payload))
    if event.trace:
        traces.note(db, row_id, event.trace)
    if event.wants:
        db.putmany(
            "INSERT INTO event_wants (project_id, name, event_id) VALUES (?, ?, ?)",
            [(submission.project_id, name, row_id) for name in sorted(event.wants)],
        )
    return True
