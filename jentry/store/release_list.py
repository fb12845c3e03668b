"""Releases as they are read: how healthy each is, and what was registered about it."""

import json
from typing import Any

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.sql import PROJECT, RELEASE

RELEASES = """
    SELECT r.id, r.version AS release, r.ref, r.url, r.date_released, r.registered_at,
           r.events, r.issues, r.first_seen, r.last_seen, r.sessions, r.errored,
           r.crashed, r.abnormal, r.unhandled,
           (SELECT count(*) FROM issues i WHERE i.first_release_id = r.id) AS new_issues
    FROM releases r
    WHERE +r.project_id IN (SELECT id FROM projects WHERE org_id = ?)
"""
OF_PROJECT = f"""
    FROM releases r
    WHERE r.project_id = {PROJECT}
      AND r.version <> ''
"""


def page(db: Connection, actor: Actor, project_id: int, wanted: Paging) -> Page:
    """Newest first: `release`, `events`, `issues`, `new_issues`, `first_seen`, `last_seen`,
    `sessions`, `crash_free_rate`, `adoption`.

    Figures are lifetime totals; the last two are percentages over all sessions, None when there
    are no sessions to divide by. A project of another organization has no releases.
    """
    params = {"project_id": project_id, "org_id": actor.org_id}
    after = "AND (r.sorted_at, r.id) < (:after, :after_id)" if wanted.after else ""
    ordered = f"SELECT r.sorted_at AS sorted, r.id {OF_PROJECT} {after} ORDER BY 1 DESC, 2 DESC"
    with snapshot(db):
        keys, total, last = read(db, ordered, OF_PROJECT, params, wanted)
        ids = [key["id"] for key in keys]
        rows = db.execute(
            f"{RELEASES} AND r.id IN ({', '.join('?' * len(ids)) or 'NULL'})",
            (actor.org_id, *ids),
        ).fetchall()
        sessions = _sessions(db, actor, project_id)
    found = {row["id"]: _shown(row, sessions) for row in rows}
    return Page([found[release_id] for release_id in ids], total, last)


def detail(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    """A row of the list with `id`, `ref`, `url`, `date_released`, `registered`, `commits` and
    `deploys`. Raises NotFound.
    """
    row = db.execute(
        f"{RELEASES} AND r.project_id = ? AND r.version = ?",
        (actor.org_id, project_id, version),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such release.")
    return _shown(row, _sessions(db, actor, project_id)) | {
        "registered": row["registered_at"] is not None,
        "commits": commits(db, actor, row["id"]),
        "deploys": deploys(db, actor, row["id"]),
    }


def commits(db: Connection, actor: Actor, release_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        f"""
        SELECT sha, author, author_email, message, url, files
        FROM release_commits
        WHERE release_id = {RELEASE}
        ORDER BY position
        """,
        {"release_id": release_id, "org_id": actor.org_id},
    )
    return [dict(row) | {"files": json.loads(row["files"])} for row in rows]


def deploys(db: Connection, actor: Actor, release_id: int) -> list[dict[str, Any]]:
    """In the order they were told."""
    rows = db.execute(
        f"""
        SELECT environment, name, url, deployed_at
        FROM release_deploys
        WHERE release_id = {RELEASE}
        ORDER BY id
        """,
        {"release_id": release_id, "org_id": actor.org_id},
    )
    return [dict(row) for row in rows]


def newest(
    db: Connection, actor: Actor, project_id: int, limit: int, since: str = ""
) -> list[dict[str, Any]]:
    """`id`, `release` and `sorted_at` of the newest releases, of those since then; newest first."""
    rows = db.execute(
        f"""
        SELECT r.id, r.version AS release, r.sorted_at
        {OF_PROJECT} AND r.sorted_at >= :since
        ORDER BY r.sorted_at DESC, r.id DESC
        LIMIT :limit
        """,
        {"project_id": project_id, "org_id": actor.org_id, "since": since, "limit": limit},
    )
    return [dict(row) for row in rows]


def deploys_page(db: Connection, actor: Actor, release_id: int, wanted: Paging) -> Page:
    """The deploys of a release, the last to be told first."""
    source = """
        FROM release_deploys d
        JOIN releases r ON r.id = d.release_id
        JOIN projects p ON p.id = r.project_id
        WHERE d.release_id = :release_id AND p.org_id = :org_id
    """
    after = "AND d.id < :after_id" if wanted.after else ""
    ordered = f"""
        SELECT d.id AS sorted, d.id, d.environment, d.name, d.url, d.deployed_at
        {source} {after}
        ORDER BY d.id DESC
    """
    params = {"release_id": release_id, "org_id": actor.org_id}
    with snapshot(db):
        rows, total, last = read(db, ordered, source, params, wanted)
    return Page([dict(row) for row in rows], total, last)


def percent(part: int, whole: int) -> float | None:
    """With one decimal; 0.0 and 100.0 only when it is exactly that. None of nothing."""
    if whole == 0:
        return None
    tenths = (2000 * part + whole) // (2 * whole)  # rounded, half up
    if 0 < part < whole:
        tenths = min(max(tenths, 1), 999)
    return tenths / 10


def _sessions(db: Connection, actor: Actor, project_id: int) -> int:
    sessions: int = db.execute(
        f"SELECT coalesce(sum(r.sessions), 0) {OF_PROJECT}",
        {"project_id": project_id, "org_id": actor.org_id},
    ).fetchone()[0]
    return sessions


def _shown(row: Row, sessions: int) -> dict[str, Any]:
    return dict(row) | {
        "crash_free_rate": percent(row["sessions"] - row["crashed"], row["sessions"]),
        "adoption": percent(row["sessions"], sessions),
    }
