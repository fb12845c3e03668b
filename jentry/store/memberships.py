"""Who belongs to an organization, as what, and what ends with a membership."""

from typing import Any

from jentry.errors import Conflict
from jentry.store import audit, password_links, roles, tokens, users, views
from jentry.store.audit import Actor
from jentry.store.connection import Connection


def set_role(db: Connection, actor: Actor, user_id: int, role: str, at: str) -> dict[str, Any]:
    """The member afterwards, as `users.get` has it. A role that is held already is not audited.

    API tokens of whoever becomes a member are refused from then on. Raises BadRequest, Forbidden,
    NotFound; Conflict for the last owner.
    """
    before = users.get(db, actor, user_id)
    roles.require_giver(db, actor, role)
    roles.require_giver(db, actor, before["role"])
    if role == before["role"]:
        return before
    if before["role"] == "owner":
        _require_another_owner(db, actor, before)
    db.execute(
        "UPDATE memberships SET role = ? WHERE org_id = ? AND user_id = ?",
        (role, actor.org_id, user_id),
    )
    meta = {"email": before["email"], "from": before["role"], "to": role}
    audit.record(db, actor, "user.role", f"user:{user_id}", at, **meta)
    return users.get(db, actor, user_id)


def remove(db: Connection, actor: Actor, user_id: int, at: str) -> tuple[dict[str, Any], list[int]]:
    """What the member was, and the ids of the API tokens that ended with the membership.

    The account stays; of one that is in no organization any more, links to choose a password end
    too. What the person did, wrote and shared stays, their own views go. People may leave by
    themselves. Raises Forbidden, NotFound; Conflict for the last owner.
    """
    member = users.get(db, actor, user_id)
    if user_id != actor.user_id:
        roles.require_giver(db, actor, member["role"])
    if member["role"] == "owner":
        _require_another_owner(db, actor, member)
    revoked = tokens.revoke_of_user(db, actor, user_id, at)
    views.forget(db, actor, user_id)
    db.execute("DELETE FROM memberships WHERE org_id = ? AND user_id = ?", (actor.org_id, user_id))
    if not users.organizations_of(db, user_id):
        password_links.withdraw(db, user_id)
    audit.record(db, actor, "user.remove", f"user:{user_id}", at, email=member["email"])
    return member, revoked


def join(db: Connection, actor: Actor, role: str, at: str) -> None:
    """The actor becomes a member; whoever is one already keeps their role."""
    user_id = actor.user_id
    if user_id is None:
        raise AssertionError("the command line joins no organization")
    if roles.of(db, actor.org_id, user_id) is None:
        users.add(db, actor, user_id, role, at)
        audit.record(db, actor, "user.join", f"user:{user_id}", at, role=role)


def _require_another_owner(db: Connection, actor: Actor, member: dict[str, Any]) -> None:
    """One who can act: without an owner, nobody of the organization could ever make one."""
    row = db.execute(
        """
        SELECT count(*) AS others
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND m.role = 'owner' AND m.user_id <> ? AND u.deactivated_at IS NULL
        """,
        (actor.org_id, member["id"]),
    ).fetchone()
    if not row["others"]:
        raise Conflict(f"{member['email']} is the last owner. Make somebody else an owner first.")
