"""Which mail a person wants of what is theirs: chosen in the account, or ended by a mail's link."""

import hashlib
import hmac
from typing import Any

from jentry.errors import NotFound
from jentry.store import instance
from jentry.store.connection import Connection

COLUMNS = {"assigned": "mails_assigned", "named": "mails_named"}
WEEKLY = "weekly"
TOPICS = (*COLUMNS, WEEKLY)


def get(db: Connection, org_id: int, user_id: int) -> dict[str, bool]:
    """By topic; the weekly summary is that of the organization."""
    row = db.execute(
        """
        SELECT u.mails_assigned AS assigned, u.mails_named AS named,
               w.user_id IS NOT NULL AS weekly
        FROM users u
        LEFT JOIN weekly_summaries w ON w.user_id = u.id AND w.org_id = ?
        WHERE u.id = ?
        """,
        (org_id, user_id),
    ).fetchone()
    return {topic: bool(row[topic]) for topic in TOPICS}


def choose(db: Connection, org_id: int, user_id: int, topic: str, wanted: bool, at: str) -> None:
    """Of a topic of TOPICS."""
    if topic in COLUMNS:
        statement = f"UPDATE users SET {COLUMNS[topic]} = ? WHERE id = ?"
        db.execute(statement, (int(wanted), user_id))
        return
    if wanted:
        db.execute(
            """
            INSERT INTO weekly_summaries (org_id, user_id, told_until)
            SELECT org_id, user_id, ? FROM memberships WHERE org_id = ? AND user_id = ?
            ON CONFLICT (org_id, user_id) DO NOTHING
            """,
            (at, org_id, user_id),
        )
    else:
        db.execute(
            "DELETE FROM weekly_summaries WHERE org_id = ? AND user_id = ?", (org_id, user_id)
        )


def token(secret: bytes, org_id: int, user_id: int, topic: str) -> str:
    """What a link of a mail proves itself with. `secret`: the database's own."""
    text = f"unsubscribe {topic} {org_id} {user_id}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:40]


def by_link(db: Connection, org_id: int, user_id: int, topic: str, given: str) -> dict[str, Any]:
    """`email`, and the name of the `organization`. Raises NotFound also for a link not of ours."""
    expected = token(instance.get(db)["secret"], org_id, user_id, topic)
    row = db.execute(
        """
        SELECT u.email, o.name AS organization
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        JOIN organizations o ON o.id = m.org_id
        WHERE m.org_id = ? AND m.user_id = ?
        """,
        (org_id, user_id),
    ).fetchone()
    if (
        row is None
        or topic not in TOPICS
        or not hmac.compare_digest(expected.encode(), given.encode())
    ):
        raise NotFound("This link is not one of ours, or was cut.")
    return dict(row)
