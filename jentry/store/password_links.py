"""One-time links with which a user chooses a password: the first one, or a new one."""

import secrets
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import Forbidden, NotFound
from jentry.store import roles, user_sessions, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.instance import sha256
from jentry.store.passwords import Hash

LIFETIME = timedelta(days=7)


def create(db: Connection, user_id: int, at: str) -> str:
    """The secret part of a link; it replaces an earlier one of the same user."""
    secret = secrets.token_hex(20)
    db.execute("DELETE FROM password_links WHERE user_id = ? OR expires_at <= ?", (user_id, at))
    db.execute(
        "INSERT INTO password_links (user_id, sha256, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (user_id, sha256(secret), at, clock.timestamp(clock.parse(at) + LIFETIME)),
    )
    return secret


def reset(db: Connection, user_id: int, at: str, *, by: int | None = None, via: str = "cli") -> str:
    """As `create`, and whoever is signed in to the account is so no longer."""
    user_sessions.end_all(db, user_id)
    users.record(db, user_id, by, "user.reset_link", at, via=via)
    return create(db, user_id, at)


def reset_member(db: Connection, actor: Actor, user_id: int, at: str) -> str:
    """As `reset`, by an owner. Raises NotFound; Forbidden for somebody whom it would let into
    another organization too, in the person's name.
    """
    roles.require(db, actor, "owner", "make a link that sets somebody's password")
    member = users.get(db, actor, user_id)
    if users.organizations_of(db, user_id) != [actor.org_id]:
        raise Forbidden(
            f"{member['email']} cannot get a link from an owner. Whoever runs this server can make "
            "one with `jentry user reset`."
        )
    return reset(db, user_id, at, by=actor.user_id, via=actor.via)


def withdraw(db: Connection, user_id: int) -> None:
    """No link of this user opens anything any more."""
    db.execute("DELETE FROM password_links WHERE user_id = ?", (user_id,))


def get(db: Connection, secret: str, at: str) -> dict[str, Any]:
    """`user_id`, `email`, `is_first` (of the account's passwords).

    Raises NotFound: unknown, used and expired look the same.
    """
    row = db.execute(
        """
        SELECT u.id AS user_id, u.email, u.password IS NULL AS is_first
        FROM password_links l
        JOIN users u ON u.id = l.user_id
        WHERE l.sha256 = ? AND l.expires_at > ? AND u.deactivated_at IS NULL
        """,
        (sha256(secret), at),
    ).fetchone()
    if row is None:
        raise NotFound("This link has been used, has expired, or never existed.")
    return dict(row) | {"is_first": bool(row["is_first"])}


def use(db: Connection, secret: str, password: Hash, at: str) -> dict[str, Any]:
    """Set the password and use the link up; what `get` said before. Raises NotFound."""
    found = get(db, secret, at)
    user_id = found["user_id"]
    db.execute("UPDATE users SET password = ? WHERE id = ?", (password, user_id))
    withdraw(db, user_id)
    user_sessions.end_all(db, user_id)
    action = "user.join" if found["is_first"] else "user.password"
    users.record(db, user_id, user_id, action, at)
    return found
