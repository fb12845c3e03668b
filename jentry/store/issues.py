"""Issues as people read and change them; ingestion writes them in `intake/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest, NotFound
from jentry.store import audit, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.sql import Where, contains
from jentry.vocabulary import MAX_ID, PERIODS

FRESH = timedelta(days=7)  # then a new, regressed or escalating issue is just ongoing

ORDERS = {
    "last_seen": "i.last_seen DESC, i.id DESC",
    "first_seen": "i.first_seen DESC, i.id DESC",
    "events": "i.event_count DESC, i.id DESC",
    "users": "i.user_count DESC, i.id DESC",
}

# The versions are subqueries because a join would be made for the rows that OFFSET skips too.
ISSUES = """
    SELECT i.id, i.project_id, i.title, i.culprit, i.type, i.level, i.status, i.substatus,
           i.status_at, i.first_seen, i.last_seen, i.event_count AS count, i.user_count,
           i.assignee_id AS assignee_user_id,
           (SELECT version FROM releases WHERE id = i.first_release_id) AS first_release,
           (SELECT version FROM releases WHERE id = i.last_release_id) AS last_release
    FROM issues i
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of a filtered and sorted list of issues. Words are those of the vocabulary."""

    status: str = "unresolved"  # or all
    level: str = "all"
    query: str = ""  # part of the title or culprit
    period: str = "all"
    sort: str = "last_seen"
    limit: int = 25
    page: int = 1


def page(
    db: Connection, actor: Actor, project_id: int, wanted: Wanted, at: str
) -> tuple[list[dict[str, Any]], int]:
    """The rows of the page, as `get` shows them, and the number of issues over all pages.

    A project of another organisation has none.
    """
    where = _matching(actor, project_id, wanted, at, wanted.sort)
    anywhere = _matching(actor, project_id, wanted, at)
    offset = min((wanted.page - 1) * wanted.limit, MAX_ID)
    with snapshot(db):
        rows = db.execute(
            f"{ISSUES} WHERE {where} ORDER BY {ORDERS[wanted.sort]} LIMIT :limit OFFSET :offset",
            where.params | {"limit": wanted.limit, "offset": offset},
        ).fetchall()
        total = db.execute(
            f"SELECT count(*) FROM issues i WHERE {anywhere}", anywhere.params
        ).fetchone()
    return [_shown(row, at) for row in rows], total[0]


def get(db: Connection, actor: Actor, issue_id: int, at: str) -> dict[str, Any]:
    """The columns of ISSUES, the substatus as it is at that time. Raises NotFound."""
    row = db.execute(
        f"{ISSUES} JOIN projects p ON p.id = i.project_id WHERE p.org_id = ? AND i.id = ?",
        (actor.org_id, issue_id),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such issue.")
    return _shown(row, at)


def update(
    db: Connection, actor: Actor, issue_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set `status`, `assignee_user_id` (None: nobody) or both; the issue afterwards.

    What is already so stays untouched and is not audited. Raises NotFound; BadRequest for an
    assignee who is not an active member of the organisation.
    """
    before = get(db, actor, issue_id, at)
    status = change.get("status", before["status"])
    assignee = change.get("assignee_user_id", before["assignee_user_id"])
    if change.get("assignee_user_id") is not None:
        _require_active_member(db, actor, assignee)
    if status != before["status"]:
        _set_status(db, actor, before, status, at)
    if assignee != before["assignee_user_id"]:
        _assign(db, actor, before, assignee, at)
    return get(db, actor, issue_id, at)


def _matching(
    actor: Actor, project_id: int, wanted: Wanted, at: str, sort: str = "last_seen"
) -> Where:
    """The filters, put so that the index of `sort` is the one to use."""
    where = Where(
        "i.project_id = (SELECT id FROM projects WHERE id = :project_id AND org_id = :org_id)",
        project_id=project_id,
        org_id=actor.org_id,
    )
    if wanted.status != "all":
        where.add("i.status = :status", status=wanted.status)
    if wanted.level != "all":
        where.add("i.level = :level", level=wanted.level)
    if wanted.period != "all":
        since = clock.parse(at) - timedelta(hours=PERIODS[wanted.period])
        # An expression keeps SQLite from reading in the order of last_seen, to sort it all again.
        last_seen = "i.last_seen" if sort == "last_seen" else "i.last_seen || ''"
        where.add(f"{last_seen} >= :since", since=clock.timestamp(since))
    if wanted.query:
        where.add(r"i.search LIKE :query ESCAPE '\'", query=contains(wanted.query))
    return where


def _shown(row: Row, at: str) -> dict[str, Any]:
    return dict(row) | {"substatus": _substatus(row, at)}


def _substatus(row: Row, at: str) -> str | None:
    """Ages by itself, without a write. PROTOCOL section 7.1."""
    stored: str | None = row["substatus"]
    if stored not in ("new", "regressed", "escalating"):
        return stored
    since = row["first_seen"] if stored == "new" else row["status_at"]
    is_old = since <= clock.timestamp(clock.parse(at) - FRESH)
    return "ongoing" if is_old else stored


# What a person's choice makes of the substatus, and what it is called in the audit log.
CHOSEN = {"resolved": None, "ignored": "archived_until_escalating", "unresolved": "ongoing"}
ACTIONS = {
    "resolved": "issue.resolve",
    "ignored": "issue.ignore",
    "unresolved": "issue.unresolve",
}


def _set_status(db: Connection, actor: Actor, issue: dict[str, Any], status: str, at: str) -> None:
    db.execute(
        """
        UPDATE issues
        SET status = :status, substatus = :substatus, status_at = :at, status_events = event_count
        WHERE id = :id
        """,
        {"status": status, "substatus": CHOSEN[status], "at": at, "id": issue["id"]},
    )
    audit.record(
        db, actor, ACTIONS[status], f"issue:{issue['id']}", at, **{"from": issue["status"]}
    )


def _assign(
    db: Connection, actor: Actor, issue: dict[str, Any], user_id: int | None, at: str
) -> None:
    db.execute("UPDATE issues SET assignee_id = ? WHERE id = ?", (user_id, issue["id"]))
    action = "issue.unassign" if user_id is None else "issue.assign"
    meta = {"assigneeUserId": user_id, "from": issue["assignee_user_id"]}
    audit.record(db, actor, action, f"issue:{issue['id']}", at, **meta)


def _require_active_member(db: Connection, actor: Actor, user_id: int) -> None:
    member = users.member(db, actor.org_id, user_id)
    if member is None or member["deactivated_at"] is not None:
        raise BadRequest(
            f"assigneeUserId: {user_id} is not the id of an active member of this organisation."
        )
