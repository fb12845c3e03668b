"""What a role allows: README has the table. Each role may do what the one before it may."""

from jentry.errors import BadRequest, Forbidden
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.vocabulary import ROLES

RANKS = {"member": 0, "admin": 1, "owner": 2}
WHO = {"member": "members", "admin": "owners and admins", "owner": "owners"}


def require(db: Connection, actor: Actor, role: str, to: str) -> None:
    """Raises Forbidden for whoever has less than the role: `Only owners can {to}.`

    The command line, which is nobody, may do everything.
    """
    if actor.user_id is None:
        return
    held = of(db, actor.org_id, actor.user_id)
    if held is None or RANKS[held] < RANKS[role]:
        raise Forbidden(f"Only {WHO[role]} can {to}.")


def require_giver(db: Connection, actor: Actor, role: str) -> None:
    """Who may invite, promote, demote and remove people of a role. Raises BadRequest, Forbidden."""
    if role not in ROLES:
        raise BadRequest(f"The role must be one of: {', '.join(ROLES)}.")
    if role == "owner":
        require(db, actor, "owner", "change who is an owner")
    else:
        require(db, actor, "admin", "manage members")


def require_operator(db: Connection, user_id: int) -> None:
    """Who may see what concerns the whole server, of whatever organization. Raises Forbidden."""
    row = db.execute(
        "SELECT 1 FROM users WHERE id = ? AND is_operator = 1 AND deactivated_at IS NULL",
        (user_id,),
    ).fetchone()
    if row is None:
        raise Forbidden(
            "Only operators of this server can see this. Whoever runs it makes one: "
            "jentry user operator EMAIL on."
        )


def of(db: Connection, org_id: int, user_id: int) -> str | None:
    """The role in an organization; None for somebody who is no member or was deactivated."""
    row = db.execute(
        """
        SELECT m.role
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND m.user_id = ? AND u.deactivated_at IS NULL
        """,
        (org_id, user_id),
    ).fetchone()
    return None if row is None else row["role"]
