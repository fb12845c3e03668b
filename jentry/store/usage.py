"""What an organization holds, what went, and how long the disk will last."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.parts import PARTS
from jentry.store.sql import IS_OF_PEOPLE, ISSUE

DAYS = 7  # whose growth is looked at
HOURS = 6  # while there are no two days


def most_pages(db: Connection) -> int | None:
    """That the file may have, by the disk budget; None: any number."""
    row = db.execute("SELECT most_pages FROM instance WHERE id = 1").fetchone()
    found: int | None = row["most_pages"]
    return found


def set_most_pages(db: Connection, pages: int | None) -> None:
    db.execute("UPDATE instance SET most_pages = ? WHERE id = 1", (pages,))


def set_level(db: Connection, org_id: int, height: int) -> None:
    """Issues of the organization keep so many events."""
    db.execute("UPDATE organizations SET eviction_level = ? WHERE id = ?", (height, org_id))


def note(db: Connection, used: int, at: str) -> None:
    """The figures of the running hour."""
    (events,) = db.execute("SELECT coalesce(sum(events), 0) FROM project_usage").fetchone()
    db.execute(
        """
        INSERT INTO usage_hours (hour, used_bytes, events)
        VALUES (?, ?, ?)
        ON CONFLICT (hour) DO UPDATE
        SET used_bytes = excluded.used_bytes, events = excluded.events
        """,
        (clock.hour(at), used, events),
    )


def of_issue(db: Connection, actor: Actor, issue_id: int) -> dict[str, Any]:
    """`events_kept`, `events_gone` as `gone` gives it, `oldest_event_at` (or None)."""
    mine = {"issue_id": issue_id, "org_id": actor.org_id}
    row = db.execute(
        f"""
        SELECT i.event_count, (SELECT min(x.oldest) FROM (
                   SELECT (SELECT min(e.timestamp) FROM events e WHERE e.issue_id = o.id) AS oldest
                   FROM issues o WHERE o.id IN {PARTS}
               ) x) AS oldest_event_at
        FROM issues i
        WHERE i.id = {ISSUE}
        """,
        mine,
    ).fetchone()
    found = gone(db, actor, issue_id)
    return {
        "events_kept": max(row["event_count"] - found["total"], 0) if row else 0,
        "events_gone": found,
        "oldest_event_at": row["oldest_event_at"] if row else None,
    }


def gone(db: Connection, actor: Actor, issue_id: int) -> dict[str, Any]:
    """Events of an issue that are not kept any more: `total`, `by_reason`, `last_at`."""
    rows = db.execute(
        f"""
        SELECT reason, sum(events) AS events, max(last_at) AS last_at
        FROM issue_evictions
        WHERE issue_id IN {PARTS}
        GROUP BY reason
        ORDER BY reason
        """,
        {"issue_id": issue_id, "org_id": actor.org_id},
    )
    return _gone(rows.fetchall())


def _gone(rows: Any) -> dict[str, Any]:
    by_reason = {row["reason"]: row["events"] for row in rows}
    return {
        "total": sum(by_reason.values()),
        "by_reason": by_reason,
        "last_at": max((row["last_at"] for row in rows), default=None),
    }


def of_projects(db: Connection, actor: Actor) -> dict[int, dict[str, int]]:
    """`events_kept` and `bytes_kept` of each project of the organization."""
    rows = db.execute(
        """
        SELECT u.project_id, u.events AS events_kept, u.bytes AS bytes_kept
        FROM project_usage u
        JOIN projects p ON p.id = u.project_id
        WHERE p.org_id = ?
        """,
        (actor.org_id,),
    )
    return {
        row["project_id"]: {"events_kept": row["events_kept"], "bytes_kept": row["bytes_kept"]}
        for row in rows.fetchall()
    }


def of_organization(db: Connection, actor: Actor) -> dict[str, Any]:
    """`events_kept`, `bytes_kept`, `events_gone`, `oldest_event_at` (of its issue unseen longest,
    or None), `level` (None: nothing went for the disk budget), `projects`: `id` and figures.
    """
    projects = of_projects(db, actor)
    mine = (actor.org_id,)
    rows = db.execute(
        """
        SELECT g.reason, sum(g.events) AS events, max(g.last_at) AS last_at
        FROM issue_evictions g
        JOIN issues i ON i.id = g.issue_id
        JOIN projects p ON p.id = i.project_id
        WHERE p.org_id = ?
        GROUP BY g.reason
        ORDER BY g.reason
        """,
        mine,
    ).fetchall()
    level = db.execute("SELECT eviction_level FROM organizations WHERE id = ?", mine).fetchone()
    return {
        "events_kept": sum(each["events_kept"] for each in projects.values()),
        "bytes_kept": sum(each["bytes_kept"] for each in projects.values()),
        "events_gone": _gone(rows),
        "oldest_event_at": _oldest(db, actor),
        "level": level["eviction_level"],
        "projects": [{"id": project_id} | found for project_id, found in sorted(projects.items())],
    }


def _oldest(db: Connection, actor: Actor) -> str | None:
    """When the event arrived that is kept for longest: near the front of the table."""
    row = db.execute(
        """
        SELECT e.received_at
        FROM events e
        JOIN projects p ON p.id = e.project_id
        WHERE p.org_id = ?
        ORDER BY e.id
        LIMIT 1
        """,
        (actor.org_id,),
    ).fetchone()
    return row["received_at"] if row else None


def is_alone(db: Connection) -> bool:
    """Whether the server has one organization only: facts of the server are its own."""
    (number,) = db.execute(f"SELECT count(*) FROM organizations WHERE {IS_OF_PEOPLE}").fetchone()
    return bool(number == 1)


def growth(db: Connection, at: str) -> int | None:
    """Bytes a day, by the median of the last days; by the last hours when there are no two days.

    None while that cannot be told.
    """
    now = clock.parse(at)
    since = clock.hour(clock.timestamp(now - timedelta(days=DAYS + 1)))
    rows = db.execute(
        "SELECT hour, used_bytes FROM usage_hours WHERE hour >= ? ORDER BY hour", (since,)
    ).fetchall()
    days: dict[str, int] = {row["hour"][:10]: row["used_bytes"] for row in rows}  # the last of each
    ends = [days[day] for day in sorted(days)]
    if len(ends) > 2:
        steps = [after - before for before, after in pairwise(ends)]
        return int(median(steps[:-1] or steps))  # the running day is not over
    recent = rows[-HOURS - 1 :]
    if len(recent) < 2:
        return None
    first, last = recent[0], recent[-1]
    hours = (_moment(last["hour"]) - _moment(first["hour"])) / timedelta(hours=1)
    return int((last["used_bytes"] - first["used_bytes"]) / hours * 24)


def _moment(hour: str) -> Any:
    return clock.parse(f"{hour}:00:00.000Z")


def lowest_level(db: Connection) -> int | None:
    """The fewest events that the budget has cut an organization's issues to; None: it took none."""
    row = db.execute("SELECT min(eviction_level) AS level FROM organizations").fetchone()
    level: int | None = row["level"]
    return level


def evicted_by_reason(db: Connection) -> Counter[str]:
    """Of the whole server."""
    rows = db.execute(
        "SELECT reason, sum(events) AS events FROM issue_evictions GROUP BY reason ORDER BY reason"
    )
    return Counter({row["reason"]: row["events"] for row in rows.fetchall()})
