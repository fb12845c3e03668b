"""Releases as they are read: how healthy each is, and what was registered about it."""

import json
from typing import Any

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.sql import PROJECT, RELEASE

FIRST_COMMITS = 100  # of a release, whose authors are named
LONGEST_SUBJECT = 500  # characters

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
    `sessions`, `crash_free_rate`, `adoption`, `environments` it was deployed to (the latest first)
    and `authors` of its first commits.

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
        places, people = _environments(db, actor, ids), _authors(db, actor, ids)
    found = {
        row["id"]: _shown(row, sessions)
        | {"environments": places[row["id"]], "authors": people[row["id"]]}
        for row in rows
    }
    return Page([found[release_id] for release_id in ids], total, last)


def detail(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    """What `head` has, with `commits` and `deploys`. Raises NotFound."""
    release = head(db, actor, project_id, version)
    return release | {
        "commits": commits(db, actor, release["id"]),
        "deploys": deploys(db, actor, release["id"]),
    }


def head(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    """A row of the list with `id`, `ref`, `url`, `date_released` and `registered`.

    Raises NotFound.
    """
    row = db.execute(
        f"{RELEASES} AND r.project_id = ? AND r.version = ?",
        (actor.org_id, project_id, version),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such release.")
    release_id = row["id"]
    return _shown(row, _sessions(db, actor, project_id)) | {
        "environments": _environments(db, actor, [release_id])[release_id],
        "authors": _authors(db, actor, [release_id])[release_id],
        "registered": row["registered_at"] is not None,
    }


def commits(db: Connection, actor: Actor, release_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        f"""
        SELECT sha, author, author_email, message, url, files, committed_at
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


def _environments(db: Connection, actor: Actor, ids: list[int]) -> dict[int, list[str]]:
    rows = db.execute(
        f"""
        SELECT d.release_id, d.environment, d.deployed_at
        FROM releases r
        CROSS JOIN release_deploys d ON d.release_id = r.id
        WHERE +r.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND r.id IN ({", ".join("?" * len(ids)) or "NULL"})
        """,
        (actor.org_id, *ids),
    ).fetchall()
    rows.sort(key=lambda row: row["deployed_at"], reverse=True)
    return _each_once(ids, [(row["release_id"], row["environment"]) for row in rows])


def _authors(db: Connection, actor: Actor, ids: list[int]) -> dict[int, list[str]]:
    rows = db.execute(
        f"""
        SELECT c.release_id, c.author, c.position
        FROM releases r
        CROSS JOIN release_commits c ON c.release_id = r.id
        WHERE +r.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND r.id IN ({", ".join("?" * len(ids)) or "NULL"})
          AND c.position < {FIRST_COMMITS} AND c.author IS NOT NULL
        """,
        (actor.org_id, *ids),
    ).fetchall()
    rows.sort(key=lambda row: row["position"])
    return _each_once(ids, [(row["release_id"], row["author"]) for row in rows])


def _each_once(ids: list[int], pairs: list[tuple[int, str]]) -> dict[int, list[str]]:
    """The words of each release, in the order of their first place."""
    found: dict[int, dict[str, None]] = {release_id: {} for release_id in ids}
    for release_id, word in pairs:
        found[release_id].setdefault(word)
    return {release_id: list(words) for release_id, words in found.items()}


def first_commits(
    db: Connection, actor: Actor, release_id: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """`sha`, `author`, `subject` (the message's first line) and `url` of the first commits, and
    how many there are.
    """
    params = {"release_id": release_id, "org_id": actor.org_id}
    rows = db.execute(
        f"""
        SELECT sha, author, substr(message, 1, {LONGEST_SUBJECT}) AS subject, url
        FROM release_commits
        WHERE release_id = {RELEASE}
        ORDER BY position
        LIMIT :limit
        """,
        params | {"limit": limit},
    ).fetchall()
    total: int = db.execute(
        f"SELECT count(*) FROM release_commits WHERE release_id = {RELEASE}", params
    ).fetchone()[0]
    return [dict(row) | {"subject": first_line(row["subject"])} for row in rows], total


def first_line(message: str | None) -> str:
    return next(iter((message or "").strip().splitlines()), "")


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
