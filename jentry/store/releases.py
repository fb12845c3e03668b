"""Releases: what the API registers about them. They are read in `release_list.py`."""

import json
from collections.abc import Mapping
from typing import Any

from jentry.errors import Conflict, NotFound
from jentry.store import audit, commits, projects, release_list
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import OF_PROJECT, OF_RELEASE, PROJECT, RELEASE, fold

SCALARS = ("ref", "url", "date_released")
MOST_DEPLOYS = 1000  # of a release


def register(
    db: Connection,
    actor: Actor,
    project_id: int,
    release: Mapping[str, Any],
    at: str,
    *,
    site: str = "",
) -> dict[str, Any]:
    """Create or complete a release: `id`, `version`, numbers of `commits` and `deploys`.

    `release` is what `schemas/releases.py` reads. Its commits and deploys replace those before;
    of `ref`, `url` and `date_released` only the members that are there are set. What changes
    nothing is not written and not audited. Issues that new commits fix are resolved in it; `site`
    is the address of this server in links to them. Raises NotFound.
    """
    projects.get(db, actor, project_id)
    before = _find(db, actor, project_id, release["version"])
    after = before | {name: release[name] for name in SCALARS if name in release}
    after["commits"] = _each_sha_once(release["commits"])
    after["deploys"] = _dated(release["deploys"], before["deploys"], at)
    if before["registered_at"] is None or after != before:
        after["id"] = _write(db, actor, project_id, after, at)
        _replace_children(db, actor, after)
        action = "release.create" if before["registered_at"] is None else "release.update"
        _record(db, actor, project_id, action, after, at)
        had = {commit["sha"] for commit in before["commits"]}
        new = [commit for commit in after["commits"] if commit["sha"] not in had]
        commits.arrive(db, actor, project_id, after, new, site, at)
    counts = {"commits": len(after["commits"]), "deploys": len(after["deploys"])}
    return {"id": after["id"], "version": after["version"], **counts}


def declare(
    db: Connection,
    actor: Actor,
    project_id: int,
    release: Mapping[str, Any],
    at: str,
    *,
    site: str = "",
) -> bool:
    """As `register`, but what `release` does not name is kept, its commits and deploys too.

    Whether the release was not there before. Raises NotFound.
    """
    before = _find(db, actor, project_id, release["version"])
    kept = {"commits": before["commits"], "deploys": before["deploys"]}
    register(db, actor, project_id, kept | dict(release), at, site=site)
    return before["id"] is None


def archive(
    db: Connection, actor: Actor, project_id: int, version: str, is_archived: bool, at: str
) -> None:
    """Leave it out of the lists of release tools, or show it there again. Raises NotFound."""
    release = _get(db, actor, project_id, version)
    changed = db.execute(
        f"""
        UPDATE releases
        SET archived_at = :archived_at
        WHERE id = {RELEASE} AND (archived_at IS NULL) = (:is_archived = 1)
        RETURNING id
        """,
        {
            "release_id": release["id"],
            "org_id": actor.org_id,
            "archived_at": at if is_archived else None,
            "is_archived": int(is_archived),
        },
    ).fetchone()
    if changed:
        action = "release.archive" if is_archived else "release.restore"
        _record(db, actor, project_id, action, release, at)


def delete(db: Connection, actor: Actor, project_id: int, version: str, at: str) -> None:
    """One that was only registered: with its commits and deploys.

    Raises NotFound; Conflict when events or sessions name it, as they would bring it back.
    """
    release = _get(db, actor, project_id, version)
    gone = db.execute(
        f"""
        DELETE FROM releases
        WHERE id = {RELEASE} AND first_seen IS NULL AND version <> ''
        RETURNING id
        """,
        {"release_id": release["id"], "org_id": actor.org_id},
    ).fetchone()
    if gone is None:
        raise Conflict("Events or sessions name this release, so it cannot be deleted.")
    _record(db, actor, project_id, "release.delete", release, at)


def update(
    db: Connection,
    actor: Actor,
    project_id: int,
    version: str,
    change: Mapping[str, Any],
    at: str,
) -> dict[str, Any]:
    """Set those of `ref`, `url` and `date_released` that are there; the release afterwards.

    What changes nothing is not written and not audited. Raises NotFound.
    """
    before = _get(db, actor, project_id, version)
    after = {**before, **change}
    if after != before:
        _set(db, actor, after)
        _record(db, actor, project_id, "release.update", after, at)
    return release_list.detail(db, actor, project_id, version)


