"""Rules as a project keeps them: texts of lines, which the packages that know them read."""

from dataclasses import dataclass

from jentry.store import audit, projects, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import OF_PROJECT, PROJECT


@dataclass(frozen=True, slots=True)
class Kind:
    column: str
    name: str
    action: str  # of the audit log


OWNERSHIP = Kind("ownership", "ownership rules", "ownership.update")
FINGERPRINTS = Kind("fingerprint_rules", "fingerprint rules", "grouping.update")


def get(db: Connection, actor: Actor, kind: Kind, project_id: int) -> str:
    """Raises NotFound."""
    projects.get(db, actor, project_id)
    return text(db, kind, actor.org_id, project_id)


def text(db: Connection, kind: Kind, org_id: int, project_id: int) -> str:
    row = db.execute(
        f"SELECT p.{kind.column} AS text {OF_PROJECT}",
        {"project_id": project_id, "org_id": org_id},
    ).fetchone()
    return "" if row is None else row["text"]


def put(
    db: Connection, actor: Actor, kind: Kind, project_id: int, rules: str, lines: int, at: str
) -> None:
    """`lines`: the number of rules. What is so already is not audited.

    Raises Forbidden, NotFound.
    """
    roles.require(db, actor, "admin", f"change {kind.name}")
    if get(db, actor, kind, project_id) == rules:
        return
    db.execute(
        f"UPDATE projects SET {kind.column} = :rules WHERE id = {PROJECT}",
        {"rules": rules, "project_id": project_id, "org_id": actor.org_id},
    )
    audit.record(db, actor, kind.action, f"project:{project_id}", at, rules=lines)
