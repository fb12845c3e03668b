"""Invitations to an organization: links that make their first user a member, once."""

import secrets
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest, Conflict, Forbidden, NotFound
from jentry.store import audit, memberships, names, roles, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.instance import sha256
from jentry.store.passwords import Hash

LIFETIME = timedelta(days=7)
MOST = 200  # of an organization at a time


def create(
    db: Connection, actor: Actor, email: str, role: str, at: str
) -> tuple[dict[str, Any], str]:
    """The invitation as `list_for` has it, and the secret of its link, which is not shown again.

    An earlier one of the same address is replaced. The answer is the same whether or not there is
    such an account. Raises BadRequest, Conflict, Forbidden.
    """
    email = names.email(email)
    roles.require_giver(db, actor, role)
    if users.is_member(db, actor.org_id, email):
        raise Conflict(f"{email} is already a member of this organization.")
    db.execute("DELETE FROM invitations WHERE org_id = ? AND expires_at <= ?", (actor.org_id, at))
    row = db.execute(
        "SELECT count(*) AS others FROM invitations WHERE org_id = ? AND email <> ?",
        (actor.org_id, email),
    ).fetchone()
    if row["others"] >= MOST:
        raise BadRequest(f"There are {MOST} open invitations. Withdraw some of them first.")
    secret = secrets.token_hex(20)
    row = db.execute(
        """
        INSERT INTO invitations (org_id, email, role, sha256, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (org_id, email) DO UPDATE
        SET role = excluded.role, sha256 = excluded.sha256, created_at = excluded.created_at,
            expires_at = excluded.expires_at
        RETURNING id
        """,
        (actor.org_id, email, role, sha256(secret), at, _expiry(at)),
    ).fetchone()
    audit.record(
        db, actor, "invitation.create", f"invitation:{row['id']}", at, email=email, role=role
    )
    return get(db, actor, row["id"]), secret


def renew(db: Connection, actor: Actor, invitation_id: int, at: str) -> tuple[dict[str, Any], str]:
    """A new link in place of a lost one, which is void. Raises NotFound, Forbidden."""
    found = get(db, actor, invitation_id)
    return create(db, actor, found["email"], found["role"], at)


def withdraw(db: Connection, actor: Actor, invitation_id: int, at: str) -> None:
    """Raises NotFound, Forbidden."""
    found = get(db, actor, invitation_id)
    roles.require_giver(db, actor, found["role"])
    db.execute("DELETE FROM invitations WHERE org_id = ? AND id = ?", (actor.org_id, invitation_id))
    target = f"invitation:{invitation_id}"
    audit.record(db, actor, "invitation.delete", target, at, email=found["email"])


def list_for(db: Connection, actor: Actor, at: str) -> list[dict[str, Any]]:
    """Those that are open, by address: `id`, `email`, `role`, `created_at`, `expires_at`."""
    rows = db.execute(
        f"{INVITATIONS} WHERE org_id = ? AND expires_at > ? ORDER BY email", (actor.org_id, at)
    )
    return [dict(row) for row in rows]


def get(db: Connection, actor: Actor, invitation_id: int) -> dict[str, Any]:
    """Raises NotFound."""
    row = db.execute(
        f"{INVITATIONS} WHERE org_id = ? AND id = ?", (actor.org_id, invitation_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such invitation.")
    return dict(row)


def find(db: Connection, secret: str, at: str) -> dict[str, Any] | None:
    """By its link: `id`, `org_id`, `organization` (its name), `email`, `role`."""
    row = db.execute(
        """
        SELECT i.id, i.org_id, o.name AS organization, i.email, i.role
        FROM invitations i
        JOIN organizations o ON o.id = i.org_id
        WHERE i.sha256 = ? AND i.expires_at > ?
        """,
        (sha256(secret), at),
    ).fetchone()
    return None if row is None else dict(row)


def accept(db: Connection, secret: str, user_id: int, at: str) -> dict[str, Any]:
    """By somebody who is signed in. Raises NotFound; Forbidden for another's invitation."""
    found = _open(db, secret, at)
    row = db.execute("SELECT email FROM users WHERE id = ?", (user_id,)).fetchone()
    if row["email"] != found["email"]:
        raise Forbidden(f"This invitation is for {found['email']}. Sign in as that person.")
    return _join(db, found, user_id, at)


def accept_as_new(
    db: Connection, secret: str, name: str, password: Hash, at: str
) -> dict[str, Any]:
    """By somebody who has no account yet: makes one. `user_id` is added to what `find` says.

    An account that exists never gets its password from here. Raises NotFound, Conflict.
    """
    found = _open(db, secret, at)
    user_id = users.create_account(db, found["email"], name, password, at)
    if user_id is None:
        raise Conflict(
            "This cannot be done with a new password. If you use this server already, sign in "
            "first and open the invitation again."
        )
    return _join(db, found, user_id, at)


def _open(db: Connection, secret: str, at: str) -> dict[str, Any]:
    found = find(db, secret, at)
    if found is None:
        raise NotFound("This invitation has been used, has expired, or never existed.")
    return found


def _join(db: Connection, found: dict[str, Any], user_id: int, at: str) -> dict[str, Any]:
    key = (found["org_id"], found["id"])
    db.execute("DELETE FROM invitations WHERE org_id = ? AND id = ?", key)
    memberships.join(db, Actor(found["org_id"], user_id, "web"), found["role"], at)
    return found | {"user_id": user_id}


INVITATIONS = "SELECT id, email, role, created_at, expires_at FROM invitations"


def _expiry(at: str) -> str:
    return clock.timestamp(clock.parse(at) + LIFETIME)
