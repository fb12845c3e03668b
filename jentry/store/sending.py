"""Deliveries on their way: claimed by a sender, then settled. For the notifier."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.store import issues
from jentry.store.connection import Connection
from jentry.store.issues import ISSUES
from jentry.store.parts import whole

PAUSES = (10, 30, 120, 300, 900, 1800, 3600)  # seconds until the next attempt, then hourly
GIVEN_UP = timedelta(hours=24)
CLOCK_WENT_BACK = timedelta(hours=2)  # what is due later than that is due now
LONGEST_ANSWER = 500
LONGEST_RETRY_AFTER = 3600


@dataclass(frozen=True, slots=True)
class Due:
    id: int
    channel_id: int | None
    is_test: bool
    is_failing: bool


def due(db: Connection, now: datetime) -> list[Due]:
    """The oldest delivery of each channel whose time has come, and of its tests."""
    rows = db.execute(
        """
        SELECT min(d.id) AS id, d.channel_id, d.kind = 'test' AS is_test,
               max(c.failures) AS failures
        FROM deliveries d
        LEFT JOIN alert_channels c ON c.id = d.channel_id
        WHERE d.state = 'waiting' AND (d.due_at <= :now OR d.due_at > :later)
          AND (d.kind = 'test' OR c.retry_at IS NULL OR c.retry_at <= :now OR c.retry_at > :later)
        GROUP BY d.channel_id, d.kind = 'test'
        ORDER BY id
        """,
        {"now": clock.timestamp(now), "later": clock.timestamp(now + CLOCK_WENT_BACK)},
    )
    return [
        Due(row["id"], row["channel_id"], bool(row["is_test"]), bool(row["failures"]))
        for row in rows
    ]


def claim(db: Connection, delivery_id: int, at: str) -> dict[str, Any] | None:
    """The delivery and its channel (`channel`, None: the server's own mail), if it still waits."""
    row = db.execute(
        """
        UPDATE deliveries SET state = 'sending', attempts = attempts + 1
        WHERE id = ? AND state = 'waiting'
        RETURNING id, org_id, channel_id, batch, kind, text, recipient, attempts, created_at,
                  tried_from
        """,
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    channel = db.execute(
        """
        SELECT id, name, kind, url, secret,
               CASE WHEN former_until > ? THEN former_secret END AS former_secret, is_active
        FROM alert_channels
        WHERE id = ?
        """,
        (at, row["channel_id"]),
    ).fetchone()
    text = row["text"]
    return dict(row) | {
        "channel": None if channel is None else dict(channel),
        "text": None if text is None else json.loads(text),
    }


def release_all(db: Connection) -> int:
    """What was on its way when a notifier died is tried again; the number."""
    found: int = db.execute(
        "UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'"
    ).rowcount
    return found


def failing_since(db: Connection, since: str) -> list[dict[str, Any]]:
    """Channels that have failed since then or longer."""
    rows = db.execute(
        """
        SELECT id, org_id, name, failing_since, last_error
        FROM alert_channels
        WHERE is_active = 1 AND failing_since <= ?
        ORDER BY id
        """,
        (since,),
    )
    return [dict(row) for row in rows]


def has_waiting(db: Connection) -> bool:
    """Whether anything is still to be told."""
    return any(
        db.execute(f"SELECT 1 {source} LIMIT 1").fetchone()
        for source in (
            "FROM happenings",
            "FROM alerts WHERE batch IS NULL",
            "FROM deliveries WHERE state IN ('waiting', 'sending')",
        )
    )


def cancel_all(db: Connection) -> int:
    """What waits in a file that was restored was told long ago, or is no news; the number."""
    db.execute("DELETE FROM happenings")
    db.execute("DELETE FROM alerts WHERE batch IS NULL")
    found: int = db.execute(
        """
        UPDATE deliveries
        SET state = 'cancelled', due_at = NULL, error = 'The file was restored from a backup.'
        WHERE state IN ('waiting', 'sending')
        """
    ).rowcount
    return found


def has_opted_out(db: Connection, channel_id: int, email: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM alert_optouts WHERE channel_id = ? AND email = ?", (channel_id, email)
    )
    return row.fetchone() is not None


def items(db: Connection, batch: int, most: int, at: str) -> tuple[list[dict[str, Any]], int]:
    """What a message says, and how many there are in all, without what was muted meanwhile: as
    `alerts.items.Item` wants it.
    """
    source = f"""
        FROM alerts a
        JOIN projects p ON p.id = a.project_id
        LEFT JOIN issues i ON i.id = {whole("a.issue_id")}
        WHERE a.batch = :batch AND (i.muted_until IS NULL OR i.muted_until <= :at)
    """
    params = {"batch": batch, "at": at}
    rows = db.execute(
        f"""
        SELECT a.id, a.condition, a.at, a.environment, a.event_id, a.detail,
               i.id AS issue_id,
               p.id AS project_id, p.slug, p.name
        {source}
        ORDER BY a.id
        LIMIT :most
        """,
        params | {"most": most},
    ).fetchall()
    (count,) = db.execute(f"SELECT count(*) {source}", params).fetchone()
    return [
        {
            "condition": row["condition"],
            "at": row["at"],
            "environment": row["environment"],
            "event_id": row["event_id"].hex() if row["event_id"] else None,
            "detail": json.loads(row["detail"]),
            "project": {"id": row["project_id"], "slug": row["slug"], "name": row["name"]},
            "issue": _issue(db, row["issue_id"], at),
            "rules": _rules(db, row["id"]),
        }
        for row in rows
    ], count


def _issue(db: Connection, issue_id: int | None, at: str) -> dict[str, Any] | None:
    row = db.execute(f"{ISSUES} WHERE i.id = ?", (issue_id,)).fetchone()
    return None if row is None else issues.shown(row, at)


def _rules(db: Connection, alert_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        """
        SELECT r.id, r.name
        FROM alert_origins o
        JOIN alert_rules r ON r.id = o.rule_id
        WHERE o.alert_id = ?
        ORDER BY r.id
        """,
        (alert_id,),
    )
    return [dict(row) for row in rows]


def organization(db: Connection, org_id: int) -> dict[str, Any]:
    """`slug` and `name`."""
    row = db.execute("SELECT slug, name FROM organizations WHERE id = ?", (org_id,)).fetchone()
    return dict(row)


def settle_sent(db: Connection, delivery: dict[str, Any], answer: str, at: str) -> None:
    """It was taken; what else waits on the channel follows at once."""
    db.execute(
        """
        UPDATE deliveries
        SET state = 'sent', sent_at = ?, answer = ?, error = NULL, due_at = NULL
        WHERE id = ?
        """,
        (at, answer[:LONGEST_ANSWER], delivery["id"]),
    )
    db.execute(
        """
        UPDATE alert_channels
        SET failures = 0, failing_since = NULL, retry_at = NULL, last_error = NULL,
            last_sent_at = ?
        WHERE id = ?
        """,
        (at, delivery["channel_id"]),
    )
    db.execute(
        "UPDATE deliveries SET due_at = ? WHERE state = 'waiting' AND channel_id = ?",
        (at, delivery["channel_id"]),
    )
    _forget_secret(db, delivery)


def _forget_secret(db: Connection, delivery: dict[str, Any]) -> None:
    """A link that lets somebody in stays no longer than it takes to send it."""
    if "secret" in (delivery["text"] or ()):
        db.execute("UPDATE deliveries SET text = NULL WHERE id = ?", (delivery["id"],))


def settle_cancelled(db: Connection, delivery: dict[str, Any], why: str) -> None:
    db.execute(
        """
        UPDATE deliveries
        SET state = 'cancelled', error = ?, due_at = NULL, attempts = attempts - 1
        WHERE id = ?
        """,
        (why, delivery["id"]),
    )
    _forget_secret(db, delivery)


def settle_failed(db: Connection, delivery: dict[str, Any], error: str) -> None:
    """For good: the receiver does not want this message; the channel may be in order."""
    db.execute(
        "UPDATE deliveries SET state = 'failed', error = ?, due_at = NULL WHERE id = ?",
        (error[:LONGEST_ANSWER], delivery["id"]),
    )
    db.execute(
        "UPDATE alert_channels SET last_error = ? WHERE id = ?",
        (error[:LONGEST_ANSWER], delivery["channel_id"]),
    )


def settle_gone(db: Connection, delivery: dict[str, Any], error: str) -> None:
    """The receiver says that it will never come back: the channel is switched off."""
    settle_failed(db, delivery, error)
    db.execute("UPDATE alert_channels SET is_active = 0 WHERE id = ?", (delivery["channel_id"],))


def settle_later(
    db: Connection, delivery: dict[str, Any], error: str, retry_after: float | None, at: str
) -> None:
    """The channel fails: nothing but one probe is tried until it takes something again."""
    now, error = clock.parse(at), error[:LONGEST_ANSWER]
    if delivery["kind"] == "test":  # it says nothing of what waits, and is not repeated
        settle_failed(db, delivery, error)
        return
    failures = delivery["attempts"]
    if delivery["channel_id"] is not None:
        row = db.execute(
            """
            UPDATE alert_channels
            SET failures = failures + 1, failing_since = coalesce(failing_since, ?), last_error = ?
            WHERE id = ?
            RETURNING failures
            """,
            (at, error, delivery["channel_id"]),
        ).fetchone()
        failures = row["failures"] if row is not None else failures
    pause: float = PAUSES[min(failures, len(PAUSES)) - 1]
    if retry_after is not None:
        pause = min(max(retry_after, 1), LONGEST_RETRY_AFTER)
    retry_at = clock.timestamp(now + timedelta(seconds=pause))
    db.execute(
        "UPDATE alert_channels SET retry_at = ? WHERE id = ?", (retry_at, delivery["channel_id"])
    )
    if clock.parse(delivery["tried_from"]) + GIVEN_UP <= now:
        _set(db, delivery, "failed", f"Given up after 24 hours: {error}", None)
    else:
        _set(db, delivery, "waiting", error, retry_at)


def _set(
    db: Connection, delivery: dict[str, Any], state: str, error: str, due_at: str | None
) -> None:
    db.execute(
        "UPDATE deliveries SET state = ?, error = ?, due_at = ? WHERE id = ?",
        (state, error, due_at, delivery["id"]),
    )
