"""What became of everything that was sent, as it is read; ingestion counts it in `intake/`."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.sql import PROJECT, Where
from jentry.vocabulary import MAX_ID, PERIODS

MOST_ROWS = 10_000
MOST_TOTALS = 1_000  # clients choose the categories and reasons of what they discard

DAY_WIDTH = len("2026-06-29")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A span of time, in whole hours, and filters. Words are those of the vocabulary."""

    period: str = "24h"  # up to `until`; all: without a bound
    since: str | None = None  # an instant, instead of the period
    until: str | None = None
    resolution: str = "hour"  # or day
    category: str | None = None
    outcome: str | None = None
    reason: str | None = None
    key_id: int | None = None
    limit: int | None = None  # MOST_ROWS


def report(
    db: Connection, actor: Actor, project_id: int | None, wanted: Wanted, at: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool]:
    """Quantities by time, newest first; their totals, largest first; whether rows were left out.

    Rows: `time`, `project_id`, `category`, `outcome`, `reason`, `key_id`, `quantity`; totals are
    over all rows, with neither time nor key. Without a project they are those of all projects. A
    project of another organization has none.
    """
    where = _matching(actor, project_id, wanted, at)
    limit = min(wanted.limit or MOST_ROWS, MOST_ROWS)
    by_time = BY_DAY if wanted.resolution == "day" else BY_HOUR
    with snapshot(db):
        rows = db.execute(
            by_time.format(where=where), where.params | {"limit": limit + 1}
        ).fetchall()
        totals = db.execute(
            TOTALS.format(where=where), where.params | {"limit": MOST_TOTALS}
        ).fetchall()
    return [_shown(row) for row in rows[:limit]], [dict(row) for row in totals], len(rows) > limit


def hours(
    db: Connection, actor: Actor, project_id: int | None, wanted: Wanted, at: str
) -> list[tuple[str, str, int]]:
    """Hour, outcome and quantity, the earliest hour first."""
    where = _matching(actor, project_id, wanted, at)
    rows = db.execute(
        f"""
        SELECT hour, outcome, sum(quantity) AS quantity
        FROM outcome_hours
        WHERE {where}
        GROUP BY hour, outcome
        ORDER BY hour, outcome
        """,
        where.params,
    )
    return [tuple(row) for row in rows]


# The order of the primary key: of one project read from its end, without sorting.
BY_HOUR = """
    SELECT hour AS time, project_id, key_id, category, outcome, reason, quantity
    FROM outcome_hours
    WHERE {where}
    ORDER BY hour DESC, project_id DESC, key_id DESC, category DESC, outcome DESC, reason DESC
    LIMIT :limit
"""
BY_DAY = """
    SELECT substr(hour, 1, 10) AS time, project_id, key_id, category, outcome, reason,
           sum(quantity) AS quantity
    FROM outcome_hours
    WHERE {where}
    GROUP BY substr(hour, 1, 10), project_id, key_id, category, outcome, reason
    ORDER BY 1 DESC, project_id DESC, key_id DESC, category DESC, outcome DESC, reason DESC
    LIMIT :limit
"""
TOTALS = """
    SELECT category, outcome, reason, sum(quantity) AS quantity
    FROM outcome_hours
    WHERE {where}
    GROUP BY category, outcome, reason
    ORDER BY sum(quantity) DESC, category, outcome, reason
    LIMIT :limit
"""


def _matching(actor: Actor, project_id: int | None, wanted: Wanted, at: str) -> Where:
    if project_id is None:
        mine = "project_id IN (SELECT id FROM projects WHERE org_id = :org_id)"
        where = Where(mine, org_id=actor.org_id)
    else:
        where = Where(f"project_id = {PROJECT}", project_id=project_id, org_id=actor.org_id)
    if since := _since(wanted, at):
        where.add("hour >= :since", since=clock.hour(since))
    if wanted.until is not None:  # as text, an hour is less than every instant in it but its first
        where.add("hour < :until", until=wanted.until.removesuffix(":00:00.000Z"))
    if wanted.category is not None:
        where.add("category = :category", category=wanted.category)
    if wanted.outcome is not None:
        where.add("outcome = :outcome", outcome=wanted.outcome)
    if wanted.reason is not None:
        where.add("reason = :reason", reason=wanted.reason)
    if wanted.key_id is not None:
        where.add("key_id = :key_id", key_id=min(wanted.key_id, MAX_ID))
    return where


def _since(wanted: Wanted, at: str) -> str | None:
    if wanted.since is not None or wanted.period == "all":
        return wanted.since
    with contextlib.suppress(OverflowError):  # the year 1
        begin = clock.parse(wanted.until or at) - timedelta(hours=PERIODS[wanted.period])
        return clock.timestamp(begin)
    return None


def _shown(row: Row) -> dict[str, Any]:
    """Hours and days as the instants they begin at."""
    start = f"{row['time']}T00" if len(row["time"]) == DAY_WIDTH else row["time"]
    return dict(row) | {"time": f"{start}:00:00.000Z"}
