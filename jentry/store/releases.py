"""Releases: how healthy they are, and what the API registers about them."""

import json
from collections.abc import Mapping
from typing import Any

from jentry.store import audit, projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot

SCALARS = ("ref", "url", "date_released")


def list_for(db: Connection, actor: Actor, project_id: int, limit: int) -> list[dict[str, Any]]:
    """Newest first: `release`, `events`, `issues`, `new_issues`, `first_seen`, `last_seen`,
    `sessions`, `crash_free_rate`, `adoption`.

    Figures are lifetime totals; the last two are percentages over all sessions, None when there
    are no sessions to divide by. A project of another organisation has no releases.
    """
    with snapshot(db):
        rows = db.execute(
            """
            SELECT r.version AS release, r.events, r.issues, r.first_seen, r.last_seen,
                   r.sessions, r.crashed,
                   (SELECT count(*) FROM issues i WHERE i.first_release_id = r.id) AS new_issues
            FROM releases r
            WHERE r.project_id = (
                SELECT id FROM projects WHERE id = :project_id AND org_id = :org_id
            )
            ORDER BY r.sorted_at DESC, r.id DESC
            LIMIT :limit
            """,
            {"project_id": project_id, "org_id": actor.org_id, "limit": limit},
        ).fetchall()
        of_project = db.execute(
            "SELECT coalesce(sum(sessions), 0) FROM releases WHERE project_id = ?", (project_id,)
        ).fetchone()[0]
    return [
        dict(row)
        | {
            "crash_free_rate": percent(row["sessions"] - row["crashed"], row["sessions"]),
            "adoption": percent(row["sessions"], of_project),
        }
        for row in rows
    ]


def percent(part: int, whole: int) -> float | None:
    """With one decimal; 0.0 and 100.0 only when it is exactly that. None of nothing."""
    if whole == 0:
        return None
    tenths = (2000 * part + whole) // (2 * whole)  # rounded, half up
    if 0 < part < whole:
        tenths = min(max(tenths, 1), 999)
    return tenths / 10


def register(
    db: Connection, actor: Actor, project_id: int, release: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Create or complete a release: `id`, `version`, numbers of `commits` and `deploys`.

    `release` is what `schemas/releases.py` reads. Its commits and deploys replace those before;
    of `ref`, `url` and `date_released` only the members that are there are set. What changes
    nothing is not written and not audited. Raises NotFound.
    """
    projects.get(db, actor, project_id)
    before = _find(db, project_id, release["version"])
    after = before | {name: release[name] for name in SCALARS if name in release}
    after["commits"] = _each_sha_once(release["commits"])
    after["deploys"] = _dated(release["deploys"], before["deploys"], at)
    if before["registered_at"] is None or after != before:
        after["id"] = _write(db, project_id, after, at)
        _replace_children(db, after)
        _record(db, actor, project_id, before, after, at)
    counts = {"commits": len(after["commits"]), "deploys": len(after["deploys"])}
    return {"id": after["id"], "version": after["version"], **counts}


def _find(db: Connection, project_id: int, version: str) -> dict[str, Any]:
    """The release with its `commits` and `deploys`; of an unknown one the id is None."""
    row = db.execute(
        """
        SELECT id, version, ref, url, date_released, registered_at
        FROM releases
        WHERE project_id = ? AND version = ?
        """,
        (project_id, version),
    ).fetchone()
    if row is None:
        nothing = dict.fromkeys(("id", *SCALARS, "registered_at"))
        return nothing | {"version": version, "commits": [], "deploys": []}
    return dict(row) | {
        "commits": _commits(db, row["id"]),
        "deploys": _deploys(db, row["id"]),
    }


def _commits(db: Connection, release_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        """
        SELECT sha, author, author_email, message, url, files
        FROM release_commits
        WHERE release_id = ?
        ORDER BY position
        """,
        (release_id,),
    )
    return [dict(row) | {"files": json.loads(row["files"])} for row in rows]


def _deploys(db: Connection, release_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        """
        SELECT environment, name, url, deployed_at
        FROM release_deploys
        WHERE release_id = ?
        ORDER BY id
        """,
        (release_id,),
    )
    return [dict(row) for row in rows]


def _each_sha_once(commits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for commit in commits:
        first.setdefault(commit["sha"], commit | {"files": commit["files"] or []})
    return list(first.values())


def _dated(
    deploys: list[dict[str, Any]], before: list[dict[str, Any]], at: str
) -> list[dict[str, Any]]:
    """A deploy without a time happened now, unless it is one that is known already."""
    known = list(before)
    dated = []
    for deploy in deploys:
        if deploy["deployed_at"] is None:
            same = next((old for old in known if old | {"deployed_at": None} == deploy), None)
            if same is not None:
                known.remove(same)
            deploy = same or deploy | {"deployed_at": at}
        dated.append(deploy)
    return dated


def _write(db: Connection, project_id: int, release: dict[str, Any], at: str) -> int:
    """Insert the release, or complete the one that traffic or an earlier call has made."""
    row = db.execute(
        """
        INSERT INTO releases AS r
            (project_id, version, ref, url, date_released, created_at, registered_at, sorted_at)
        VALUES
            (:project_id, :version, :ref, :url, :date_released, :at, :at,
             coalesce(:date_released, :at))
        ON CONFLICT (project_id, version) DO UPDATE
        SET ref = excluded.ref,
            url = excluded.url,
            date_released = excluded.date_released,
            registered_at = coalesce(r.registered_at, excluded.registered_at),
            sorted_at = CASE
                WHEN excluded.date_released IS NOT NULL THEN excluded.date_released
                WHEN r.first_seen < r.created_at THEN r.first_seen
                ELSE r.created_at
            END
        RETURNING id
        """,
        {name: release[name] for name in ("version", *SCALARS)}
        | {"project_id": project_id, "at": at},
    ).fetchone()
    release_id: int = row["id"]
    return release_id


def _replace_children(db: Connection, release: dict[str, Any]) -> None:
    db.execute("DELETE FROM release_commits WHERE release_id = ?", (release["id"],))
    db.execute("DELETE FROM release_deploys WHERE release_id = ?", (release["id"],))
    db.executemany(
        """
        INSERT INTO release_commits
            (release_id, position, sha, author, author_email, message, url, files)
        VALUES (:release_id, :position, :sha, :author, :author_email, :message, :url, :files)
        """,
        [
            commit
            | {
                "release_id": release["id"],
                "position": position,
                "files": json.dumps(commit["files"], ensure_ascii=False),
            }
            for position, commit in enumerate(release["commits"])
        ],
    )
    db.executemany(
        """
        INSERT INTO release_deploys (release_id, environment, name, url, deployed_at)
        VALUES (:release_id, :environment, :name, :url, :deployed_at)
        """,
        [deploy | {"release_id": release["id"]} for deploy in release["deploys"]],
    )


def _record(
    db: Connection,
    actor: Actor,
    project_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
    at: str,
) -> None:
    audit.record(
        db,
        actor,
        "release.create" if before["registered_at"] is None else "release.update",
        f"release:{after['id']}",
        at,
        version=after["version"],
        projectId=project_id,
        commits=len(after["commits"]),
        deploys=len(after["deploys"]),
    )
