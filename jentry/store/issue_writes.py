"""What becomes of many issues, written at once. Who calls has found them in the organization."""

from collections.abc import Iterable, Mapping
from typing import Any

from jentry.store.connection import Connection


def set_status(
    db: Connection, ids: Iterable[int], status: str, substatus: str | None, at: str
) -> None:
    """One for all."""
    db.putmany(
        """
        UPDATE issues
        SET status = ?, substatus = ?, status_at = ?, status_events = event_count
        WHERE id = ?
        """,
        [(status, substatus, at, issue_id) for issue_id in sorted(ids)],
    )


def put_back(db: Connection, before: Iterable[Mapping[str, Any]]) -> None:
    """To each its own: `status`, `substatus`, `status_at` and `status_events` as it had them."""
    db.putmany(
        """
        UPDATE issues
        SET status = ?, substatus = ?, status_at = ?, status_events = ?
        WHERE id = ?
        """,
        [
            (row["status"], row["substatus"], row["status_at"], row["status_events"], row["id"])
            for row in sorted(before, key=lambda row: row["id"])
        ],
    )


def assign(db: Connection, assignees: Mapping[int, int | None]) -> None:
    """A user, or nobody, by issue."""
    db.putmany(
        "UPDATE issues SET assignee_id = ? WHERE id = ?",
        [(user_id, issue_id) for issue_id, user_id in sorted(assignees.items())],
    )
