"""Figures of the whole database, for whoever watches the server."""

from typing import Any

from jentry.store.connection import Connection


def outcomes_since(db: Connection, hour: str) -> list[dict[str, Any]]:
    """`category`, `outcome`, `quantity` of all that arrived in that hour and later."""
    rows = db.execute(
        """
        SELECT o.category, o.outcome, sum(o.quantity) AS quantity
        FROM projects p
        JOIN outcome_hours o ON o.project_id = p.id AND o.hour >= ?
        GROUP BY o.category, o.outcome
        ORDER BY o.category, o.outcome
        """,
        (hour,),
    )
    return [dict(row) for row in rows]


def oldest_event(db: Connection) -> str | None:
    """When the event arrived that was stored first, of those that are kept."""
    row = db.execute("SELECT received_at FROM events ORDER BY id LIMIT 1").fetchone()
    return row["received_at"] if row else None
