"""How projects are doing: what their cards and overviews show."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.release_list import percent

HOURS = 24  # of what is recent, the running one included

SUMMARIES = """
    SELECT p.id,
           (SELECT count(*) FROM issues i
            WHERE i.project_id = p.id AND i.status = 'unresolved') AS unresolved,
           (SELECT count(*) FROM issues i
            WHERE i.project_id = p.id AND i.status = 'unresolved'
              AND i.first_seen >= :since) AS new_issues,
           (SELECT r.id FROM releases r
            WHERE r.project_id = p.id AND r.version <> ''
            ORDER BY r.sorted_at DESC, r.id DESC LIMIT 1) AS release_id
    FROM projects p
    WHERE p.org_id = :org_id AND p.id IN ({ids})
"""
HOURLY = """
    SELECT o.project_id, o.hour, sum(o.quantity) AS events
    FROM outcome_hours o
    WHERE o.project_id IN (SELECT id FROM projects WHERE org_id = :org_id AND id IN ({ids}))
      AND o.hour >= :hour AND o.outcome = 'accepted' AND o.category IN ('error', 'security')
    GROUP BY o.project_id, o.hour
"""
LATEST = """
    SELECT r.id, r.version AS release, r.sorted_at, r.sessions, r.crashed
    FROM releases r
    WHERE +r.project_id IN (SELECT id FROM projects WHERE org_id = :org_id) AND r.id IN ({ids})
"""


def summaries(
    db: Connection, actor: Actor, project_ids: list[int], at: str
) -> dict[int, dict[str, Any]]:
    """By project: `unresolved` issues, `new_issues` of them first seen in the last 24 hours,
    `events` of these hours as `(hour, events)`, their sum `recent_events`, and the newest
    `latest_release`, with `release`, `sorted_at`, `sessions` and `crash_free_rate`, or None.

    Those of another organization are left out.
    """
    since = clock.timestamp(clock.parse(at) - timedelta(hours=HOURS))
    params = {"org_id": actor.org_id, "since": since, "hour": _first_hour(at)}
    with snapshot(db):
        rows = _all(db, SUMMARIES, project_ids, params)
        hours: dict[int, list[tuple[str, int]]] = {row["id"]: [] for row in rows}
        for row in _all(db, HOURLY, project_ids, params):
            hours[row["project_id"]].append((row["hour"], row["events"]))
        newest = [row["release_id"] for row in rows if row["release_id"] is not None]
        releases = {row["id"]: _release(row) for row in _all(db, LATEST, newest, params)}
    return {
        row["id"]: {
            "unresolved": row["unresolved"],
            "new_issues": row["new_issues"],
            "events": hours[row["id"]],
            "recent_events": sum(events for _, events in hours[row["id"]]),
            "latest_release": releases.get(row["release_id"]),
        }
        for row in rows
    }


def _all(db: Connection, statement: str, ids: list[int], params: dict[str, Any]) -> list[Row]:
    numbers = ", ".join(f"{number:d}" for number in ids) or "NULL"
    return db.execute(statement.format(ids=numbers), params).fetchall()


def _first_hour(at: str) -> str:
    return clock.hour(clock.timestamp(clock.parse(at) - timedelta(hours=HOURS - 1)))


def _release(row: Row) -> dict[str, Any]:
    return dict(row) | {
        "crash_free_rate": percent(row["sessions"] - row["crashed"], row["sessions"])
    }
