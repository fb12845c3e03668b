"""How jobs do in each environment: read and written by the notifier, which judges them."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jentry.store import issues
from jentry.store.audit import Actor
from jentry.store.conditions import State
from jentry.store.connection import Connection, Row
from jentry.store.parts import whole

COLUMNS = (
    "monitor_id", "environment", "status", "next_expected_at", "due_at", "running", "timeout_at",
    "failures", "successes", "last_check_in_at",
)  # fmt: skip
MOST = 20  # judged in a transaction: each may make an event

STATES = f"""
    SELECT {", ".join(f"s.{name}" for name in COLUMNS)}, m.project_id, p.org_id, m.slug, m.config,
           m.is_active, m.is_muted
    FROM monitors m
    JOIN projects p ON p.id = m.project_id
    {{join}} monitor_environments s ON s.monitor_id = m.id
"""


def state(db: Connection, monitor_id: int, environment: str) -> dict[str, Any] | None:
    """The columns of COLUMNS, of a new one their defaults, and `project_id`, `org_id`, `slug`,
    `config` (dict or None), `is_active`, `is_muted`. None of a monitor that is gone.
    """
    row = db.execute(
        f"{STATES.format(join='LEFT JOIN')} AND s.environment = ? WHERE m.id = ?",
        (environment, monitor_id),
    ).fetchone()
    if row is None:
        return None
    found = _state(row)
    if row["monitor_id"] is None:
        found |= {
            "monitor_id": monitor_id, "environment": environment, "status": "ok", "failures": 0,
            "successes": 0,
        }  # fmt: skip
    return found


def due_in(db: Connection, at: str) -> list[int]:
    """The projects of the first ones that are missed, or run for too long."""
    found = []
    for name in ("due_at", "timeout_at"):
        rows = db.execute(
            f"""
            SELECT m.project_id
            FROM monitor_environments s
            JOIN monitors m ON m.id = s.monitor_id
            WHERE s.{name} <= ?
            ORDER BY s.{name}, s.monitor_id, s.environment
            LIMIT ?
            """,
            (at, MOST),
        )
        found += [row["project_id"] for row in rows]
    return found


def due(db: Connection, name: str, at: str, project_ids: Collection[int]) -> list[dict[str, Any]]:
    """Those whose `due_at` or `timeout_at` has come, the first ones, as `state` has them."""
    places = ", ".join("?" * len(project_ids)) or "NULL"
    rows = db.execute(
        f"""
        {STATES.format(join="JOIN")}
        WHERE s.{name} <= ? AND m.project_id IN ({places})
        ORDER BY s.{name}, s.monitor_id, s.environment
        LIMIT ?
        """,
        (at, *project_ids, MOST),
    )
    return [_state(row) for row in rows]


def all_scheduled(db: Connection) -> list[dict[str, Any]]:
    """As `state` has them, for all of the server."""
    rows = db.execute(
        f"""
        {STATES.format(join="JOIN")}
        WHERE s.due_at IS NOT NULL OR s.timeout_at IS NOT NULL
        ORDER BY s.monitor_id, s.environment
        """
    )
    return [_state(row) for row in rows]


def put(db: Connection, found: Mapping[str, Any]) -> None:
    """The columns of COLUMNS, in place of what is there."""
    db.execute(
        f"""
        INSERT INTO monitor_environments ({", ".join(COLUMNS)})
        VALUES ({", ".join(f":{name}" for name in COLUMNS)})
        ON CONFLICT (monitor_id, environment) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])}
        """,
        {name: found[name] for name in COLUMNS},
    )


def started_at(db: Connection, monitor_id: int, check_in_id: bytes) -> str | None:
    row = db.execute(
        "SELECT started_at FROM check_ins WHERE monitor_id = ? AND check_in_id = ?",
        (monitor_id, check_in_id),
    ).fetchone()
    return None if row is None else row["started_at"]


def add_missed(
    db: Connection, found: Mapping[str, Any], check_in_id: bytes, expected: str, at: str
) -> None:
    """A check-in that did not come, dated to when it was expected."""
    db.execute(
        """
        INSERT INTO check_ins (monitor_id, check_in_id, status, environment, started_at, updated_at)
        VALUES (?, ?, 'missed', ?, ?, ?)
        ON CONFLICT (monitor_id, check_in_id) DO NOTHING
        """,
        (found["monitor_id"], check_in_id, found["environment"], expected, at),
    )


def end_running(db: Connection, found: Mapping[str, Any], at: str) -> bool:
    """The check-in that runs for too long; False when it has ended meanwhile."""
    row = db.execute(
        """
        UPDATE check_ins SET status = 'timeout', updated_at = ?
        WHERE monitor_id = ? AND check_in_id = ? AND status = 'in_progress'
        RETURNING id
        """,
        (at, found["monitor_id"], found["running"]),
    ).fetchone()
    return row is not None


def issue_of_hashes(
    db: Connection, project_id: int, hashes: Iterable[tuple[int, bytes]]
) -> int | None:
    """Of the first that is known; each is the version of the rules and the hash by them."""
    for version, hash_ in hashes:
        row = db.execute(
            f"""
            SELECT {whole("h.issue_id")} AS issue_id
            FROM issue_hashes h
            WHERE h.project_id = ? AND h.version = ? AND h.hash = ?
            """,
            (project_id, version, hash_),
        ).fetchone()
        if row is not None:
            return int(row["issue_id"])
    return None


def resolve(db: Connection, org_id: int, issue_id: int, at: str) -> bool:
    """By the job's own check-ins; False when it was not open."""
    actor = Actor(org_id, None, "system")
    issue = issues.get(db, actor, issue_id, at)
    if issue["status"] != "unresolved":
        return False
    issues.set_status(db, actor, [issue], State("resolved", None), at, reason="recovered")
    return True


def _state(row: Row) -> dict[str, Any]:
    config = row["config"]
    flags = {name: bool(row[name]) for name in ("is_active", "is_muted")}
    return dict(row) | flags | {"config": None if config is None else json.loads(config)}
