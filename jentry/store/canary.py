"""The organization that the server sends an event to each minute; nobody belongs to it.

Whatever lists organizations leaves it out, and a server that has no other is not set up yet.
"""

from jentry.errors import Conflict
from jentry.store import projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.names import CANARY

NAME = "Canary"
UNLIMITED = {"quota_5min": 0, "quota_hour": 0}


def ensure(db: Connection, at: str) -> tuple[int, str]:
    """The id of its project and a public key. Raises Conflict when people have taken its slug."""
    row = db.execute("SELECT id FROM organizations WHERE slug = ?", (CANARY,)).fetchone()
    if row is None:
        row = db.execute(
            "INSERT INTO organizations (slug, name, created_at) VALUES (?, ?, ?) RETURNING id",
            (CANARY, NAME, at),
        ).fetchone()
    actor = Actor(row["id"], None, "system")
    if db.execute("SELECT 1 FROM memberships WHERE org_id = ?", (actor.org_id,)).fetchone():
        raise Conflict(f"The organization {CANARY} has members: give it another slug.")
    found = projects.list_for(db, actor, 1)
    if not found:
        found = [projects.create(db, actor, NAME, None, None, at, settings=UNLIMITED)]
    return found[0]["id"], found[0]["public_key"]


def find(db: Connection) -> tuple[int, str] | None:
    """What `ensure` has made."""
    row = db.execute(
        """
        SELECT p.id, k.public_key
        FROM organizations o
        JOIN projects p ON p.org_id = o.id
        JOIN client_keys k ON k.project_id = p.id
        WHERE o.slug = ? AND k.disabled_at IS NULL
        ORDER BY p.id, k.id
        LIMIT 1
        """,
        (CANARY,),
    ).fetchone()
    return (row["id"], row["public_key"]) if row else None


def has_arrived(db: Connection, project_id: int, event_id: bytes) -> bool:
    row = db.execute(
        "SELECT 1 FROM events WHERE project_id = ? AND event_id = ?", (project_id, event_id)
    )
    return row.fetchone() is not None
