"""Browsers that are signed in. Each holds a secret of which only the hash is here, so that a
session can be listed and ended from elsewhere, and a stolen file signs nobody in.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import NotFound
from jentry.store.connection import Connection
from jentry.store.instance import sha256

PENDING = timedelta(minutes=10)  # for the second factor
IDLE = timedelta(hours=12)
IDLE_PERSISTENT = timedelta(days=30)
LONGEST = timedelta(days=180)  # however often it is used
TOUCH_EVERY = timedelta(minutes=5)
MOST = 50  # of a user; the ones that were not used for longest end first
LONGEST_DEVICE = 80


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    user_id: int
    org_id: int | None  # the organization that was shown last
    is_pending: bool
    is_persistent: bool
    created_at: str
    last_used_at: str


def create(
    db: Connection,
    user_id: int,
    at: str,
    *,
    device: str,
    address: str,
    is_persistent: bool,
    is_pending: bool = False,
) -> str:
    """The secret of a new session. What has expired, and what is too much, is deleted."""
    secret = secrets.token_urlsafe(32)
    db.execute("DELETE FROM user_sessions WHERE expires_at <= ?", (at,))
    db.execute(
        """
        DELETE FROM user_sessions
        WHERE id IN (
            SELECT id FROM user_sessions WHERE user_id = ?
            ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET ?
        )
        """,
        (user_id, MOST - 1),
    )
    expires_at = _expiry(at, at, is_pending=is_pending, is_persistent=is_persistent)
    db.execute(
        """
        INSERT INTO user_sessions
            (user_id, sha256, device, address, is_pending, is_persistent, created_at,
             last_used_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            user_id, sha256(secret), device[:LONGEST_DEVICE], address, int(is_pending),
            int(is_persistent), at, at, expires_at,
        ),
    )  # fmt: skip
    return secret


def find(db: Connection, secret: str, at: str) -> Session | None:
    """None for a secret that is unknown or expired, or whose user was deactivated."""
    row = db.execute(
        """
        SELECT s.id, s.user_id, s.org_id, s.is_pending, s.is_persistent, s.created_at,
               s.last_used_at
        FROM user_sessions s
        JOIN users u ON u.id = s.user_id
        WHERE s.sha256 = ? AND s.expires_at > ? AND u.deactivated_at IS NULL
        """,
        (sha256(secret), at),
    ).fetchone()
    if row is None:
        return None
    flags = {name: bool(row[name]) for name in ("is_pending", "is_persistent")}
    return Session(**dict(row) | flags)


def is_touch_due(session: Session, at: str) -> bool:
    """Whether its last use is to be noted again: seldom, for that takes the write lock."""
    return clock.parse(at) - clock.parse(session.last_used_at) >= TOUCH_EVERY


def touch(db: Connection, session: Session, at: str) -> None:
    """Note that it is used, which prolongs it."""
    db.execute(
        "UPDATE user_sessions SET last_used_at = ?, expires_at = ? WHERE id = ?",
        (
            at,
            _expiry(session.created_at, at, is_pending=False, is_persistent=session.is_persistent),
            session.id,
        ),
    )


def show_organization(db: Connection, session_id: int, org_id: int) -> None:
    """What the browser will see from now on; whether its user may is asked at every request."""
    db.execute("UPDATE user_sessions SET org_id = ? WHERE id = ?", (org_id, session_id))


def list_for(db: Connection, user_id: int, at: str) -> list[dict[str, Any]]:
    """The last used first: `id`, `device`, `address`, `created_at`, `last_used_at`."""
    rows = db.execute(
        """
        SELECT id, device, address, created_at, last_used_at
        FROM user_sessions
        WHERE user_id = ? AND is_pending = 0 AND expires_at > ?
        ORDER BY last_used_at DESC, id DESC
        """,
        (user_id, at),
    )
    return [dict(row) for row in rows]


def end(db: Connection, user_id: int, session_id: int) -> None:
    """Raises NotFound for one that is another user's or has ended."""
    row = db.execute(
        "DELETE FROM user_sessions WHERE user_id = ? AND id = ? RETURNING id", (user_id, session_id)
    ).fetchone()
    if row is None:
        raise NotFound("That session has ended already.")


def end_all(db: Connection, user_id: int, but: int | None = None) -> int:
    """All of a user, `but` one; how many that were."""
    rows = db.execute(
        "DELETE FROM user_sessions WHERE user_id = ? AND id <> ? RETURNING id", (user_id, but or 0)
    )
    return len(rows.fetchall())


def _expiry(created_at: str, at: str, *, is_pending: bool, is_persistent: bool) -> str:
    idle = PENDING if is_pending else IDLE_PERSISTENT if is_persistent else IDLE
    return clock.timestamp(min(clock.parse(at) + idle, clock.parse(created_at) + LONGEST))
