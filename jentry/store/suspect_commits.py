"""Commits among which those are looked for that brought an issue. `owners/suspects.py` compares."""

import json
from collections.abc import Iterator
from typing import Any

from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.release_list import LONGEST_SUBJECT, first_line
from jentry.store.sql import PROJECT, RELEASE

EARLIER = 4  # releases before the first of the issue
MOST_COMMITS = 500  # of a release, the first ones: release tools send the newest first
MOST_READ = 1024 * 1024  # characters of paths, of all of them


def releases(
    db: Connection, actor: Actor, project_id: int, versions: list[str]
) -> list[dict[str, Any]]:
    """`id` and `release` of those, and of the few before them, the newest first."""
    own = {"project_id": project_id, "org_id": actor.org_id}
    names = {f"version_{number}": version for number, version in enumerate(versions)}
    known = db.execute(
        f"""
        SELECT r.id, r.version AS release, r.sorted_at
        FROM releases r
        WHERE r.project_id = {PROJECT} AND r.version <> ''
          AND r.version IN ({", ".join(f":{name}" for name in names) or "NULL"})
        """,
        own | names,
    ).fetchall()
    if not known:
        return []
    known.sort(key=lambda row: (row["sorted_at"], row["id"]), reverse=True)
    earlier = db.execute(
        f"""
        SELECT r.id, r.version AS release, r.sorted_at
        FROM releases r
        WHERE r.project_id = {PROJECT} AND r.version <> ''
          AND (r.sorted_at, r.id) < (:sorted_at, :id)
        ORDER BY r.sorted_at DESC, r.id DESC
        LIMIT {EARLIER}
        """,
        own | {name: known[-1][name] for name in ("sorted_at", "id")},
    ).fetchall()
    return [{"id": row["id"], "release": row["release"]} for row in (*known, *earlier)]


def naming(
    db: Connection, actor: Actor, found: list[dict[str, Any]], names: set[str]
) -> Iterator[dict[str, Any]]:
    """Commits of these releases that changed a file of one of the names, in small letters: `sha`,
    `author`, `author_email`, `subject`, `url`, `committed_at`, the `release`, and `files`, those
    alone.
    """
    ends, read = tuple(names), 0
    for release in found:
        rows = db.execute(
            f"""
            SELECT c.sha, c.author, c.author_email, c.url, c.files, c.committed_at,
                   substr(c.message, 1, {LONGEST_SUBJECT}) AS subject
            FROM release_commits c
            WHERE c.release_id = {RELEASE}
            ORDER BY c.position
            LIMIT {MOST_COMMITS}
            """,
            {"release_id": release["id"], "org_id": actor.org_id},
        )
        for row in rows:
            read += len(row["files"])
            if read > MOST_READ:
                return
            files = json.loads(row["files"])
            if named := [file for file in files if file.lower().endswith(ends)]:
                subject = first_line(row["subject"])
                of = {"release": release["release"], "subject": subject, "files": named}
                yield dict(row) | of
