"""What would become of the lines of projects and keys, were they read now. Nothing is changed."""

from collections.abc import Mapping
from typing import Any

from jentry.store import projects
from jentry.store.connection import Connection

Line = Mapping[str, Any]


def of_project(db: Connection, org_slug: str, line: Line) -> str | None:
    """What differs from a new project with the id that it has; None when nothing does."""
    row = db.execute(
        """
        SELECT p.id
        FROM projects p
        JOIN organizations o ON o.id = p.org_id
        WHERE o.slug = ? AND p.slug = ?
        """,
        (org_slug, line["slug"]),
    ).fetchone()
    if row and row["id"] == line["id"]:
        return None
    if row:
        return f"{line['slug']} is here as project {row['id']}: its DSN changes"
    if not projects.is_free(db, line["id"]):
        return "its id is in use here: its DSN changes"
    return None


def of_key(db: Connection, org_slug: str, project_slug: str, line: Line) -> str | None:
    row = db.execute(
        """
        SELECT p.slug, o.slug AS org
        FROM client_keys k
        JOIN projects p ON p.id = k.project_id
        JOIN organizations o ON o.id = p.org_id
        WHERE k.public_key = ?
        """,
        (line["publicKey"],),
    ).fetchone()
    if row is None or (row["org"], row["slug"]) == (org_slug, project_slug):
        return None
    return "another project has this key here: a new one is made"
