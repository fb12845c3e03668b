"""The figures of one issue: its tags, its releases, and its events over time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.issue_list import Filter, matching, scope_of, searched
from jentry.store.paging import Page, Paging, read
from jentry.store.parts import PARTS, is_merged, whole, with_parts
from jentry.store.release_list import percent
from jentry.store.sql import ISSUE
from jentry.vocabulary import PERIODS, STATUSES

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def tags(db: Connection, actor: Actor, issue_id: int, limit: int) -> list[dict[str, Any]]:
    """Each key with `total` (events that have it), `distinct` (values), its most frequent `values`
    (`value`, `count`, `share` in percent of the total, `last_seen`) and `other`, the events with
    none of these. By key.

    `is_capped`: there were more values than are told apart; the rest is in `other` only.
    """
    params = {"issue_id": issue_id, "org_id": actor.org_id, "limit": limit}
    with snapshot(db):
        source = TAGS_OF_PARTS if is_merged(db, actor, issue_id) else TAGS_OF_ONE
        rows = db.execute(KEYS.format(tags=source), params).fetchall()
        found = [_tag(db, source, row, params | {"key_id": row["key_id"]}) for row in rows]
    return sorted(found, key=lambda tag: str(tag["key"]))


def _tag(db: Connection, source: str, counted: Row, params: dict[str, Any]) -> dict[str, Any]:
    key = db.execute(KEY.format(tags=source), params).fetchone()
    values = db.execute(VALUES.format(tags=source), params).fetchall()
    total = counted["total"]
    return {
        "key": key["key"],
        "total": total,
        "distinct": counted["value_count"] - (key["capped"] is not None),
        "is_capped": key["capped"] is not None,
        "values": [dict(row) | {"share": percent(row["count"], total)} for row in values],
        "other": total - sum(row["count"] for row in values),
    }


# What is counted of an issue; of a merged one its parts are added up.
TAGS_OF_ONE = f"SELECT key_id, tag_id, events, last_seen FROM issue_tags WHERE issue_id = {ISSUE}"
TAGS_OF_PARTS = f"""
    SELECT key_id, tag_id, sum(events) AS events, max(last_seen) AS last_seen
    FROM issue_tags
    WHERE issue_id IN {PARTS}
    GROUP BY key_id, tag_id
"""
RELEASES_OF_ONE = f"SELECT release_id, events FROM issue_releases WHERE issue_id = {ISSUE}"
RELEASES_OF_PARTS = f"""
    SELECT release_id, sum(events) AS events
    FROM issue_releases
    WHERE issue_id IN {PARTS}
    GROUP BY release_id
"""
KEYS = """
    SELECT key_id, count(*) AS value_count, sum(events) AS total
    FROM ({tags}) s
    GROUP BY key_id
"""
KEY = """
    SELECT k.key, o.events AS capped
    FROM tag_keys k
    LEFT JOIN tags t ON t.project_id = k.project_id AND t.key = k.key AND t.value = ''
    LEFT JOIN ({tags}) o ON o.key_id = k.id AND o.tag_id = t.id
    WHERE k.id = :key_id
"""
# Of equally frequent values those that the project met first: an order by value would have to look
# each of them up. One of them may be that of all others.
VALUES = """
    SELECT t.value, s.events AS count, s.last_seen
    FROM (
        SELECT v.tag_id, v.events, v.last_seen
        FROM ({tags}) v
        WHERE v.key_id = :key_id
        ORDER BY v.events DESC, v.tag_id
        LIMIT :limit + 1
    ) s
    JOIN tags t ON t.id = s.tag_id
    WHERE t.value <> ''
    ORDER BY s.events DESC, t.value
    LIMIT :limit
