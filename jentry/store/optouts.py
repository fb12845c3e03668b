"""Who wants no mail of an alert channel any more."""

import hashlib
import hmac
from typing import Any

from jentry.errors import NotFound
from jentry.store import instance
from jentry.store.audit import Actor
from jentry.store.connection import Connection


def token(secret: bytes, channel_id: int, email: str) -> str:
    """What a link of a mail proves itself with: it was sent to that address. `secret`: the
    database's own.
    """
    text = f"unsubscribe {channel_id} {email}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:40]


def by_link(db: Connection, channel_id: int, email: str, given: str) -> dict[str, Any]:
    """As `channel`. Raises NotFound also for a link that was not ours."""
    expected = token(instance.get(db)["secret"], channel_id, email)
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotFound("This link is not one of ours, or was cut.")
    return channel(db, channel_id)


def channel(db: Connection, channel_id: int) -> dict[str, Any]:
    """By the link of a mail, whose token was checked: `id`, `name` and `organization`.

    Raises NotFound.
    """
    row = db.execute(
        """
        SELECT c.id, c.name, o.name AS organization
        FROM alert_channels c
        JOIN organizations o ON o.id = c.org_id
        WHERE c.id = ? AND c.kind = 'email'
        """,
        (channel_id,),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such alert channel any more.")
    return dict(row)


def add(db: Connection, channel_id: int, email: str, at: str) -> None:
    """Twice is once. Raises NotFound."""
    channel(db, channel_id)
    db.execute(
        """
        INSERT INTO alert_optouts (channel_id, email, created_at)
        VALUES (?, ?, ?)
        ON CONFLICT (channel_id, email) DO NOTHING
        """,
        (channel_id, email, at),
    )


def remove(db: Connection, channel_id: int, email: str) -> None:
    db.execute("DELETE FROM alert_optouts WHERE channel_id = ? AND email = ?", (channel_id, email))


def of(db: Connection, actor: Actor, email: str) -> set[int]:
    """The channels of the organization that send nothing to an address."""
    rows = db.execute(
        """
        SELECT o.channel_id
        FROM alert_optouts o
        JOIN alert_channels c ON c.id = o.channel_id
        WHERE c.org_id = ? AND o.email = ?
        """,
        (actor.org_id, email),
    )
    return {row["channel_id"] for row in rows}
