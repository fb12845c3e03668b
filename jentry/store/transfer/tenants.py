"""Organizations, their people, projects and keys: made unless they are there."""

import json
from typing import TYPE_CHECKING, Any

from jentry.store import client_keys, instance, names, projects
from jentry.store.connection import Connection

if TYPE_CHECKING:
    from jentry.store.transfer.load import Load

Line = dict[str, Any]


def organization(db: Connection, line: Line, at: str) -> tuple[int, bool]:
    """Its id, and whether it was made."""
    found = db.execute("SELECT id FROM organizations WHERE slug = ?", (line["slug"],)).fetchone()
    if found:
        return found["id"], False
    row = db.execute(
        "INSERT INTO organizations (slug, name, created_at) VALUES (?, ?, ?) RETURNING id",
        (line["slug"], line["name"], at),
    ).fetchone()
    instance.close_setup(db)
    return row["id"], True


def member(load: "Load", line: Line, at: str) -> tuple[int, int]:
    """Who is one already keeps the role; who has no account gets one without a password."""
    db, email = load.db, str(line["email"]).lower()
    made = db.execute(
        """
        INSERT INTO users (email, name, created_at)
        VALUES (?, ?, ?)
        ON CONFLICT (email) DO NOTHING
        """,
        (email, line.get("name"), at),
    ).rowcount
    added = db.execute(
        """
        INSERT INTO memberships (org_id, user_id, role, created_at)
        SELECT :org_id, u.id, :role, :at
        FROM users u
        WHERE u.email = :email
        ON CONFLICT (org_id, user_id) DO NOTHING
        """,
        {
            "org_id": load.org_id,
            "role": line["role"],
            "at": line.get("joinedAt") or at,
            "email": email,
        },
    ).rowcount
    load.names.forget_user(email)
    if made:
        load.report.invited.append(email)
    return added, 1 - added


def project(load: "Load", line: Line, at: str) -> tuple[int, int]:
    """Known by its slug; a new one keeps its id if that is free. Raises BadRequest for its slug."""
    db, theirs = load.db, int(line["id"])
    found = db.execute(
        "SELECT id FROM projects WHERE org_id = ? AND slug = ?", (load.org_id, line["slug"])
    ).fetchone()
    if found:
        load.names.projects[theirs] = found["id"]
        return 0, 1
    names.slug(line["slug"])
    load.names.projects[theirs] = made = projects.id_for(db, load.org_id, theirs, load.others)
    db.execute(
        """
        INSERT INTO projects (id, org_id, slug, name, platform, settings, ownership,
                              fingerprint_rules, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            made, load.org_id, line["slug"], line["name"], line.get("platform"),
            json.dumps(line.get("settings") or {}), line.get("ownership") or "",
            line.get("fingerprintRules") or "", line["createdAt"],
        ),
    )  # fmt: skip
    if made != theirs:
        load.report.moved_ids.append((line["slug"], made))
    return 1, 0


def key(load: "Load", line: Line) -> tuple[int, int]:
    """DSNs live on, unless another project has the key: then there is a new one."""
    project_id = load.names.project(line["project"])
    if project_id is None:
        return 0, 0
    db, public_key = load.db, str(line["publicKey"])
    found = db.execute(
        "SELECT project_id FROM client_keys WHERE public_key = ?", (public_key,)
    ).fetchone()
    if found and found["project_id"] == project_id:
        return 0, 1
    if found:
        if _has_key(db, project_id):
            return 0, 1
        public_key = client_keys.free(db, None)
        load.report.new_keys.append((_slug(db, project_id), public_key))
    db.execute(
        """
        INSERT INTO client_keys (project_id, public_key, name, created_at, disabled_at)
        VALUES (?, ?, ?, ?, ?)
        """,
        (project_id, public_key, line["name"], line["createdAt"], line.get("disabledAt")),
    )
    return 1, 0


def view(load: "Load", line: Line) -> tuple[int, int]:
    """Known by who saved it, name and time. The own one of somebody unknown here is left out."""
    db, names = load.db, load.names
    user_id, project_id = names.user(line["user"]), names.project(line["project"])
    if (user_id is None and not line["shared"]) or (line["project"] and project_id is None):
        return 0, 0
    members = ("name", "search", "status", "level", "sort", "period", "shared", "position")
    values = {name: line[name] for name in members}
    values |= {"org_id": load.org_id, "user_id": user_id, "project_id": project_id}
    values |= {"created_at": line["createdAt"], "updated_at": line["updatedAt"]}
    added = db.execute(
        f"""
        INSERT INTO views ({", ".join(values)})
        SELECT {", ".join(f":{name}" for name in values)}
        WHERE NOT EXISTS (
            SELECT 1 FROM views
            WHERE org_id = :org_id AND coalesce(user_id, 0) = :whose AND name = :name
              AND created_at = :created_at
        )
        """,
        values | {"whose": user_id or 0},
    ).rowcount
    return added, 1 - added


def _has_key(db: Connection, project_id: int) -> bool:
    row = db.execute("SELECT 1 FROM client_keys WHERE project_id = ?", (project_id,)).fetchone()
    return row is not None


def _slug(db: Connection, project_id: int) -> str:
    row = db.execute("SELECT slug FROM projects WHERE id = ?", (project_id,)).fetchone()
    return str(row["slug"])
