"""The state of an issue while it is part of another one: kept, and resumed when it leaves."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jentry.store import conditions, part_sums, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.intake.lifecycle import Lifecycle
from jentry.store.intake.releases import COLUMNS as RELEASE
from jentry.store.intake.releases import Release
from jentry.store.sql import ISSUE, OF_ISSUE

COLUMNS = ("status", "substatus", "status_at", "status_events", "assignee_id", "muted_until")

State = dict[str, Any]


def kept(db: Connection, actor: Actor, issue: Mapping[str, Any], ids: Sequence[int]) -> State:
    """COLUMNS and the number of `events` as an issue goes, of the parts `ids`; its `condition` and
    then the events of each of its `releases`, if it waits for something; of these its
    `own_releases`, if it has brought parts of its own.
    """
    state = {name: issue[name] for name in COLUMNS} | {"events": issue["event_count"]}
    if condition := conditions.of_issues(db, actor, [issue["id"]]).get(issue["id"]):
        state["condition"] = condition
        state["releases"] = part_sums.events_by_release(db, actor, ids)
        if len(ids) > 1:
            own = part_sums.events_by_release(db, actor, [issue["id"]])
            state["own_releases"] = own
    return state


def woken(db: Connection, actor: Actor, state: Mapping[str, Any]) -> State:
    """COLUMNS as they come back: nobody is assigned who has left meanwhile."""
    found = {name: state[name] for name in COLUMNS}
    if found["assignee_id"] is not None and not _is_active(db, actor, found["assignee_id"]):
        found["assignee_id"] = None
    return found


def resume(
    db: Connection,
    actor: Actor,
    issue_id: int,
    ids: Sequence[int],
    state: Mapping[str, Any],
    at: str,
    *,
    has_had_events: bool,
) -> bool:
    """Let the issue, made of the parts `ids`, wait again for what it waited for, or regress by the
    events that it has had since: whether it does.
    """
    condition = state.get("condition")
    is_back = state["status"] == "resolved" and has_had_events
    of: set[int] | None = None
    if condition is not None and _has_release(db, actor, condition):
        conditions.put(db, actor, [issue_id], {issue_id: condition})
        if is_back:
            had = state.get("releases", {})
            had = state.get("own_releases", had) if len(ids) == 1 else had
            of = _returning(db, actor, issue_id, ids, had, at)
            is_back = bool(of)
    if is_back:
        _regress(db, actor, issue_id, of, at)
    return is_back


def _returning(
    db: Connection,
    actor: Actor,
    issue_id: int,
    ids: Sequence[int],
    had: Mapping[str, int],
    at: str,
) -> set[int]:
    """The releases whose events, come since the merge, meet the condition of the issue."""
    lifecycle = Lifecycle(db, at)
    condition = lifecycle.condition(issue_id)
    now = part_sums.events_by_release(db, actor, ids)
    come = sorted(int(number) for number, events in now.items() if events > had.get(number, 0))
    rows = db.execute(
        f"""
        SELECT {RELEASE}
        FROM releases
        WHERE project_id IN (SELECT p.id FROM projects p WHERE p.org_id = ?)
          AND id IN ({part_sums.places(come)})
        ORDER BY id
        """,
        (actor.org_id, *come),
    )
    releases = [Release(*row) for row in rows]
    return {
        release.id
        for release in releases
        if condition is not None and lifecycle.can_return(condition, release.version, release)
    }


def _regress(
    db: Connection, actor: Actor, issue_id: int, of: Collection[int] | None, at: str
) -> None:
    """By its latest event; where only some releases count, that must be of one of them."""
    conditions.put(db, actor, [issue_id], {})
    mine = {"issue_id": issue_id, "org_id": actor.org_id, "at": at}
    db.execute(
        f"""
        UPDATE issues
        SET status = 'unresolved', substatus = 'regressed', status_at = :at,
            status_events = event_count
        WHERE id = {ISSUE}
        """,
        mine,
    )
    latest = db.execute(
        f"""
        SELECT e.event_id, e.release_id
        FROM events e
        WHERE e.issue_id = {ISSUE}
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT 1
        """,
        mine,
    ).fetchone()
    if of and (latest is None or latest["release_id"] not in of):
        latest = {"event_id": b"", "release_id": max(of)}
    db.execute(
        f"""
        INSERT INTO issue_returns (issue_id, substatus, event_id, release_id, created_at)
        SELECT i.id, 'regressed', :event_id, :release_id, :at {OF_ISSUE}
        """,
        mine
        | {
            "event_id": latest["event_id"] if latest else b"",
            "release_id": latest["release_id"] if latest else None,
        },
    )


def _has_release(db: Connection, actor: Actor, condition: Mapping[str, Any]) -> bool:
    """Whether the release that a condition waits for is still there, if it waits for one."""
    if condition["release_id"] is None:
        return True
    row = db.execute(
        """
        SELECT 1 FROM releases r JOIN projects p ON p.id = r.project_id
        WHERE p.org_id = ? AND r.id = ?
        """,
        (actor.org_id, condition["release_id"]),
    ).fetchone()
    return row is not None


def _is_active(db: Connection, actor: Actor, user_id: int) -> bool:
    member = users.member(db, actor.org_id, user_id)
    return member is not None and member["deactivated_at"] is None
