"""One issue, as people read and change it; ingestion writes it in `intake/`."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest, NotFound
from jentry.store import audit, conditions, issue_writes, personal_mail, usage, users
from jentry.store.audit import Actor
from jentry.store.conditions import State
from jentry.store.connection import Connection, Row
from jentry.store.parts import PARTS, WHOLE, require_whole
from jentry.store.project_settings import wire_name
from jentry.store.sql import ISSUE

FRESH = timedelta(days=7)  # then a new, regressed or escalating issue is just ongoing

ISSUES = f"""
    SELECT i.id, i.project_id, i.title, i.culprit, i.type, i.level, i.status, i.substatus,
           i.status_at, i.muted_until, i.parts, i.first_seen, i.last_seen, i.event_count AS count,
           i.user_count,
           i.assignee_id AS assignee_user_id,
           (SELECT version FROM releases WHERE id = i.first_release_id) AS first_release,
           (SELECT version FROM releases WHERE id = i.last_release_id) AS last_release,
           {conditions.SHOWN}
    FROM issues i
    LEFT JOIN issue_conditions c ON c.issue_id = i.id
"""


def get(db: Connection, actor: Actor, issue_id: int, at: str) -> dict[str, Any]:
    """The columns of ISSUES, the substatus as it is at that time, `status_details`. Of one that was
    merged into another those of that one: look at `id`. Raises NotFound.
    """
    row = db.execute(
        f"""
        {ISSUES}
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = :org_id AND i.id = {WHOLE}
        """,
        {"org_id": actor.org_id, "issue_id": issue_id},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such issue.")
    return shown(row, at)


def led_to(db: Connection, actor: Actor, issue_id: int) -> int:
    """The id itself, or that of the issue that it was merged into. Raises NotFound."""
    row = db.execute(
        f"SELECT {WHOLE} AS id", {"issue_id": issue_id, "org_id": actor.org_id}
    ).fetchone()
    if row["id"] is None:
        raise NotFound("There is no such issue.")
    found: int = row["id"]
    return found


def org_of(db: Connection, issue_id: int) -> int:
    """For whoever runs the server and knows only an issue's id. Raises NotFound."""
    row = db.execute(
        """
        SELECT p.org_id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        JOIN organizations o ON o.id = p.org_id
        WHERE i.id = ? AND substr(o.slug, 1, 1) <> '~'
        """,
        (issue_id,),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such issue.")
    found: int = row["org_id"]
    return found


def first(db: Connection, actor: Actor, project_id: int) -> int | None:
    """The id of a project's oldest issue; None while there is none."""
    row = db.execute(
        """
        SELECT i.id
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ? AND i.project_id = ? AND i.status <> 'merged'
        ORDER BY i.id LIMIT 1
        """,
        (actor.org_id, project_id),
    ).fetchone()
    return None if row is None else row["id"]


def detail(db: Connection, actor: Actor, issue_id: int, at: str) -> dict[str, Any]:
    """What `get` gives, and `grouping`, why its events are together: `version`, `hash`
    (hexadecimal) and `components` of each hash that leads to it; and what `usage.of_issue` gives.
    Raises NotFound.
    """
    issue = get(db, actor, issue_id, at)
    rows = db.execute(
        f"""
        SELECT version, hash, components
        FROM issue_hashes
        WHERE issue_id IN {PARTS}
        ORDER BY version, hash
        """,
        {"issue_id": issue["id"], "org_id": actor.org_id},
    )
    grouping = [
        dict(row) | {"hash": row["hash"].hex(), "components": json.loads(row["components"])}
        for row in rows
    ]
    return issue | {"grouping": grouping} | usage.of_issue(db, actor, issue["id"])


def update(
    db: Connection, actor: Actor, issue_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set `status`, `assignee_user_id` (None: nobody), `muted_until` (None: not muted) or some of
    them; the issue afterwards. A status may bring `substatus` and `status_details`, what it waits
    for.

    What is already so stays untouched and is not audited. Raises NotFound; Conflict for one that
    was merged into another; BadRequest for an assignee who is not an active member of the
    organization, and for a release that is unknown.
    """
    before = get(db, actor, issue_id, at)
    require_whole(issue_id, before["id"])
    assignee = change.get("assignee_user_id", before["assignee_user_id"])
    if change.get("assignee_user_id") is not None:
        require_active_member(db, actor, assignee)
    if conditions.differs(before, change):
        state = conditions.chosen(db, actor, before["project_id"], change, at)
        set_status(db, actor, [before], state, at, **told(change))
    if assignee != before["assignee_user_id"]:
        assign(db, actor, [before], assignee, at)
    if change.get("muted_until", before["muted_until"]) != before["muted_until"]:
        mute(db, actor, issue_id, change["muted_until"], at)
    return get(db, actor, issue_id, at)


def shown(row: Row, at: str) -> dict[str, Any]:
    return conditions.shown(dict(row)) | {"substatus": _substatus(row, at)}


def _substatus(row: Row, at: str) -> str | None:
    """Ages by itself, without a write. `ingest/README.md`: Issue lifecycle."""
    stored: str | None = row["substatus"]
    if stored not in ("new", "regressed", "escalating"):
        return stored
    since = row["first_seen"] if stored == "new" else row["status_at"]
    is_old = since <= clock.timestamp(clock.parse(at) - FRESH)
    return "ongoing" if is_old else stored


# What a person's choice is called in the audit log.
ACTIONS = {
    "resolved": "issue.resolve",
    "ignored": "issue.ignore",
    "unresolved": "issue.unresolve",
}


def set_status(
    db: Connection,
    actor: Actor,
    those: Sequence[Mapping[str, Any]],
    state: State,
    at: str,
    **meta: Any,
) -> None:
    """Of issues of a project, to a state other than theirs; `meta` goes into the audit log."""
    issue_writes.set_status(db, [issue["id"] for issue in those], state.status, state.substatus, at)
    had = [issue["id"] for issue in those if issue["status_details"]]
    chosen = {
        issue["id"]: {"from_users": issue["user_count"]} | dict(state.condition)
        for issue in those
        if state.condition is not None
    }
    if had or chosen:
        conditions.put(db, actor, had, chosen)
    audit.record_all(db, actor, [of_status(issue, state.status, **meta) for issue in those], at)


def told(change: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log says of a change of status beside the word: as the API spells it."""
    found: dict[str, Any] = {}
    if details := change.get("status_details"):
        found["statusDetails"] = {wire_name(name): held for name, held in details.items()}
    if substatus := change.get("substatus"):
        found["substatus"] = substatus
    return found


def record_status(
    db: Connection, actor: Actor, issue: dict[str, Any], status: str, at: str, **meta: Any
) -> None:
    audit.record_all(db, actor, [of_status(issue, status, **meta)], at)


def of_status(issue: Mapping[str, Any], status: str, **meta: Any) -> audit.Entry:
    """What the audit log says of a change from the status of `issue`."""
    return ACTIONS[status], f"issue:{issue['id']}", {"from": issue["status"]} | meta


def assign(
    db: Connection,
    actor: Actor,
    those: Sequence[Mapping[str, Any]],
    user_id: int | None,
    at: str,
    **meta: Any,
) -> None:
    """To someone other than their assignee, who is told; `meta` goes into the audit log."""
    ids = [issue["id"] for issue in those]
    issue_writes.assign(db, dict.fromkeys(ids, user_id))
    audit.record_all(db, actor, [of_assignee(issue, user_id, **meta) for issue in those], at)
    personal_mail.assigned(db, actor, user_id, ids, at)


def of_assignee(issue: Mapping[str, Any], user_id: int | None, **meta: Any) -> audit.Entry:
    """What the audit log says of a change from the assignee of `issue`."""
    action = "issue.unassign" if user_id is None else "issue.assign"
    meta = {"assigneeUserId": user_id, "from": issue["assignee_user_id"]} | meta
    return action, f"issue:{issue['id']}", meta


def mute(db: Connection, actor: Actor, issue_id: int, until: str | None, at: str) -> None:
    """Nobody is told of the issue before that time; its status stays."""
    db.execute(
        f"UPDATE issues SET muted_until = :until WHERE id = {ISSUE}",
        {"until": until, "issue_id": issue_id, "org_id": actor.org_id},
    )
    audit.record(db, actor, "issue.mute", f"issue:{issue_id}", at, until=until)


def require_active_member(db: Connection, actor: Actor, user_id: int) -> None:
    """Raises BadRequest."""
    member = users.member(db, actor.org_id, user_id)
    if member is None or member["deactivated_at"] is not None:
        raise BadRequest(
            f"assigneeUserId: {user_id} is not the id of an active member of this organization."
        )
