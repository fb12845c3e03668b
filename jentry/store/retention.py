"""What is not kept for ever: for each table which of its rows go, and when.

A rule's condition stands both in the query that chooses, outside the lock, and in the statement
that deletes. `tables.py` has the rules in words.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.eviction import Victim

WINDOW = 5000  # events that are looked at in one query
MOST = 1000  # rows that are chosen in one query
CHUNK = 200  # small rows in a transaction
LATEST_CHECK_INS = 1000  # of each monitor; older ones go before their days


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows go once `instant`, an expression, is `days` ago; None: the days of their project, to
    which `project`, an expression, leads. `further`: a condition that they must meet besides.
    """

    table: str
    instant: str
    days: float | None = None
    project: str = ""
    key: tuple[str, ...] = ("id",)
    further: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is old: everything before `cut`, or that of one project."""

    cut: str
    project_id: int | None = None


OPERATION = "(SELECT o.created_at FROM operations o WHERE o.id = operation_id)"
OUTCOME = ("project_id", "hour", "key_id", "category", "outcome", "reason")

# Children before their parents, where a parent may have many.
RULES = (
    Rule("attachments", "received_at", project="project_id"),
    Rule("user_reports", "received_at", project="project_id"),
    Rule(
        "check_ins", "updated_at",
        project="(SELECT m.project_id FROM monitors m WHERE m.id = monitor_id)",
    ),
    Rule(
        "monitors", "created_at", project="project_id",
        further="NOT EXISTS (SELECT 1 FROM check_ins c WHERE c.monitor_id = monitors.id)",
    ),
    Rule("sessions", "updated_at", 7, key=("project_id", "sid"), further="status <> 'ok'"),
    Rule("sessions", "updated_at", 30, key=("project_id", "sid")),
    Rule("outcome_hours", "hour", 400, key=OUTCOME),
    Rule("usage_hours", "hour", 400, key=("hour",)),
    Rule("invitations", "expires_at", 1),
    Rule("password_links", "expires_at", 1, key=("user_id",)),
    Rule("user_sessions", "expires_at", 1),
    Rule("sign_in_attempts", "expires_at", 1, key=("subject",)),
    Rule("api_tokens", "coalesce(revoked_at, expires_at, '9')", 400),
    Rule("idempotency_keys", "created_at", 1, key=("token_id", "key")),
    Rule(
        "event_wants", "(SELECT e.received_at FROM events e WHERE e.id = event_wants.event_id)", 7,
        key=("project_id", "name", "event_id"),
    ),
    Rule("operation_issues", OPERATION, 30, key=("operation_id", "issue_id")),
    Rule("operation_conditions", OPERATION, 30, key=("operation_id", "issue_id")),
    Rule("operation_parts", OPERATION, 30, key=("operation_id", "part_id")),
    Rule(
        "regroup_events",
        "(SELECT o.created_at FROM regroup_flows f JOIN operations o ON o.id = f.operation_id"
        " WHERE f.id = flow_id)",
        30, key=("project_id", "flow_id", "event_id"),
    ),
    Rule("regroup_flows", OPERATION, 30),
    Rule("regroup_hashes", OPERATION, 30, key=("operation_id", "hash_id")),
    Rule("operations", "created_at", 30),
    Rule("deletions", "coalesce(finished_at, '9')", 400),
    Rule("erasures", "coalesce(finished_at, '9')", 400),
)  # fmt: skip
AUDIT_LOG = Rule("audit_log", "created_at", 0)


def before(now: datetime, days: float) -> str:
    return clock.timestamp(now - timedelta(days=days))


def scopes(now: datetime, days: int, own_days: Mapping[int, int]) -> list[Scope]:
    """By the days of the instance, and of projects that keep less."""
    own = [Scope(before(now, n), project) for project, n in sorted(own_days.items()) if n < days]
    return [Scope(before(now, days)), *own]


def own_settings(db: Connection, name: str) -> dict[int, int]:
    """The value of a setting by project, where projects have one of their own."""
    rows = db.execute("SELECT id, settings FROM projects WHERE settings <> '{}' ORDER BY id")
    found = ((row["id"], json.loads(row["settings"]).get(name)) for row in rows.fetchall())
    return {project_id: value for project_id, value in found if value is not None}


def old_rows(
    db: Connection, rule: Rule, scope: Scope, after: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """The next keys after one, MOST of them, of rows that go."""
    keys = ", ".join(rule.key)
    places = ", ".join("?" * len(after))
    further = f"AND ({keys}) > ({places})" if after else ""
    rows = db.execute(
        f"""
        SELECT {keys}
        FROM {rule.table}
        WHERE {_condition(rule, scope)} {further}
        ORDER BY {keys}
        LIMIT {MOST}
        """,
        (*_values(scope), *after),
    )
    return [tuple(row) for row in rows.fetchall()]


def delete_rows(db: Connection, rule: Rule, scope: Scope, keys: Sequence[tuple[Any, ...]]) -> int:
    """Those of them that still are to go: the number."""
    named = " AND ".join(f"{name} = ?" for name in rule.key)
    done = db.executemany(
        f"DELETE FROM {rule.table} WHERE {_condition(rule, scope)} AND {named}",
        [(*_values(scope), *key) for key in keys],
    )
    return done.rowcount


def _condition(rule: Rule, scope: Scope) -> str:
    parts = [f"{rule.instant} < ?"]
    if scope.project_id is not None:
        parts.append(f"{rule.project} = ?")
    if rule.further:
        parts.append(rule.further)
    return " AND ".join(parts)


def _values(scope: Scope) -> tuple[object, ...]:
    return (scope.cut,) if scope.project_id is None else (scope.cut, scope.project_id)


def old_events(
    db: Connection, scopes: Sequence[Scope], *, is_whole: bool
) -> Iterator[list[Victim]]:
    """In order of arrival, some at a time. Unless the whole table is looked through, as far as the
    first events all of which are young enough: it ends early, and at once when nothing is old.

    Age is the time of receipt: an event that was sent late is not gone at once.
    """
    condition = " OR ".join(
        "received_at < ?" if scope.project_id is None else "(received_at < ? AND project_id = ?)"
        for scope in scopes
    )
    values = [value for scope in scopes for value in _values(scope)]
    low = 0
    while True:
        (high,) = db.execute(
            f"""
            SELECT max(id) FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT {WINDOW}) x
            """,
            (low,),
        ).fetchone()
        if high is None:
            return
        rows = db.execute(
            f"SELECT issue_id, id FROM events WHERE id > ? AND id <= ? AND ({condition})",
            (low, high, *values),
        ).fetchall()
        if rows:
            yield [(row["issue_id"], row["id"]) for row in rows]
        elif not is_whole:
            return
        low = high


def surplus_check_ins(db: Connection) -> list[tuple[int, int]]:
    """Monitors with more than LATEST_CHECK_INS, each with the newest check-in that goes."""
    found = []
    for monitor in db.execute("SELECT id FROM monitors ORDER BY id").fetchall():
        row = db.execute(
            """
            SELECT id FROM check_ins WHERE monitor_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?
            """,
            (monitor["id"], LATEST_CHECK_INS),
        ).fetchone()
        if row is not None:
            found.append((monitor["id"], row["id"]))
    return found


def delete_check_ins(db: Connection, monitor_id: int, newest: int) -> int:
    """Some of them, the oldest first: the number."""
    return db.execute(
        f"""
        DELETE FROM check_ins
        WHERE id IN (
            SELECT id
            FROM check_ins
            WHERE monitor_id = ? AND id <= ?
            ORDER BY id
            LIMIT {CHUNK}
        )
        """,
        (monitor_id, newest),
    ).rowcount


def delete_condition_users(db: Connection, now: datetime) -> int:
    """Those whom no condition looks back to any more."""
    rows = db.execute(
        "SELECT issue_id, users_window FROM issue_conditions WHERE users_window > 0"
    ).fetchall()
    return db.executemany(
        "DELETE FROM issue_condition_users WHERE issue_id = ? AND seen_at < ?",
        [
            (row["issue_id"], clock.timestamp(now - timedelta(minutes=row["users_window"])))
            for row in rows
        ],
    ).rowcount
