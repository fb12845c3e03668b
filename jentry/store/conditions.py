"""What resolved and ignored issues wait for before they come back.

People choose it with the status, by the members of `statusDetails`; ingestion asks in
`intake/lifecycle.py` whether it is met. `ingest/README.md`: Issue lifecycle.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest
from jentry.store import audit, issue_writes, versions
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.sql import ISSUE, OF_ISSUE, PROJECT

FOREVER = "archived_forever"
UNTIL_MET = "archived_until_condition_met"
UNTIL_ESCALATING = "archived_until_escalating"

CANDIDATES = 100  # of the newest releases one is the newest by its version
DUE_AT_ONCE = 100  # issues in a transaction

SHORTEST_SHA = 7  # digits that may stand for a whole one
SHA = re.compile(rf"[0-9a-f]{{{SHORTEST_SHA},64}}", re.IGNORECASE)

COLUMNS = (
    "kind", "release_id", "commit_sha", "minutes", "until", "events", "events_window", "users",
    "users_window", "from_users",
)  # fmt: skip
LIMITS = {  # member of `statusDetails` -> column
    "ignore_count": "events",
    "ignore_window": "events_window",
    "ignore_user_count": "users",
    "ignore_user_window": "users_window",
}


@dataclass(frozen=True)
class State:
    """A status as a person chose it: `condition` has those of COLUMNS that it needs."""

    status: str
    substatus: str | None
    condition: Mapping[str, Any] | None = None


def chosen(
    db: Connection, actor: Actor, project_id: int, change: Mapping[str, Any], at: str
) -> State:
    """What `status`, `substatus` and `status_details` of a change come to in a project.

    Raises BadRequest for a release that it does not have.
    """
    status = change["status"]
    details = change.get("status_details") or {}
    if status == "unresolved":
        return State(status, "ongoing")
    if status == "resolved":
        return State(status, None, _release(db, actor, project_id, details))
    if details:
        return State(status, UNTIL_MET, _ignored(details, at))
    return State(status, change.get("substatus") or UNTIL_ESCALATING)


def _release(
    db: Connection, actor: Actor, project_id: int, details: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    if version := details.get("in_release"):
        row = db.execute(
            f"SELECT id FROM releases WHERE project_id = {PROJECT} AND version = :version",
            {"project_id": project_id, "org_id": actor.org_id, "version": version},
        ).fetchone()
        if row is None:
            raise BadRequest(
                f"statusDetails.inRelease: This project has no release {version}; register it "
                "first."
            )
        commit = {"commit_sha": details.get("in_commit")}
        return {"kind": "in_release", "release_id": row["id"]} | commit
    if sha := details.get("in_commit"):
        return {"kind": "in_commit", "commit_sha": sha}
    if details.get("in_next_release"):
        newest = newest_release(db, actor, project_id)
        if newest is None:
            raise BadRequest(
                "statusDetails.inNextRelease: This project has no release yet that another could "
                "follow."
            )
        return {"kind": "in_next_release", "release_id": newest["id"]}
    return None


def newest_release(db: Connection, actor: Actor, project_id: int) -> dict[str, Any] | None:
    """`id` and `version`: the greatest version where releases are named so, else the latest."""
    rows = db.execute(
        f"""
        SELECT id, version
        FROM releases
        WHERE project_id = {PROJECT} AND version <> ''
        ORDER BY sorted_at DESC, id DESC
        LIMIT :most
        """,
        {"project_id": project_id, "org_id": actor.org_id, "most": CANDIDATES},
    ).fetchall()
    if not rows:
        return None
    newest = rows[0]
    if versions.are_used([row["version"] for row in rows]):
        for row in rows[1:]:
            if versions.is_newer(row["version"], newest["version"]):
                newest = row
    return dict(newest)


def _ignored(details: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {column: details.get(name) for name, column in LIMITS.items()}
    if minutes := details.get("ignore_duration"):
        until = clock.parse(at) + timedelta(minutes=minutes)
        found |= {"minutes": minutes, "until": clock.timestamp(until)}
    return found | {"kind": "ignored"}


# Of the alias c, joined to issues; with the names of `statusDetails` where they are its members.
SHOWN = """
    c.kind, c.commit_sha AS in_commit, c.minutes AS ignore_duration, c.until AS ignore_until,
    c.events AS ignore_count, c.events_window AS ignore_window, c.users AS ignore_user_count,
    c.users_window AS ignore_user_window,
    (SELECT version FROM releases WHERE id = c.release_id) AS condition_release
