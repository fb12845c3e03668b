"""What people write about issues."""

from typing import Any

from jentry.errors import NotFound
from jentry.store import audit, personal_mail
from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.parts import led_to, require_whole
from jentry.store.sql import OF_ISSUE


def add(db: Connection, actor: Actor, issue_id: int, text: str, at: str) -> dict[str, Any]:
    """The comment: `id`, `issue_id`, `user_id`, `text`, `created_at`. Raises NotFound, Conflict."""
    require_whole(issue_id, led_to(db, actor, issue_id))
    row = db.execute(
        f"""
        INSERT INTO comments (issue_id, user_id, text, created_at)
        SELECT i.id, :user_id, :text, :at
        {OF_ISSUE}
        RETURNING id, issue_id, user_id, text, created_at
        """,
        {
            "issue_id": issue_id, "org_id": actor.org_id, "user_id": actor.user_id, "text": text,
            "at": at,
        },
    ).fetchone()  # fmt: skip
    if row is None:
        raise NotFound("There is no such issue.")
    audit.record(db, actor, "comment.create", f"comment:{row['id']}", at, issueId=issue_id)
    personal_mail.named(db, actor, row["id"], text, at)
    return dict(row)


def page(db: Connection, actor: Actor, issue_id: int, wanted: Paging) -> Page:
    """The comments on an issue, newest first. None of an issue of another organization."""
    source = """
        FROM comments c
        JOIN issues i ON i.id = c.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE c.issue_id = :issue_id AND p.org_id = :org_id
    """
    after = "AND (c.created_at, c.id) < (:after, :after_id)" if wanted.after else ""
    ordered = f"""
        SELECT c.created_at AS sorted, c.id, c.issue_id, c.user_id, c.text, c.created_at
        {source} {after}
        ORDER BY c.created_at DESC, c.id DESC
    """
    params = {"issue_id": issue_id, "org_id": actor.org_id}
    with snapshot(db):
        rows, total, last = read(db, ordered, source, params, wanted)
    return Page([dict(row) for row in rows], total, last)


def numbers(db: Connection, actor: Actor, issue_ids: list[int]) -> dict[int, int]:
    """How many there are on each issue that has any."""
    rows = db.execute(
        f"""
        SELECT c.issue_id, count(*) AS comments
        FROM comments c
        JOIN issues i ON i.id = c.issue_id
        WHERE +i.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND c.issue_id IN ({", ".join("?" * len(issue_ids)) or "NULL"})
        GROUP BY c.issue_id
        """,
        (actor.org_id, *issue_ids),
    )
    return {row["issue_id"]: row["comments"] for row in rows}
