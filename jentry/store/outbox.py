"""From happenings to messages, for the notifier, which works for all organizations at once.

happenings -> alerts, one for each channel -> a batch -> deliveries, one for each recipient
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.store.connection import Connection
from jentry.store.parts import whole
from jentry.store.payloads import unpack

SOON = timedelta(seconds=1)  # an alert waits for company
KEPT = timedelta(days=30)
EVICTED_AT_ONCE = 100


@dataclass(slots=True)
class NewAlert:
    """What one happening has to say on one channel. `detail` is JSON-able."""

    org_id: int
    channel_id: int
    project_id: int
    issue_id: int | None
    event_id: bytes | None
    condition: str
    environment: str | None
    level: str | None
    detail: dict[str, Any]
    rule_ids: list[int] = field(default_factory=list)


def happenings(db: Connection, most: int) -> list[dict[str, Any]]:
    """The oldest, with `org_id`, `assignee_id` and `muted_until`; None where they are gone."""
    rows = db.execute(
        """
        SELECT h.id, h.project_id, h.kind, h.issue_id, h.monitor_id, h.event_id, h.level,
               h.environment, h.release, h.detail, h.at, p.org_id, i.id AS found_id,
               i.assignee_id, i.muted_until
        FROM happenings h
        LEFT JOIN projects p ON p.id = h.project_id
        LEFT JOIN issues i ON i.id = h.issue_id
        ORDER BY h.id
        LIMIT ?
        """,
        (most,),
    )
    return [dict(row) | {"detail": json.loads(row["detail"])} for row in rows]


def has_happenings(db: Connection) -> bool:
    return db.execute("SELECT 1 FROM happenings LIMIT 1").fetchone() is not None


def drop_happenings(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those that were still there."""
    gone = [(found,) for found in sorted(ids)]
    left = {
        row["id"]
        for row in db.execute(
            f"SELECT id FROM happenings WHERE id IN ({', '.join('?' * len(gone)) or 'NULL'})",
            [number for (number,) in gone],
        )
    }
    db.executemany("DELETE FROM happenings WHERE id = ?", gone)
    return left


def note_recovery(
    db: Connection, project_id: int, issue_id: int, environment: str, at: str
) -> None:
    """A job's issue was resolved by its check-ins."""
    db.execute(
        """
        INSERT INTO happenings (project_id, kind, issue_id, level, environment, detail, at)
        VALUES (?, 'recovered', ?, 'error', ?, '{}', ?)
        """,
        (project_id, issue_id, environment, at),
    )


def rules(db: Connection) -> list[dict[str, Any]]:
    """Those in force, of all organizations: `id`, `org_id`, `conditions`, `filter`,
    `throttle_seconds`, `project_ids` (a set, None: all) and `channels`, the active ones as
    (id, kind).
    """
    projects: dict[int, set[int]] = {}
    for row in db.execute("SELECT rule_id, project_id FROM alert_rule_projects"):
        projects.setdefault(row["rule_id"], set()).add(row["project_id"])
    channels: dict[int, list[tuple[int, str]]] = {}
    for row in db.execute(
        """
        SELECT l.rule_id, c.id, c.kind
        FROM alert_rule_channels l
        JOIN alert_channels c ON c.id = l.channel_id
        WHERE c.is_active = 1
        ORDER BY l.rule_id, c.id
        """
    ):
        channels.setdefault(row["rule_id"], []).append((row["id"], row["kind"]))
    return [
        {name: row[name] for name in ("id", "org_id", "throttle_seconds")}
        | {
            "conditions": json.loads(row["conditions"]),
            "filter": json.loads(row["filter"]),
            "project_ids": None if row["covers_all"] else projects.get(row["id"], set()),
            "channels": channels.get(row["id"], []),
        }
        for row in db.execute(
            """
            SELECT id, org_id, covers_all, conditions, filter, throttle_seconds
            FROM alert_rules
            WHERE is_active = 1
            ORDER BY id
            """
        )
    ]


def payload_of(db: Connection, project_id: int, event_id: bytes) -> dict[str, Any]:
    """The event's; empty when it is gone."""
    row = db.execute(
        """
        SELECT p.data
        FROM events e
        JOIN event_payloads p ON p.id = e.id
        WHERE e.event_id = ? AND e.project_id = ?
        """,
        (event_id, project_id),
    ).fetchone()
    return {} if row is None else unpacked(db, row["data"])


def unpacked(db: Connection, data: bytes) -> dict[str, Any]:
    """A payload; of a damaged one nothing."""
    try:
        payload: dict[str, Any] = json.loads(unpack(db, data))
    except ValueError:
        return {}
    return payload


