"""Mail of the server itself to those who look after it, once for each cause and day."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store.connection import Connection

DAY = timedelta(days=1)


def to_owners(
    db: Connection, org_id: int, cause: str, subject: str, lines: Sequence[str], at: str
) -> None:
    """Of an organization."""
    rows = db.execute(
        """
        SELECT m.org_id, u.email
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND m.role = 'owner' AND u.deactivated_at IS NULL
        ORDER BY u.email
        """,
        (org_id,),
    )
    _tell(db, [tuple(row) for row in rows], cause, subject, lines, at)


def to_operators(db: Connection, cause: str, subject: str, lines: Sequence[str], at: str) -> None:
    """Of the server; of an organization with none of them, to nobody: it is not theirs to mend."""
    rows = db.execute(
        """
        SELECT min(m.org_id) AS org_id, u.email
        FROM users u
        JOIN memberships m ON m.user_id = u.id
        WHERE u.is_operator = 1 AND u.deactivated_at IS NULL
        GROUP BY u.email
        ORDER BY u.email
        """
    )
    _tell(db, [tuple(row) for row in rows], cause, subject, lines, at)


def _tell(
    db: Connection,
    people: list[Any],
    cause: str,
    subject: str,
    lines: Sequence[str],
    at: str,
) -> None:
    yesterday = clock.timestamp(clock.parse(at) - DAY)
    told = {
        org_id
        for org_id in sorted({org_id for org_id, _ in people})
        if db.execute(
            """
            INSERT INTO alert_notices (org_id, cause, at) VALUES (?, ?, ?)
            ON CONFLICT (org_id, cause) DO UPDATE SET at = excluded.at
            WHERE alert_notices.at <= ? OR alert_notices.at > excluded.at
            RETURNING org_id
            """,
            (org_id, cause, at, yesterday),
        ).fetchone()
    }
    text = json.dumps({"subject": subject, "lines": list(lines)})
    db.executemany(
        """
        INSERT INTO deliveries (org_id, kind, text, recipient, state, created_at, tried_from,
                                due_at)
        VALUES (?, 'notice', ?, ?, 'waiting', ?, ?, ?)
        """,
        [(org_id, text, email, at, at, at) for org_id, email in people if org_id in told],
    )
