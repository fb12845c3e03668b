"""From what a client knows to our ids."""

import re
from typing import Any

from jentry.errors import NotFound
from jentry.store import projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.parts import whole
from jentry.vocabulary import MAX_ID

SHORT_ID = re.compile(r"(?P<slug>[A-Za-z0-9][A-Za-z0-9_-]*)-(?P<number>[0-9]{1,16})")
EVENT_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def event_id(text: str) -> bytes | None:
    """32 hexadecimal digits, with or without hyphens; else None."""
    plain = text.replace("-", "")
    return bytes.fromhex(plain) if EVENT_ID.fullmatch(plain) else None


def issue_id(db: Connection, actor: Actor, text: str) -> int | None:
    """`42`, `#42`, `WEB-APP-42` -> 42, an id that need not be there. None for anything else, and
    for a short id whose slug is another project's; one that no project has any more is as good as
    the issue's own.
    """
    plain = text.removeprefix("#")
    if plain.isascii() and plain.isdecimal():
        return min(int(plain[:17]), MAX_ID)
    found = SHORT_ID.fullmatch(text)
    if found is None:
        return None
    number = int(found["number"])
    row = db.execute(
        """
        SELECT i.project_id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ? AND i.id = ?
        """,
        (actor.org_id, min(number, MAX_ID)),
    ).fetchone()
    if row is None:
        return None
    slugs = {owner["slug"]: owner["id"] for owner in projects.list_for(db, actor)}
    return (
        number if slugs.get(found["slug"].lower(), row["project_id"]) == row["project_id"] else None
    )


def project(db: Connection, actor: Actor, name: str) -> dict[str, Any]:
    """By its id or slug, as `projects.list_for` shows it. Raises NotFound.

    A number is an id; only a project that was named before slugs of digits were refused has one
    as its slug, and is found by it while no id is the same.
    """
    found = projects.list_for(db, actor)
    for member in ("id", "slug"):
        for one in found:
            if str(one[member]) == name:
                return one
    raise NotFound("There is no such project.")


def issue_of_event(db: Connection, project_id: int, event_id: bytes) -> int:
    """The issue that an event of a project is in. Raises NotFound."""
    row = db.execute(
        f"""
        SELECT {whole("e.issue_id")} AS issue_id
        FROM events e
        WHERE e.event_id = ? AND e.project_id = ?
        """,
        (event_id, project_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such event, or it is no longer kept.")
    issue_id: int = row["issue_id"]
    return issue_id


def require_event_id(db: Connection, actor: Actor, event_id: bytes) -> None:
    """Raises NotFound when the organization has no such event, and nothing that came with one:
    attachments and user reports may be there before their event, and stay after it.
    """
    for table in ("events", "attachments", "user_reports"):
        row = db.execute(
            f"""
            SELECT 1
            FROM {table}
            WHERE project_id IN (SELECT id FROM projects WHERE org_id = ?) AND event_id = ?
            LIMIT 1
            """,
            (actor.org_id, event_id),
        ).fetchone()
        if row is not None:
            return
    raise NotFound("There is no such event, or it is no longer kept.")