def passes(
    db: Connection, rule: tuple[int, int], condition: str, about: tuple[int, int | None], at: str,
    *, is_once: bool = False,
) -> int | None:  # fmt: skip
    """Whether a rule, with its throttle in seconds, may alert again about a project or issue. How
    often it has kept silent since the last time; None: it keeps silent now.
    """
    rule_id, seconds = rule
    if not seconds and not is_once:
        return 0
    key = (rule_id, condition, about[0], about[1] or 0)
    row = db.execute(
        """
        SELECT at, suppressed, is_once
        FROM alert_throttles
        WHERE rule_id = ? AND condition = ? AND project_id = ? AND issue_id = ?
        """,
        key,
    ).fetchone()
    if row is not None and (row["is_once"] or is_within(row["at"], seconds, at)):
        db.execute(
            """
            UPDATE alert_throttles SET suppressed = suppressed + 1
            WHERE rule_id = ? AND condition = ? AND project_id = ? AND issue_id = ?
            """,
            key,
        )
        return None
    db.execute(
        """
        INSERT INTO alert_throttles (rule_id, condition, project_id, issue_id, at, is_once)
        SELECT id, ?, ?, ?, ?, ? FROM alert_rules WHERE id = ?
        ON CONFLICT (rule_id, condition, project_id, issue_id) DO UPDATE
        SET at = excluded.at, suppressed = 0
        """,
        (*key[1:], at, int(is_once), rule_id),
    )
    return 0 if row is None else row["suppressed"]


def may_alert_again(db: Connection, states: Iterable[tuple[int, str, int]]) -> None:
    """Of rule, condition and project: what alerts once is over."""
    db.executemany(
        """
        DELETE FROM alert_throttles
        WHERE rule_id = ? AND condition = ? AND project_id = ? AND issue_id = 0 AND is_once = 1
        """,
        sorted(states),
    )


def is_within(since: str, seconds: float, at: str) -> bool:
    """Whether less than that has passed. A time to come, after the clock was put back, is past."""
    return since <= at < clock.timestamp(clock.parse(since) + timedelta(seconds=seconds))


def add(db: Connection, alerts: Iterable[NewAlert], at: str) -> None:
    """Those whose channel, project and issue are still there."""
    for alert in alerts:
        _add(db, alert, at)


def _add(db: Connection, alert: NewAlert, at: str) -> None:
    row = db.execute(
        """
        INSERT INTO alerts (org_id, channel_id, project_id, issue_id, event_id, condition,
                            environment, level, detail, at)
        SELECT c.org_id, c.id, p.id, :issue_id, :event_id, :condition, :environment, :level,
               :detail, :at
        FROM alert_channels c
        JOIN projects p ON p.org_id = c.org_id
        WHERE c.org_id = :org_id AND c.id = :channel_id AND p.id = :project_id
          AND (:is_of_project = 1 OR EXISTS (SELECT 1 FROM issues WHERE id = :issue_id))
        RETURNING id
        """,
        {
            "org_id": alert.org_id, "channel_id": alert.channel_id,
            "project_id": alert.project_id, "issue_id": alert.issue_id,
            "event_id": alert.event_id, "condition": alert.condition,
            "environment": alert.environment, "level": alert.level,
            "detail": json.dumps(alert.detail), "at": at,
            "is_of_project": int(alert.issue_id is None),
        },
    ).fetchone()  # fmt: skip
    if row is not None:
        db.executemany(
            """
            INSERT INTO alert_origins (alert_id, rule_id)
            SELECT ?, id FROM alert_rules WHERE id = ?
            """,
            [(row["id"], rule_id) for rule_id in sorted(set(alert.rule_ids))],
        )


def note_match(db: Connection, rule_ids: Iterable[int], at: str) -> None:
    db.executemany(
        "UPDATE alert_rules SET last_matched_at = ? WHERE id = ?",
        [(at, rule_id) for rule_id in sorted(set(rule_ids))],
    )


# Alerts to deliveries -----------------------------------------------------------------------------


def waiting_channels(db: Connection) -> list[dict[str, Any]]:
    """Channels with alerts that are in no message yet: `id`, `kind`, `first` and `first_at` of the
    oldest, and what says whether its time has come.
    """
    oldest = db.execute(
        "SELECT channel_id, min(id) AS first FROM alerts WHERE batch IS NULL GROUP BY channel_id"
    ).fetchall()
    return [_waiting(db, row["channel_id"], row["first"]) for row in oldest]


def _waiting(db: Connection, channel_id: int, first: int) -> dict[str, Any]:
    row = db.execute(
        """
        SELECT c.id, c.org_id, c.kind, c.recipients, c.url, c.is_active, c.failures,
               c.digest_seconds, c.quiet_hours, c.last_batch_at, a.at AS first_at
        FROM alert_channels c
        JOIN alerts a ON a.id = ?
        WHERE c.id = ?
        """,
        (first, channel_id),
    ).fetchone()
    quiet = row["quiet_hours"]
    return dict(row) | {"first": first, "quiet_hours": quiet and json.loads(quiet)}


