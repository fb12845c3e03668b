"""One-time links with which a user chooses a password."""

import secrets
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import NotFound
from jentry.store import audit, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.instance import sha256
from jentry.store.passwords import Hash

LIFETIME = timedelta(days=7)


def create(db: Connection, user_id: int, at: str) -> str:
    """The secret part of a link; it replaces an earlier one of the same user."""
    secret = secrets.token_hex(20)
    db.execute("DELETE FROM invitations WHERE user_id = ? OR expires_at <= ?", (user_id, at))
    db.execute(
        "INSERT INTO invitations (sha256, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (sha256(secret), user_id, at, clock.timestamp(clock.parse(at) + LIFETIME)),
    )
    return secret


def withdraw(db: Connection, user_id: int) -> None:
    """No link of this user opens anything any more."""
    db.execute("DELETE FROM invitations WHERE user_id = ?", (user_id,))


def get(db: Connection, secret: str, at: str) -> dict[str, Any]:
    """`user_id` and `email`. Raises NotFound: unknown, used and expired look the same."""
    row = db.execute(
        """
        SELECT u.id AS user_id, u.email
        FROM invitations i
        JOIN users u ON u.id = i.user_id
        WHERE i.sha256 = ? AND i.expires_at > ? AND u.deactivated_at IS NULL
        """,
        (sha256(secret), at),
    ).fetchone()
    if row is None:
        raise NotFound("This invitation has been used, has expired, or never existed.")
    return dict(row)


def accept(db: Connection, secret: str, password: Hash, at: str) -> dict[str, Any]:
    """Set the password and use the link up. Raises NotFound."""
    found = get(db, secret, at)
    user_id = found["user_id"]
    db.execute("UPDATE users SET password = ? WHERE id = ?", (password, user_id))
    withdraw(db, user_id)
    for org_id in users.organizations_of(db, user_id):
        audit.record(db, Actor(org_id, user_id, "web"), "user.join", f"user:{user_id}", at)
    return found
