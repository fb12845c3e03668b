"""Releases across the projects of an organization: one for each version, as Sentry shows them."""

from collections.abc import Sequence
from typing import Any

from jentry.errors import NotFound
from jentry.store import release_list
from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.sql import contains

PARTS = """
    SELECT r.id, r.version, r.ref, r.url, r.date_released, r.created_at, r.sorted_at,
           r.archived_at,
           r.first_seen, r.last_seen,
           p.id AS project_id, p.slug, p.name, p.platform,
           (SELECT count(*) FROM issues i WHERE i.first_release_id = r.id) AS new_issues,
           (SELECT count(*) FROM release_commits c WHERE c.release_id = r.id) AS commits,
           (SELECT count(*) FROM release_deploys d WHERE d.release_id = r.id) AS deploys,
           (SELECT c.sha FROM release_commits c
            WHERE c.release_id = r.id ORDER BY c.position LIMIT 1) AS last_commit,
           (SELECT c.message FROM release_commits c
            WHERE c.release_id = r.id ORDER BY c.position LIMIT 1) AS last_message
    FROM releases r
    JOIN projects p ON p.id = r.project_id
    WHERE p.org_id = ? AND r.version <> ''
"""


def page(
    db: Connection,
    actor: Actor,
    project_id: int | None,
    limit: int,
    offset: int,
    text: str = "",
    *,
    archived: bool = False,
) -> tuple[list[dict[str, Any]], bool]:
    """Releases as `get` gives them, and whether there are more. The newest first: one is as new as
    its newest project says.

    `project_id`: of one project, None: of all. `text` is a part of the version, whatever its case.
    `archived`: those that were archived instead of those that were not.
    """
    params = {"org_id": actor.org_id, "limit": limit + 1, "offset": offset}
    where = f" AND r.archived_at IS {'NOT NULL' if archived else 'NULL'}"
    if project_id is not None:
        where += " AND r.project_id = :project_id"
        params["project_id"] = project_id
    if text:
        where += r" AND lower(r.version) LIKE :text ESCAPE '\'"
        params["text"] = contains(text)  # type: ignore[assignment]
    with snapshot(db):
        rows = db.execute(
            f"""
            SELECT r.version, max(r.sorted_at) AS sorted
            FROM releases r
            JOIN projects p ON p.id = r.project_id
            WHERE p.org_id = :org_id AND r.version <> '' {where}
            GROUP BY r.version
            ORDER BY sorted DESC, r.version
            LIMIT :limit OFFSET :offset
            """,
            params,
        ).fetchall()
        versions = [row["version"] for row in rows[:limit]]
        found = {one["version"]: one for one in _of(db, actor, versions, project_id)}
    return [found[version] for version in versions], len(rows) > limit


def get(
    db: Connection, actor: Actor, version: str, project_id: int | None = None
) -> dict[str, Any]:
    """`version`, `ref`, `url`, `date_released`, `created_at`, `first_seen`, `last_seen`,
    `new_issues`, `is_archived`, `last_commit` (a sha), `last_message`, `last_deploy` as `deploys`
    has it, numbers of `commits` and `deploys`, and of each of its `projects`: `id`, `slug`, `name`,
    `platform`. Raises NotFound.
    """
    return _joined(_parts_of(db, actor, version, project_id))


def commits(
    db: Connection, actor: Actor, version: str, project_id: int | None = None
) -> list[dict[str, Any]]:
    """Those of all its projects, each sha once. Raises NotFound."""
    seen: dict[str, dict[str, Any]] = {}
    for part in _parts_of(db, actor, version, project_id):
        for commit in release_list.commits(db, actor, part["id"]):
            seen.setdefault(commit["sha"], commit)
    return list(seen.values())


def deploys(
    db: Connection, actor: Actor, version: str, project_id: int | None = None
) -> list[dict[str, Any]]:
    """The last to happen first; one that was told of several projects once. Raises NotFound."""
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for part in _parts_of(db, actor, version, project_id):
        for deploy in release_list.deploys(db, actor, part["id"]):
            seen.setdefault(tuple(deploy.values()), deploy)
    return sorted(seen.values(), key=lambda deploy: str(deploy["deployed_at"]), reverse=True)


