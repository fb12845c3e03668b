"""What commits of a release do to issues when they are registered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jentry.store import conditions, fixes, issues, operations, parts, projects
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection
from jentry.store.fixes import Named
from jentry.store.sql import PROJECT

MOST_FIXED = 1000  # issues of one call

Commits = Sequence[Mapping[str, Any]]


def arrive(
    db: Connection,
    actor: Actor,
    project_id: int,
    release: Mapping[str, Any],
    new: Commits,
    site: str,
    at: str,
) -> None:
    """Issues of the project that these commits of a release fix are resolved in it: those that
    were resolved in the commit, and those that its message names.

    A commit that an earlier release has already says nothing new.
    """
    by = replace(actor, via="commit")
    _release_pending(db, by, project_id, release, new, at)
    known = _known(db, actor, project_id, release["id"], new)
    fresh = [commit for commit in new if commit["sha"] not in known]
    for sha, ids in _fixed(db, actor, project_id, fresh, site).items():
        details = {"in_release": release["version"], "in_commit": sha}
        change = {"status": "resolved", "status_details": details}
        operations.perform(db, by, Bulk(project_id, tuple(ids), None, change), at)


def _release_pending(
    db: Connection,
    actor: Actor,
    project_id: int,
    release: Mapping[str, Any],
    new: Commits,
    at: str,
) -> None:
    """What waited for one of the commits waits for the release from now on."""
    starts: dict[str, list[str]] = {}
    for commit in new:
        starts.setdefault(conditions.start(commit["sha"]), []).append(commit["sha"])
    for issue_id, wanted in conditions.pending(db, actor, project_id):
        near = starts.get(conditions.start(wanted), ())
        if any(conditions.is_same_commit(wanted, sha) for sha in near):
            conditions.released(db, actor, issue_id, release["id"])
            details = {"in_release": release["version"], "in_commit": wanted}
            told = issues.told({"status_details": details})
            before = {"id": issue_id, "status": "resolved"}
            issues.record_status(db, actor, before, "resolved", at, **told)


def _known(
    db: Connection, actor: Actor, project_id: int, release_id: int, new: Commits
) -> set[str]:
    """The commits that another release of the project has, too."""
    names = {f"sha_{number}": commit["sha"] for number, commit in enumerate(new)}
    rows = db.execute(
        f"""
        SELECT DISTINCT c.sha
        FROM release_commits c
        JOIN releases r ON r.id = c.release_id
        WHERE r.project_id = {PROJECT} AND r.id <> :release_id
          AND c.sha IN ({", ".join(f":{name}" for name in names) or "NULL"})
        """,
        names | {"project_id": project_id, "org_id": actor.org_id, "release_id": release_id},
    )
    return {row["sha"] for row in rows}


def _fixed(
    db: Connection, actor: Actor, project_id: int, commits: Commits, site: str
) -> dict[str, list[int]]:
    """Issues by the first commit that names them; of merged ones the whole."""
    slug = projects.get(db, actor, project_id)["slug"]
    first: dict[int, str] = {}
    for commit in commits:
        for name in fixes.named(commit["message"] or "", site):
            if _is_of(name, project_id, slug) and len(first) < MOST_FIXED:
                first.setdefault(name.issue_id, commit["sha"])
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    for issue_id, whole_id in parts.wholes(db, actor, project_id, list(first)).items():
        if whole_id not in taken:
            taken.add(whole_id)
            found.setdefault(first[issue_id], []).append(whole_id)
    return found


def _is_of(name: Named, project_id: int, slug: str) -> bool:
    return name.slug in (None, slug) and name.project_id in (None, project_id)