def add_deploy(
    db: Connection,
    actor: Actor,
    project_id: int,
    version: str,
    deploy: Mapping[str, Any],
    at: str,
) -> dict[str, Any]:
    """Append a deploy, which happened now unless it says when: `environment`, `name`, `url`,
    `deployed_at`. Raises NotFound; Conflict when there are too many already.
    """
    release = _get(db, actor, project_id, version)
    if len(release["deploys"]) >= MOST_DEPLOYS:
        raise Conflict(f"A release has at most {MOST_DEPLOYS} deploys.")
    added = {**deploy, "deployed_at": deploy["deployed_at"] or at}
    _insert_deploys(db, actor, release["id"], [added])
    audit.record(
        db,
        actor,
        "deploy.create",
        f"release:{release['id']}",
        at,
        version=version,
        projectId=project_id,
        environment=added["environment"],
    )
    return added


def _get(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    projects.get(db, actor, project_id)
    found = _find(db, actor, project_id, version)
    if found["id"] is None:
        raise NotFound("There is no such release.")
    return found


def _find(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    """The release with its `commits` and `deploys`; of an unknown one the id is None."""
    row = db.execute(
        f"""
        SELECT id, version, ref, url, date_released, registered_at
        FROM releases
        WHERE project_id = {PROJECT} AND version = :version
        """,
        {"project_id": project_id, "org_id": actor.org_id, "version": version},
    ).fetchone()
    if row is None:
        nothing = dict.fromkeys(("id", *SCALARS, "registered_at"))
        return nothing | {"version": version, "commits": [], "deploys": []}
    return dict(row) | {
        "commits": release_list.commits(db, actor, row["id"]),
        "deploys": release_list.deploys(db, actor, row["id"]),
    }


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


SORTED_AT = """
    CASE
        WHEN {date_released} IS NOT NULL THEN {date_released}
        WHEN r.first_seen < r.created_at THEN r.first_seen
        ELSE r.created_at
    END
"""


def _set(db: Connection, actor: Actor, release: dict[str, Any]) -> None:
    db.execute(
        f"""
        UPDATE releases AS r
        SET ref = :ref, url = :url, date_released = :date_released,
            sorted_at = {SORTED_AT.format(date_released="CAST(:date_released AS TEXT)")}
        WHERE id = {RELEASE}
        """,
        {name: release[name] for name in SCALARS}
        | {"release_id": release["id"], "org_id": actor.org_id},
    )


def _write(db: Connection, actor: Actor, project_id: int, release: dict[str, Any], at: str) -> int:
    """Insert the release, or complete the one that traffic or an earlier call has made."""
    row = db.execute(
        f"""
        INSERT INTO releases AS r
            (project_id, version, folded, ref, url, date_released, created_at, registered_at,
             sorted_at)
        SELECT p.id, :version, :folded, :ref, :url, :date_released, :at, :at,
               coalesce(:date_released, :at)
        {OF_PROJECT}
        ON CONFLICT (project_id, version) DO UPDATE
        SET ref = excluded.ref,
            url = excluded.url,
            date_released = excluded.date_released,
            registered_at = coalesce(r.registered_at, excluded.registered_at),
            sorted_at = {SORTED_AT.format(date_released="excluded.date_released")}
        RETURNING id
        """,
        {name: release[name] for name in ("version", *SCALARS)}
        | {"project_id": project_id, "org_id": actor.org_id, "at": at}
        | {"folded": fold(release["version"])},
    ).fetchone()
    release_id: int = row["id"]
    return release_id


def _replace_children(db: Connection, actor: Actor, release: dict[str, Any]) -> None:
    mine = {"release_id": release["id"], "org_id": actor.org_id}
    db.execute(f"DELETE FROM release_commits WHERE release_id = {RELEASE}", mine)
    db.execute(f"DELETE FROM release_deploys WHERE release_id = {RELEASE}", mine)
    db.executemany(
        f"""
        INSERT INTO release_commits
            (release_id, position, sha, author, author_email, message, url, files, committed_at)
        SELECT r.id, :position, :sha, :author, :author_email, :message, :url, :files, :committed_at
        {OF_RELEASE}
        """,
        [
            commit
            | mine
            | {
                "position": position,
                "files": json.dumps(commit["files"], ensure_ascii=False),
            }
            for position, commit in enumerate(release["commits"])
        ],
    )
    _insert_deploys(db, actor, release["id"], release["deploys"])


def _insert_deploys(
    db: Connection, actor: Actor, release_id: int, deploys: list[dict[str, Any]]
) -> None:
    mine = {"release_id": release_id, "org_id": actor.org_id}
    db.executemany(
        f"""
        INSERT INTO release_deploys (release_id, environment, name, url, deployed_at)
        SELECT r.id, :environment, :name, :url, :deployed_at
        {OF_RELEASE}
        """,
        [deploy | mine for deploy in deploys],
    )


def _record(
    db: Connection, actor: Actor, project_id: int, action: str, release: dict[str, Any], at: str
) -> None:
    audit.record(
        db,
        actor,
        action,
        f"release:{release['id']}",
        at,
        version=release["version"],
        projectId=project_id,
        commits=len(release["commits"]),
        deploys=len(release["deploys"]),
    )