"""


def releases(db: Connection, actor: Actor, issue_id: int, wanted: Paging) -> Page:
    """The releases that the issue's events were of, the newest release first: `release`, `events`,
    `first_seen` and `last_seen`, which are the release's own.
    """
    counted = RELEASES_OF_PARTS if is_merged(db, actor, issue_id) else RELEASES_OF_ONE
    source = f"""
        FROM ({counted}) s
        JOIN releases r ON r.id = s.release_id
        WHERE r.version <> ''
    """
    after = "AND (r.sorted_at, r.id) < (:after, :after_id)" if wanted.after else ""
    ordered = f"""
        SELECT r.sorted_at AS sorted, r.id, r.version AS release, s.events, r.first_seen,
               r.last_seen
        {source} {after}
        ORDER BY r.sorted_at DESC, r.id DESC
    """
    params = {"issue_id": issue_id, "org_id": actor.org_id}
    with snapshot(db):
        rows, total, last = read(db, ordered, source, params, wanted)
    return Page([dict(row) for row in rows], total, last)


def events_over_time(
    db: Connection, actor: Actor, issue_id: int, period: str, resolution: str, at: str
) -> list[dict[str, Any]]:
    """For each hour or day of the period, the running one included and newest first, when it
    begins (`time`) and how many `events` there were. Days are those of UTC.
    """
    times = _times(period, resolution, at)
    rows = db.execute(
        f"""
        SELECT hour, events
        FROM issue_hours
        WHERE issue_id IN {PARTS} AND hour >= :since AND hour <= :until
        """,
        {
            "issue_id": issue_id,
            "org_id": actor.org_id,
            "since": clock.hour(clock.timestamp(times[-1])),
            "until": clock.hour(at),
        },
    )
    return _counted(times, resolution, ((row["hour"], row["events"]) for row in rows))


def _counted(
    times: list[datetime], resolution: str, hours: Iterable[tuple[str, int]]
) -> list[dict[str, Any]]:
    counts = dict.fromkeys(times, 0)
    for hour, events in hours:
        counts[_begin(clock.parse(f"{hour}:00:00.000Z"), resolution)] += events
    return [
        {"time": clock.timestamp(moment), "events": events} for moment, events in counts.items()
    ]


def of_list(
    db: Connection, actor: Actor, wanted: Filter, resolution: str, at: str
) -> list[dict[str, Any]]:
    """As `events_over_time`, of all issues that the filter finds, in its period."""
    times = _times(wanted.period, resolution, at)
    hours = hours_of_list(db, actor, wanted, clock.timestamp(times[-1]), at)
    return _counted(times, resolution, hours)


def hours_of_list(
    db: Connection, actor: Actor, wanted: Filter, since: str, at: str
) -> list[tuple[str, int]]:
    """The hours since then in which the issues that a filter finds had events, and how many."""
    where = matching(db, actor, wanted, at, search=searched(db, actor, wanted, at))
    rows = db.execute(
        f"""
        SELECT h.hour, sum(h.events) AS events
        FROM ({with_parts(f"SELECT i.id FROM issues i WHERE {where}")}) i
        CROSS JOIN issue_hours h ON h.issue_id = i.part_id
        WHERE h.hour >= :first_hour AND h.hour <= :last_hour
        GROUP BY h.hour
        """,
        where.params | {"first_hour": clock.hour(since), "last_hour": clock.hour(at)},
    )
    return [(row["hour"], row["events"]) for row in rows]


def hours_of_each(
    db: Connection, actor: Actor, issue_ids: list[int], since: str
) -> dict[int, list[tuple[str, int]]]:
    """The hours since then in which each issue had events, and how many."""
    found: dict[int, list[tuple[str, int]]] = {issue_id: [] for issue_id in issue_ids}
    mine = f"""
        +i.project_id IN (SELECT id FROM projects WHERE org_id = ?)
        AND i.id IN ({", ".join("?" * len(issue_ids)) or "NULL"})
    """
    rows = db.execute(
        f"""
        SELECT i.whole_id, h.hour, h.events
        FROM ({with_parts(f"SELECT i.id FROM issues i WHERE {mine}")}) i
        CROSS JOIN issue_hours h ON h.issue_id = i.part_id
        WHERE h.hour >= ?
        ORDER BY i.whole_id, h.hour
        """,
        (actor.org_id, *issue_ids, clock.hour(since)),
    )
    for row in rows:
        found[row["whole_id"]].append((row["hour"], row["events"]))
    return found


def unhandled(db: Connection, actor: Actor, issue_ids: list[int]) -> set[int]:
    """Those of the issues of which any event says that nobody handled it."""
    rows = db.execute(
        f"""
        SELECT {whole("s.issue_id")} AS issue_id
        FROM tags t
        CROSS JOIN issue_tags s ON s.tag_id = t.id
        WHERE t.project_id IN (SELECT id FROM projects WHERE org_id = ?)
          AND t.key = 'handled' AND t.value = 'no'
          AND s.issue_id IN (
              SELECT coalesce(m.part_id, i.id)
              FROM issues i
              LEFT JOIN issue_parts m ON m.issue_id = i.id
              WHERE i.id IN ({", ".join("?" * len(issue_ids)) or "NULL"}))
        """,
        (actor.org_id, *issue_ids),
    )
    return {row["issue_id"] for row in rows}


def of_projects(
    db: Connection, actor: Actor, project_id: int | None, since: str
) -> list[tuple[str, int]]:
    """The hours since then in which the project, or all of them, accepted events."""
    rows = db.execute(
        f"""
        SELECT o.hour, sum(o.quantity) AS events
        FROM outcome_hours o
        WHERE o.project_id {scope_of(project_id)} AND o.hour >= :hour
          AND o.outcome = 'accepted' AND o.category IN ('error', 'security')
        GROUP BY o.hour
        ORDER BY o.hour
        """,
        {"org_id": actor.org_id, "hour": clock.hour(since)},
    )
    return [(row["hour"], row["events"]) for row in rows]


def by_status(db: Connection, actor: Actor, wanted: Filter, at: str) -> dict[str, int]:
    """How many issues of each status the filter finds, whatever status it names."""
    every = replace(wanted, status="all")
    lead = "search" if wanted.query else "last_seen"
    where = matching(db, actor, every, at, lead, searched(db, actor, every, at))
    rows = db.execute(
        f"SELECT i.status, count(*) AS issues FROM issues i WHERE {where} GROUP BY i.status",
        where.params,
    )
    return dict.fromkeys(STATUSES, 0) | {row["status"]: row["issues"] for row in rows}


def _times(period: str, resolution: str, at: str) -> list[datetime]:
    step = STEPS[resolution]
    latest = _begin(clock.parse(at), resolution)
    return [latest - step * n for n in range(timedelta(hours=PERIODS[period]) // step)]


def _begin(moment: datetime, resolution: str) -> datetime:
    hour = 0 if resolution == "day" else moment.hour
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)
