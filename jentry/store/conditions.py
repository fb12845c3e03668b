"""What resolved and ignored issues wait for before they come back.

People choose it with the status, by the members of `statusDetails`; ingestion asks in
`intake/lifecycle.py` whether it is met. `ingest/README.md`: Issue lifecycle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest
from jentry.store import audit, versions
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import ISSUE, OF_ISSUE, PROJECT

FOREVER = "archived_forever"
UNTIL_MET = "archived_until_condition_met"
UNTIL_ESCALATING = "archived_until_escalating"

CANDIDATES = 100  # of the newest releases one is the newest by its version
DUE_AT_ONCE = 200  # issues in a transaction

COLUMNS = (
    "kind", "release_id", "minutes", "until", "events", "events_window", "users", "users_window",
    "from_users",
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
        return {"kind": "in_release", "release_id": row["id"]}
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
    c.kind, c.minutes AS ignore_duration, c.until AS ignore_until, c.events AS ignore_count,
    c.events_window AS ignore_window, c.users AS ignore_user_count,
    c.users_window AS ignore_user_window,
    (SELECT version FROM releases WHERE id = c.release_id) AS condition_release
"""
MEMBERS = (
    "ignore_duration", "ignore_until", "ignore_count", "ignore_window", "ignore_user_count",
    "ignore_user_window",
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
        return now != details
    wanted = change.get("substatus") if issue["status"] == "ignored" else None
    return wanted not in (None, issue["substatus"])


def put(db: Connection, actor: Actor, issue_id: int, condition: Mapping[str, Any] | None) -> None:
    """In place of the one that is there. `from_users` is the number of now, unless it is given."""
    mine = {"issue_id": issue_id, "org_id": actor.org_id}
    db.execute(f"DELETE FROM issue_conditions WHERE issue_id = {ISSUE}", mine)
    if condition is None:
        return
    db.execute(
        f"""
        INSERT INTO issue_conditions (issue_id, kind, release_id, minutes, until, events,
                                      events_window, users, users_window, from_users)
        SELECT i.id, :kind, :release_id, :minutes, :until, :events, :events_window, :users,
               :users_window, coalesce(:from_users, i.user_count)
        {OF_ISSUE}
        """,
        dict.fromkeys(COLUMNS) | dict(condition) | mine,
    )


def of_issues(db: Connection, actor: Actor, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The whole rows, to be put back some time, by issue."""
    found = {}
    for issue_id in ids:
        row = db.execute(
            f"SELECT {', '.join(COLUMNS)} FROM issue_conditions WHERE issue_id = {ISSUE}",
            {"issue_id": issue_id, "org_id": actor.org_id},
        ).fetchone()
        if row is not None:
            found[issue_id] = dict(row)
    return found


def end(db: Connection, issue_id: int, at: str) -> None:
    """The condition of an ignored issue is met: it is unresolved again, and that is audited."""
    row = db.execute(
        """
        UPDATE issues
        SET status = 'unresolved', substatus = 'ongoing', status_at = ?,
            status_events = event_count
        WHERE id = ?
        RETURNING (SELECT org_id FROM projects WHERE id = project_id) AS org_id
        """,
        (at, issue_id),
    ).fetchone()
    actor = Actor(row["org_id"], None, "system")
    put(db, actor, issue_id, None)
    meta = {"from": "ignored", "condition": "met"}
    audit.record(db, actor, "issue.unresolve", f"issue:{issue_id}", at, **meta)


def are_due(db: Connection, at: str) -> bool:
    """Whether the time of any has run out."""
    row = db.execute("SELECT 1 FROM issue_conditions WHERE until <= ? LIMIT 1", (at,)).fetchone()
    return row is not None


def end_those_due(db: Connection, at: str) -> int:
    """Those whose time has run out, DUE_AT_ONCE at the most: the number.

    Ingestion does the same for an issue at its next event, so this need not be punctual.
    """
    rows = db.execute(
        """
        SELECT issue_id
        FROM issue_conditions
        WHERE until <= ?
        ORDER BY until, issue_id
        LIMIT ?
        """,
        (at, DUE_AT_ONCE),
    ).fetchall()
    for row in rows:
        end(db, row["issue_id"], at)
    return len(rows)