"""
MEMBERS = (
    "in_commit", "ignore_duration", "ignore_until", "ignore_count", "ignore_window",
    "ignore_user_count", "ignore_user_window",
)  # fmt: skip


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row with `status_details` in place of the columns of SHOWN."""
    kind, release = row.pop("kind"), row.pop("condition_release")
    details = {name: found for name in MEMBERS if (found := row.pop(name)) is not None}
    if kind == "in_release":
        details["in_release"] = release
    elif kind == "in_next_release":
        details["in_next_release"] = True
    return row | {"status_details": details}


def differs(issue: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    """Whether a change would set a status, or a condition, that the issue does not have.

    The same status without a word about conditions leaves those that are there.
    """
    if "status" not in change or change["status"] != issue["status"]:
        return "status" in change
    details = change.get("status_details") or {}
    if details:
        now = {name: held for name, held in issue["status_details"].items()}
        now.pop("ignore_until", None)
        if "in_commit" in details and "in_release" not in details:
            now.pop("in_release", None)  # which has the commit by now
        return now != details
    wanted = change.get("substatus") if issue["status"] == "ignored" else None
    return wanted not in (None, issue["substatus"])


def put(
    db: Connection, actor: Actor, had: Iterable[int], chosen: Mapping[int, Mapping[str, Any]]
) -> None:
    """Issues of a project: those that `had` a condition have it no more, and those `chosen` have
    another, each with `from_users`. Where a release has the commit already, it is of that release.
    """
    db.changed(("DELETE FROM issue_conditions WHERE issue_id = ?", [(key,) for key in sorted(had)]))
    releases: dict[str, int | None] = {}
    rows = []
    for issue_id, condition in sorted(chosen.items()):
        held: dict[str, Any] = dict.fromkeys(COLUMNS) | dict(condition)
        if held["kind"] == "in_commit":
            sha = held["commit_sha"]
            if sha not in releases:
                mine = {"issue_id": issue_id, "org_id": actor.org_id}
                releases[sha] = _release_with(db, mine, sha)
            if releases[sha] is not None:
                held |= {"kind": "in_release", "release_id": releases[sha]}
        rows.append((issue_id, *(held[name] for name in COLUMNS)))
    db.putmany(
        """
        INSERT INTO issue_conditions (issue_id, kind, release_id, commit_sha, minutes, until,
                                      events, events_window, users, users_window, from_users)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
    )


def _release_with(db: Connection, mine: Mapping[str, Any], sha: str) -> int | None:
    """The oldest release of the issue's project that has the commit."""
    is_short = SHA.fullmatch(sha) is not None
    starts = [sha[:length] for length in range(SHORTEST_SHA, len(sha))] if is_short else []
    names = {f"start_{number}": start for number, start in enumerate(starts)}
    row = db.execute(
        f"""
        SELECT r.id
        FROM release_commits c
        JOIN releases r ON r.id = c.release_id
        WHERE r.project_id = (SELECT i.project_id {OF_ISSUE})
          AND (c.sha >= :sha AND c.sha < :end
               OR c.sha IN ({", ".join(f":{name}" for name in names) or "NULL"}))
        ORDER BY r.sorted_at, r.id
        LIMIT 1
        """,
        {**mine, **names, "sha": sha, "end": sha + ("g" if is_short else "\0")},
    ).fetchone()
    return None if row is None else row["id"]


def start(sha: str) -> str:
    """What is equal for commits that may be the same."""
    return sha[:SHORTEST_SHA].lower()


def is_same_commit(one: str, other: str) -> bool:
    """Whether they are equal, or one is the other's beginning; as Git has it, without case."""
    if not (SHA.fullmatch(one) and SHA.fullmatch(other)):
        return one == other
    length = min(len(one), len(other))
    return one[:length].lower() == other[:length].lower()


def pending(db: Connection, actor: Actor, project_id: int) -> list[tuple[int, str]]:
    """Issues that were resolved in a commit that no release has yet, each with the commit."""
    rows = db.execute(
        f"""
        SELECT c.issue_id, c.commit_sha
        FROM issue_conditions c
        CROSS JOIN issues i ON i.id = c.issue_id
        WHERE c.kind = 'in_commit' AND i.project_id = {PROJECT}
        ORDER BY c.issue_id
        """,
        {"project_id": project_id, "org_id": actor.org_id},
    )
    return [(row["issue_id"], row["commit_sha"]) for row in rows]


def released(db: Connection, actor: Actor, issue_id: int, release_id: int) -> None:
    """The commit that an issue was resolved in is in a release now."""
    db.execute(
        f"""
        UPDATE issue_conditions
        SET kind = 'in_release', release_id = :release_id
        WHERE issue_id = {ISSUE} AND kind = 'in_commit'
        """,
        {"issue_id": issue_id, "org_id": actor.org_id, "release_id": release_id},
    )


def of_issues(db: Connection, actor: Actor, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The whole rows, to be put back some time, by issue."""
    sql = f"""
        SELECT c.{", c.".join(COLUMNS)}
        FROM issue_conditions c
        JOIN issues i ON i.id = c.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE c.issue_id = ? AND p.org_id = ?
    """
    keys = [(issue_id, actor.org_id) for issue_id in ids]
    db.ask((sql, keys))
    found = {key[0]: db.lookup(sql, key) for key in keys}
    return {issue_id: dict(row) for issue_id, row in found.items() if row is not None}


def end(db: Connection, issue_id: int, at: str) -> None:
    """The condition of an ignored issue is met: it is unresolved again, and that is audited."""
    row = db.execute(
        """
        SELECT i.id, p.org_id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE i.id = ?
        """,
        (issue_id,),
    ).fetchone()
    _end(db, [row], at)


def due_in(db: Connection, at: str) -> list[int]:
    """The projects of those whose time has run out."""
    rows = db.execute(
        """
        SELECT DISTINCT i.project_id
        FROM issue_conditions c
        JOIN issues i ON i.id = c.issue_id
        WHERE c.until <= ?
        ORDER BY i.project_id
        """,
        (at,),
    )
    return [row["project_id"] for row in rows]


def end_those_due(db: Connection, project_id: int, at: str) -> None:
    """Of a project those whose time has run out, DUE_AT_ONCE at the most.

    Ingestion does the same for an issue at its next event, so this need not be punctual.
    """
    rows = db.execute(
        """
        SELECT i.id, p.org_id
        FROM issue_conditions c
        JOIN issues i ON i.id = c.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE c.until <= ? AND p.id = ?
        ORDER BY c.until, i.id
        LIMIT ?
        """,
        (at, project_id, DUE_AT_ONCE),
    ).fetchall()
    if rows:
        _end(db, rows, at)


def _end(db: Connection, rows: Sequence[Row], at: str) -> None:
    """Ids of issues and of their organization."""
    actor = Actor(rows[0]["org_id"], None, "system")
    ids = [row["id"] for row in rows]
    issue_writes.set_status(db, ids, "unresolved", "ongoing", at)
    put(db, actor, ids, {})
    meta = {"from": "ignored", "condition": "met"}
    entries = [("issue.unresolve", f"issue:{issue_id}", meta) for issue_id in ids]
    audit.record_all(db, actor, entries, at)
