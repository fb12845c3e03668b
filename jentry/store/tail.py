"""Events by order of arrival, and other figures that rules count, for all organizations."""

from typing import Any

from jentry.store.connection import Connection
from jentry.store.outbox import unpacked
from jentry.store.parts import whole

MOST_ROWS = 20_000  # of a statement: while one reads, the log of what is written only grows
SPAN = len("2026-06-29T12:30:0")  # ten seconds


def last_id(db: Connection) -> int:
    row = db.execute("SELECT id FROM events ORDER BY id DESC LIMIT 1").fetchone()
    return 0 if row is None else row["id"]


def begin(db: Connection, since: str) -> int:
    """An id before which nothing was received since then, as ids nearly rise with it: bisected."""
    low, high = 0, last_id(db)
    while low < high:
        middle = (low + high) // 2
        row = db.execute(
            "SELECT id, received_at FROM events WHERE id > ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if row is not None and row["received_at"] < since:
            low = row["id"]
        else:
            high = middle
    return low


def groups(db: Connection, after: int, upto: int) -> list[dict[str, Any]]:
    """Events with ids after the one up to the other: how many of each issue, level, environment
    and release in ten seconds, and the `last` of them. Rows of issues that are gone are missing,
    and those that were fetched from another tracker.
    """
    rows = db.execute(
        f"""
        SELECT {whole("e.issue_id")} AS issue_id, e.project_id, e.level, e.environment,
               r.version AS release,
               substr(e.received_at, 1, {SPAN}) AS span, count(*) AS events, max(e.id) AS last
        FROM events e
        LEFT JOIN releases r ON r.id = e.release_id
        WHERE e.id > ? AND e.id <= ?
              AND NOT EXISTS (
                  SELECT 1
                  FROM import_issues m
                  WHERE m.issue_id = e.issue_id AND m.last_event >= e.id
              )
        GROUP BY {whole("e.issue_id")}, e.project_id, e.level, e.environment, r.version,
                 substr(e.received_at, 1, {SPAN})
        ORDER BY last
        """,
        (after, upto),
    )
    return [dict(row) for row in rows]


def payload(db: Connection, row_id: int) -> dict[str, Any]:
    """Of an event; empty when it is gone."""
    row = db.execute("SELECT data FROM event_payloads WHERE id = ?", (row_id,)).fetchone()
    return {} if row is None else unpacked(db, row["data"])


def event_id(db: Connection, row_id: int) -> bytes | None:
    row = db.execute("SELECT event_id FROM events WHERE id = ?", (row_id,)).fetchone()
    return None if row is None else row["event_id"]


def issue(db: Connection, issue_id: int) -> dict[str, Any] | None:
    """`status`, `assignee_id`, `muted_until`, `user_count`, `level`."""
    row = db.execute(
        "SELECT status, assignee_id, muted_until, user_count, level FROM issues WHERE id = ?",
        (issue_id,),
    ).fetchone()
    return None if row is None else dict(row)


def organizations(db: Connection) -> dict[int, int]:
    """Of each project."""
    return {row["id"]: row["org_id"] for row in db.execute("SELECT id, org_id FROM projects")}


def alerted(db: Connection, condition: str) -> dict[tuple[int, str, int], str]:
    """When a rule last alerted for an issue by a condition of a kind: (rule, condition, issue)."""
    rows = db.execute(
        r"""
        SELECT rule_id, condition, issue_id, at
        FROM alert_throttles
        WHERE condition LIKE ? ESCAPE '\'
        """,
        (f"{condition}:%",),
    )
    return {(row["rule_id"], row["condition"], row["issue_id"]): row["at"] for row in rows}


def sessions(db: Connection, project_id: int, since_hour: str, since: str) -> list[dict[str, Any]]:
    """Sessions of a project that began in the hours since then, by release and environment."""
    rows = db.execute(
        """
        SELECT r.version AS release, s.environment, sum(s.sessions) AS sessions,
               sum(s.crashed) AS crashed
        FROM releases r
        JOIN session_hours s ON s.release_id = r.id
        WHERE r.project_id = ? AND r.last_seen >= ? AND s.hour >= ?
        GROUP BY r.version, s.environment
        """,
        (project_id, since, since_hour),
    )
    return [dict(row) for row in rows]


def dropped(db: Connection, project_id: int, hour: str) -> int:
    """Events of a project that a quota has dropped in an hour."""
    row = db.execute(
        """
        SELECT coalesce(sum(quantity), 0) AS quantity
        FROM outcome_hours
        WHERE project_id = ? AND hour = ? AND outcome = 'rate_limited'
          AND category IN ('error', 'security')
        """,
        (project_id, hour),
    ).fetchone()
    quantity: int = row["quantity"]
    return quantity
