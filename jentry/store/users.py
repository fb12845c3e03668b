"""Users and their membership in organizations."""

from typing import Any

from jentry.errors import Conflict, NotFound
from jentry.store import audit, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.passwords import Hash
from jentry.vocabulary import MAX_ID


def create(
    db: Connection,
    actor: Actor,
    email: str,
    name: str | None,
    role: str,
    password: Hash | None,
    at: str,
) -> dict[str, Any]:
    """A new member of the actor's organization: `id`, `email`, `name`, `role`, `has_password`.

    Somebody who already is in another organization keeps the account, its name and password.
    Raises BadRequest, Conflict.
    """
    email = names.email(email)
    roles.require_giver(db, actor, role)
    known = db.execute("SELECT id FROM users WHERE email = ?", (email,)).fetchone()
    if known is None:
        user_id = _insert(db, email, name, password, at)
    else:
        user_id = known["id"]
        _refuse_second_account(db, actor, user_id, email, password)
    add(db, actor, user_id, role, at)
    audit.record(db, actor, "user.create", f"user:{user_id}", at, email=email, role=role)
    return get(db, actor, user_id)


def make_operator(db: Connection, user_id: int) -> None:
    """From now on the user may see what concerns the whole server."""
    db.execute("UPDATE users SET is_operator = 1 WHERE id = ?", (user_id,))


def create_account(db: Connection, email: str, name: str, password: Hash, at: str) -> int | None:
    """The id of a new account; None when there is one with that address.

    One that nobody has ever been able to use, and that belongs to no organization, is taken over.
    """
    row = db.execute("SELECT id, password FROM users WHERE email = ?", (email,)).fetchone()
    if row is None:
        return _insert(db, email, name, password, at)
    if row["password"] is not None or organizations_of(db, row["id"]):
        return None
    db.execute(
        "UPDATE users SET name = ?, password = ?, deactivated_at = NULL WHERE id = ?",
        (names.name(name, "user's name"), password, row["id"]),
    )
    user_id: int = row["id"]
    return user_id


def is_member(db: Connection, org_id: int, email: str) -> bool:
    row = db.execute(f"{MEMBERS} WHERE m.org_id = ? AND u.email = ?", (org_id, email))
    return row.fetchone() is not None


def get(db: Connection, actor: Actor, user_id: int) -> dict[str, Any]:
    """Raises NotFound for someone who is not a member of the actor's organization."""
    found = member(db, actor.org_id, user_id)
    if found is None:
        raise NotFound(f"There is no user {user_id} in this organization.")
    return found


def member(db: Connection, org_id: int, user_id: int) -> dict[str, Any] | None:
    row = db.execute(
        f"{MEMBERS} WHERE m.org_id = ? AND m.user_id = ?", (org_id, user_id)
    ).fetchone()
    return None if row is None else _shown(row)


def by_email(db: Connection, actor: Actor, email: str) -> dict[str, Any]:
    """Raises BadRequest, NotFound."""
    email = names.email(email)
    row = db.execute(
        f"{MEMBERS} WHERE m.org_id = ? AND u.email = ?", (actor.org_id, email)
    ).fetchone()
    if row is None:
        raise NotFound(f"{email} is not a member of this organization.")
    return _shown(row)


def organizations_of(db: Connection, user_id: int) -> list[int]:
    """The ids of those that somebody belongs to."""
    rows = db.execute(
        "SELECT org_id FROM memberships WHERE user_id = ? ORDER BY org_id", (user_id,)
    )
    return [row["org_id"] for row in rows]


def record(
    db: Connection,
    user_id: int,
    by: int | None,
    action: str,
    at: str,
    *,
    via: str = "web",
    **meta: Any,
) -> None:
    """What concerns a person: into the audit log of each organization that they belong to."""
    for org_id in organizations_of(db, user_id):
        audit.record(db, Actor(org_id, by, via), action, f"user:{user_id}", at, **meta)


def set_operator(
    db: Connection, email: str, is_operator: bool, at: str, via: str
) -> dict[str, Any]:
    """Whether somebody sees what concerns the whole server: `id`, `email`, `is_operator`.

    Audited in each organization the person belongs to, unless it is so already. Raises BadRequest,
    NotFound.
    """
    row = account(db, email)
    if bool(row["is_operator"]) != is_operator:
        db.execute("UPDATE users SET is_operator = ? WHERE id = ?", (int(is_operator), row["id"]))
        meta = {"email": row["email"], "to": is_operator}
        record(db, row["id"], None, "user.operator", at, via=via, **meta)
    return row | {"is_operator": is_operator}


def account(db: Connection, email: str) -> dict[str, Any]:
    """Anybody's, for whoever runs the server: `id`, `email`, `is_operator`.

    Raises BadRequest, NotFound.
    """
    email = names.email(email)
    row = db.execute(
        "SELECT id, email, is_operator FROM users WHERE email = ?", (email,)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no user {email}.")
    return dict(row)


def list_for(db: Connection, actor: Actor, limit: int | None = None) -> list[dict[str, Any]]:
    """The members of the actor's organization, oldest first; all of them without a limit."""
    rows = db.execute(
        f"{MEMBERS} WHERE m.org_id = ? ORDER BY m.user_id LIMIT ?",
        (actor.org_id, MAX_ID if limit is None else limit),
    )
    return [_shown(row) for row in rows]


MEMBERS = """
    SELECT u.id, u.email, u.name, m.role, u.created_at, u.deactivated_at,
           u.deactivated_at IS NULL AS is_active, m.created_at AS joined_at,
           u.password IS NOT NULL AS has_password
    FROM memberships m
    JOIN users u ON u.id = m.user_id
"""


def _shown(row: Any) -> dict[str, Any]:
    flags = ("is_active", "has_password")
    return dict(row) | {name: bool(row[name]) for name in flags}


def add(db: Connection, actor: Actor, user_id: int, role: str, at: str) -> None:
    """A membership, without an entry in the audit log."""
    db.execute(
        "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, ?, ?)",
        (actor.org_id, user_id, role, at),
    )


def _insert(db: Connection, email: str, name: str | None, password: Hash | None, at: str) -> int:
    row = db.execute(
        """
        INSERT INTO users (email, name, password, created_at)
        VALUES (?, ?, ?, ?)
        RETURNING id
        """,
        (email, None if name is None else names.name(name, "user's name"), password, at),
    ).fetchone()
    user_id: int = row["id"]
    return user_id


def _refuse_second_account(
    db: Connection, actor: Actor, user_id: int, email: str, password: Hash | None
) -> None:
    if member(db, actor.org_id, user_id):
        raise Conflict(f"{email} is already a member of this organization.")
    if password is not None:
        raise Conflict(f"{email} already has an account with a password; leave the password out.")
