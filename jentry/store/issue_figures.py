"""The figures of one issue: its tags, its releases, and its events over time."""

from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.release_list import percent
from jentry.store.sql import ISSUE
from jentry.vocabulary import PERIODS

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def tags(db: Connection, actor: Actor, issue_id: int, limit: int) -> list[dict[str, Any]]:
    """Each key with `total` (events that have it), `distinct` (values) and its most frequent
    `values`: `value`, `count`, `share` (percent of the total), `last_seen`. By key.
    """
    rows = db.execute(
        f"""
        SELECT t.key, t.value, s.events AS count, s.last_seen
        FROM issue_tags s
        JOIN tags t ON t.id = s.tag_id
        WHERE s.issue_id = {ISSUE}
        """,
        {"issue_id": issue_id, "org_id": actor.org_id},
    )
    by_key: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        value = dict(row)
        by_key.setdefault(value.pop("key"), []).append(value)
    return [_tag(key, by_key[key], limit) for key in sorted(by_key)]


def _tag(key: str, values: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    total = sum(value["count"] for value in values)
    top = nsmallest(limit, values, key=lambda value: (-value["count"], value["value"]))
    return {
        "key": key,
        "total": total,
        "distinct": len(values),
        "values": [value | {"share": percent(value["count"], total)} for value in top],
    }


def releases(db: Connection, actor: Actor, issue_id: int, wanted: Paging) -> Page:
    """The releases that the issue's events were of, the newest release first: `release`, `events`,
    `first_seen` and `last_seen`, which are the release's own.
    """
    source = f"""
        FROM issue_releases s
        JOIN releases r ON r.id = s.release_id
        WHERE s.issue_id = {ISSUE}
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
        WHERE issue_id = {ISSUE} AND hour >= :since AND hour <= :until
        """,
        {
            "issue_id": issue_id,
            "org_id": actor.org_id,
            "since": clock.hour(clock.timestamp(times[-1])),
            "until": clock.hour(at),
        },
    )
    counts = dict.fromkeys(times, 0)
    for row in rows:
        counts[_begin(clock.parse(f"{row['hour']}:00:00.000Z"), resolution)] += row["events"]
    return [
        {"time": clock.timestamp(moment), "events": events} for moment, events in counts.items()
    ]


def _times(period: str, resolution: str, at: str) -> list[datetime]:
    step = STEPS[resolution]
    latest = _begin(clock.parse(at), resolution)
    return [latest - step * n for n in range(timedelta(hours=PERIODS[period]) // step)]


def _begin(moment: datetime, resolution: str) -> datetime:
    hour = 0 if resolution == "day" else moment.hour
    return moment.replace(hour=hour, minute=0, second=0, microsecond=0)
