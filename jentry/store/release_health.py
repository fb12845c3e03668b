"""Sessions of releases over time, and one release against the one before."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.parts import whole
from jentry.store.release_list import percent
from jentry.store.sql import PROJECT, RELEASE
from jentry.vocabulary import PERIODS

NEWEST = 3  # releases that a chart of shares tells apart
MOST_IDS = 100  # of each kind of issue in a comparison
OLDER = 0  # stands for all other releases


def shares(
    db: Connection, actor: Actor, project_id: int, ids: list[int], since: str
) -> dict[int, list[tuple[str, int]]]:
    """The sessions since then by hour, of each of these releases and of all others as OLDER.

    Only releases seen since then are looked at: the others had none.
    """
    params = {"project_id": project_id, "org_id": actor.org_id, "since": since}
    params["hour"] = clock.hour(since)
    numbers = ", ".join(f"{number:d}" for number in ids) or "NULL"
    with snapshot(db):
        apart = db.execute(APART.format(ids=numbers), params).fetchall()
        every = db.execute(EVERY, params).fetchall()
    left = {row["hour"]: row["sessions"] for row in every}
    found: dict[int, list[tuple[str, int]]] = {number: [] for number in ids}
    for row in apart:
        found[row["release_id"]].append((row["hour"], row["sessions"]))
        left[row["hour"]] -= row["sessions"]
    return found | {OLDER: list(left.items())}


# Of the releases that were seen since then; SQLite reads them before their hours.
SEEN = f"""
    releases r
    CROSS JOIN session_hours h ON h.release_id = r.id
    WHERE r.project_id = {PROJECT} AND r.last_seen >= :since AND h.hour >= :hour
"""
EVERY = f"SELECT h.hour, sum(h.sessions) AS sessions FROM {SEEN} GROUP BY h.hour"
APART = f"""
    SELECT h.release_id, h.hour, sum(h.sessions) AS sessions
    FROM {SEEN} AND r.id IN ({{ids}})
    GROUP BY h.release_id, h.hour