def is_busy(db: Connection, channel_id: int) -> bool:
    """Whether a message of alerts is still on its way."""
    row = db.execute(
        """
        SELECT 1
        FROM deliveries
        WHERE state IN ('waiting', 'sending') AND channel_id = ? AND kind = 'alert'
        LIMIT 1
        """,
        (channel_id,),
    ).fetchone()
    return row is not None


def drop_waiting(db: Connection, channel_id: int) -> None:
    """Of a channel that is off."""
    db.execute("DELETE FROM alerts WHERE channel_id = ? AND batch IS NULL", (channel_id,))


def gather(db: Connection, channel_id: int, levels: Collection[str] | None, at: str) -> int | None:
    """One batch of all that waits, or of those levels; None when there is nothing."""
    only = f"AND level IN ({', '.join('?' * len(levels))})" if levels is not None else ""
    params = (channel_id, *(levels or ()))
    row = db.execute(
        f"SELECT min(id) AS batch FROM alerts WHERE channel_id = ? AND batch IS NULL {only}",
        params,
    ).fetchone()
    if row["batch"] is None:
        return None
    db.execute(
        f"UPDATE alerts SET batch = ? WHERE channel_id = ? AND batch IS NULL {only}",
        (row["batch"], *params),
    )
    db.execute("UPDATE alert_channels SET last_batch_at = ? WHERE id = ?", (at, channel_id))
    batch: int = row["batch"]
    return batch


def recipients(db: Connection, channel: Mapping[str, Any], batch: int) -> list[str]:
    """Addresses of a mail channel, without those who opted out."""
    words = json.loads(channel["recipients"])
    found = {word for word in words if "@" in word}
    if "members" in words:
        found |= _members(db, channel["org_id"])
    elif "assignee" in words:
        found |= _assignees(db, channel["org_id"], batch)
    gone = db.execute("SELECT email FROM alert_optouts WHERE channel_id = ?", (channel["id"],))
    return sorted(found - {row["email"] for row in gone})


def _members(db: Connection, org_id: int) -> set[str]:
    rows = db.execute(
        """
        SELECT u.email
        FROM memberships m
        JOIN users u ON u.id = m.user_id
        WHERE m.org_id = ? AND u.deactivated_at IS NULL
        """,
        (org_id,),
    )
    return {row["email"] for row in rows}


def _assignees(db: Connection, org_id: int, batch: int) -> set[str]:
    """Of the issues; of what is assigned to nobody, all members."""
    rows = db.execute(
        f"""
        SELECT DISTINCT u.email
        FROM alerts a
        LEFT JOIN issues i ON i.id = {whole("a.issue_id")}
        LEFT JOIN memberships m ON m.user_id = i.assignee_id AND m.org_id = a.org_id
        LEFT JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL
        WHERE a.batch = ?
        ORDER BY u.email
        """,
        (batch,),
    ).fetchall()
    found = {row["email"] for row in rows}
    return (found - {None}) | _members(db, org_id) if None in found else found


def post(
    db: Connection, channel: Mapping[str, Any], batch: int, addresses: list[str], at: str
) -> None:
    """A delivery for each address; for none a cancelled one, so that it can be seen."""
    state, error = ("waiting", None) if addresses else ("cancelled", "Nobody wants this mail.")
    db.executemany(
        """
        INSERT INTO deliveries (org_id, channel_id, batch, kind, recipient, state, error,
                                created_at, tried_from, due_at)
        VALUES (?, ?, ?, 'alert', ?, ?, ?, ?, ?, ?)
        """,
        [
            (channel["org_id"], channel["id"], batch, address, state, error, at, at, at)
            for address in addresses or [""]
        ],
    )


def evict(db: Connection, now: datetime) -> None:
    """Some of what is old enough."""
    oldest = clock.timestamp(now - KEPT)
    db.execute(
        """
        DELETE FROM alerts
        WHERE id IN (SELECT id FROM alerts WHERE at < ? ORDER BY id LIMIT ?) AND at < ?
        """,
        (oldest, EVICTED_AT_ONCE, oldest),
    )
    db.execute(
        """
        DELETE FROM deliveries
        WHERE id IN (
            SELECT id FROM deliveries WHERE created_at < ? ORDER BY created_at, id LIMIT ?
        )
        """,
        (oldest, EVICTED_AT_ONCE),
    )
    db.execute("DELETE FROM alert_throttles WHERE is_once = 0 AND at < ?", (oldest,))