def before(
    db: Connection, actor: Actor, version: str, project_id: int | None = None
) -> dict[str, Any] | None:
    """The newest release with commits that is older than this one, in a project that both have.

    Raises NotFound.
    """
    own = _parts_of(db, actor, version, project_id)
    marks = ", ".join("?" * len(own))
    row = db.execute(
        f"""
        SELECT r.version
        FROM releases r
        JOIN projects p ON p.id = r.project_id
        WHERE p.org_id = ? AND r.project_id IN ({marks}) AND r.version <> ?
          AND r.sorted_at <= ?
          AND EXISTS (SELECT 1 FROM release_commits c WHERE c.release_id = r.id)
        ORDER BY r.sorted_at DESC, r.id DESC
        LIMIT 1
        """,
        (
            actor.org_id,
            *(part["project_id"] for part in own),
            version,
            max(part["sorted_at"] for part in own),
        ),
    ).fetchone()
    return None if row is None else get(db, actor, row["version"])


def _parts_of(
    db: Connection, actor: Actor, version: str, project_id: int | None
) -> list[dict[str, Any]]:
    """Raises NotFound."""
    found = _parts(db, actor, [version], project_id)
    if not found:
        raise NotFound("There is no such release.")
    return found


def _parts(
    db: Connection, actor: Actor, versions: Sequence[str], project_id: int | None
) -> list[dict[str, Any]]:
    """The releases of these versions, one for each project, in the order of projects."""
    marks = ", ".join("?" * len(versions)) or "NULL"
    confined = [wanted for wanted in (project_id, actor.project_id) if wanted is not None]
    rows = db.execute(
        f"""
        {PARTS} AND r.version IN ({marks}) {" AND p.id = ?" * len(confined)}
        ORDER BY p.id
        """,
        (actor.org_id, *versions, *confined),
    )
    found = [dict(row) for row in rows]
    deployed = _last_deploys(db, actor, [part["id"] for part in found if part["deploys"]])
    return [part | {"last_deploy": deployed.get(part["id"])} for part in found]


def _last_deploys(db: Connection, actor: Actor, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Of each release the one that happened last."""
    marks = ", ".join("?" * len(ids)) or "NULL"
    rows = db.execute(
        f"""
        SELECT d.release_id, d.environment, d.name, d.url, d.deployed_at
        FROM releases r
        CROSS JOIN release_deploys d
        WHERE r.id IN ({marks}) AND +r.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND d.id = (SELECT l.id FROM release_deploys l WHERE l.release_id = r.id
                      ORDER BY l.deployed_at DESC, l.id DESC LIMIT 1)
        """,
        (*ids, actor.org_id),
    )
    return {row["release_id"]: dict(row) for row in rows}


def _of(
    db: Connection, actor: Actor, versions: Sequence[str], project_id: int | None
) -> list[dict[str, Any]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for part in _parts(db, actor, versions, project_id):
        parts.setdefault(part["version"], []).append(part)
    return [_joined(same) for same in parts.values()]


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Of what each project may say differently: the first that says it."""

    def said(name: str) -> list[Any]:
        return [part[name] for part in parts if part[name] is not None]

    return {
        "version": parts[0]["version"],
        **{
            name: next(iter(said(name)), None)
            for name in ("ref", "url", "last_commit", "last_message")
        },
        "date_released": max(said("date_released"), default=None),
        "created_at": min(said("created_at")),
        "first_seen": min(said("first_seen"), default=None),
        "last_seen": max(said("last_seen"), default=None),
        "is_archived": all(part["archived_at"] for part in parts),
        "new_issues": sum(said("new_issues")),
        "commits": max(said("commits")),
        "deploys": max(said("deploys")),
        "last_deploy": max(
            said("last_deploy"), key=lambda deploy: str(deploy["deployed_at"]), default=None
        ),
        "projects": [
            {"id": part["project_id"]} | {name: part[name] for name in ("slug", "name", "platform")}
            for part in parts
        ],
    }