"""


def crashes(
    db: Connection, actor: Actor, ids: list[int], since: str
) -> dict[int, list[tuple[str, int]]]:
    """The crashed sessions of each release since then, by hour; hours without are left out."""
    numbers = ", ".join(f"{number:d}" for number in ids) or "NULL"
    rows = db.execute(
        f"""
        SELECT h.release_id, h.hour, sum(h.crashed) AS crashed
        FROM releases r
        CROSS JOIN session_hours h ON h.release_id = r.id
        WHERE +r.project_id IN (SELECT id FROM projects WHERE org_id = :org_id)
          AND r.id IN ({numbers}) AND h.hour >= :hour AND h.crashed > 0
        GROUP BY h.release_id, h.hour
        """,
        {"org_id": actor.org_id, "hour": clock.hour(since)},
    )
    found: dict[int, list[tuple[str, int]]] = {number: [] for number in ids}
    for row in rows:
        found[row["release_id"]].append((row["hour"], row["crashed"]))
    return found


def hourly(
    db: Connection,
    actor: Actor,
    project_id: int,
    version: str,
    period: str,
    at: str,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """When each hour of the period with sessions begins (`time`) and the kinds of sessions that
    began in it, over all environments; newest first. Raises NotFound.
    """
    since = clock.timestamp(clock.parse(at) - timedelta(hours=PERIODS[period] - 1))
    rows = db.execute(
        f"""
        SELECT h.hour, sum(h.sessions) AS sessions, sum(h.errored) AS errored,
               sum(h.crashed) AS crashed, sum(h.abnormal) AS abnormal,
               sum(h.unhandled) AS unhandled
        FROM session_hours h
        WHERE h.release_id = {RELEASE} AND h.hour >= :hour
        GROUP BY h.hour
        ORDER BY h.hour DESC
        LIMIT :limit
        """,
        {
            "limit": PERIODS[period] if limit is None else limit,
            "release_id": _find(db, actor, project_id, version)["id"],
            "org_id": actor.org_id,
            "hour": clock.hour(since),
        },
    )
    return [dict(row) | {"time": f"{row['hour']}:00:00.000Z"} for row in rows]


def comparison(db: Connection, actor: Actor, project_id: int, version: str) -> dict[str, Any]:
    """A release beside the one before, in the order of the list: both as `release` and
    `previous_release`, and `next_release`; `crash_free_rate` and `previous_crash_free_rate`;
    `crash_free_difference` in percentage points; ids of the issues that are new in it, that
    regressed in it and that were resolved in it (`new_ids`, `regressed_ids`, `resolved_ids`), at
    most MOST_IDS of each, and how many there are. Raises NotFound.
    """
    with snapshot(db):
        mine = _find(db, actor, project_id, version)
        before = _neighbour(db, actor, project_id, mine, "<", "DESC")
        after = _neighbour(db, actor, project_id, mine, ">", "ASC")
        kinds = {
            kind: _ids(db, actor, statement, mine, before) for kind, statement in ISSUES.items()
        }
    rate, old = _rate(mine), _rate(before) if before else None
    return {
        "release": mine["version"],
        "previous_release": before and before["version"],
        "next_release": after and after["version"],
        "crash_free_rate": rate,
        "previous_crash_free_rate": old,
        "crash_free_difference": _difference(rate, old),
        **{f"{kind}_issues": len(ids) for kind, ids in kinds.items()},
        **{f"{kind}_ids": ids[:MOST_IDS] for kind, ids in kinds.items()},
    }


COLUMNS = "r.id, r.version, r.sorted_at, r.sessions, r.crashed"
# Each takes :release_id, and :previous_id where that matters.
ISSUES = {
    "new": f"""
        SELECT i.id
        FROM issues i
        WHERE i.first_release_id = {RELEASE}
        ORDER BY i.id
    """,
    "regressed": f"""
        SELECT DISTINCT {whole("b.issue_id")} AS id
        FROM issue_returns b
        WHERE b.release_id = {RELEASE} AND b.substatus = 'regressed'
        ORDER BY 1
    """,
    "resolved": f"""
        SELECT c.issue_id AS id
        FROM issue_conditions c
        WHERE c.release_id = {RELEASE} AND c.kind = 'in_release'
           OR c.release_id = :previous_id AND c.kind = 'in_next_release'
        ORDER BY c.issue_id
    """,
}


def _find(db: Connection, actor: Actor, project_id: int, version: str) -> Row:
    row: Row | None = db.execute(
        f"""
        SELECT {COLUMNS}
        FROM releases r
        WHERE r.project_id = {PROJECT} AND r.version = :version AND r.version <> ''
        """,
        {"project_id": project_id, "org_id": actor.org_id, "version": version},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such release.")
    return row


def _neighbour(
    db: Connection, actor: Actor, project_id: int, row: Row, side: str, direction: str
) -> Row | None:
    found: Row | None = db.execute(
        f"""
        SELECT {COLUMNS}
        FROM releases r
        WHERE r.project_id = {PROJECT} AND r.version <> ''
          AND (r.sorted_at, r.id) {side} (:sorted_at, :release_id)
        ORDER BY r.sorted_at {direction}, r.id {direction}
        LIMIT 1
        """,
        {"project_id": project_id, "org_id": actor.org_id, "sorted_at": row["sorted_at"]}
        | {"release_id": row["id"]},
    ).fetchone()
    return found


def _ids(db: Connection, actor: Actor, statement: str, mine: Row, before: Row | None) -> list[int]:
    params = {"org_id": actor.org_id, "release_id": mine["id"]}
    params["previous_id"] = before["id"] if before else 0
    return [row["id"] for row in db.execute(statement, params)]


def _rate(row: Row) -> float | None:
    return percent(row["sessions"] - row["crashed"], row["sessions"])


def _difference(rate: float | None, old: float | None) -> float | None:
    return None if rate is None or old is None else round(rate - old, 1)
