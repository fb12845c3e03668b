"""Deliveries as people see them: one message to one address, and what became of it."""

import json
from collections.abc import Mapping
from typing import Any

from jentry.errors import Conflict, NotFound
from jentry.store import roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.parts import PARTS
from jentry.store.sql import Where
from jentry.vocabulary import MAX_ID

SHOWN_ITEMS = 20

Page = tuple[list[dict[str, Any]], int]


def page(db: Connection, actor: Actor, wanted: Mapping[str, Any]) -> Page:
    """One page, newest first, and the number over all pages. `wanted`: `limit`, `page` and the
    filters `channel_id`, `rule_id`, `issue_id`, `state`, of which None filters nothing.
    """
    where = Where("d.org_id = :org_id", org_id=actor.org_id)
    if wanted["channel_id"] is not None:
        where.add("d.channel_id = :channel_id", channel_id=wanted["channel_id"])
    if wanted["state"] is not None:
        where.add("d.state = :state", state=wanted["state"])
    if wanted["issue_id"] is not None:
        where.add(
            f"d.batch IN (SELECT batch FROM alerts WHERE issue_id IN {PARTS})",
            issue_id=wanted["issue_id"],
        )
    if wanted["rule_id"] is not None:
        where.add(
            """
            d.batch IN (
                SELECT a.batch FROM alert_origins o JOIN alerts a ON a.id = o.alert_id
                WHERE o.rule_id = :rule_id
            )
            """,
            rule_id=wanted["rule_id"],
        )
    limit = wanted["limit"]
    place = {"limit": limit, "offset": min((wanted["page"] - 1) * limit, MAX_ID)}
    with snapshot(db):
        rows = db.execute(
            f"{DELIVERIES} WHERE {where} ORDER BY d.id DESC LIMIT :limit OFFSET :offset",
            where.params | place,
        ).fetchall()
        (total,) = db.execute(
            f"SELECT count(*) FROM deliveries d WHERE {where}", where.params
        ).fetchone()
        return [_shown(db, actor, row) for row in rows], total


def get(db: Connection, actor: Actor, delivery_id: int) -> dict[str, Any]:
    """The columns of DELIVERIES, `item_count` and the first `items`: `rule_ids`, `condition`,
    `project_id`, `issue_id`, `environment`, `detail`, `at`. Raises NotFound.
    """
    row = db.execute(
        f"{DELIVERIES} WHERE d.org_id = ? AND d.id = ?", (actor.org_id, delivery_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such delivery.")
    return _shown(db, actor, row)


def retry(db: Connection, actor: Actor, delivery_id: int, at: str) -> dict[str, Any]:
    """Try it again now; its 24 hours begin anew. Raises Forbidden, NotFound; Conflict for one that
    was sent, is on its way or was cancelled.
    """
    roles.require(db, actor, "admin", "send a message again")
    state = get(db, actor, delivery_id)["state"]
    if state not in ("failed", "waiting"):
        raise Conflict(f"This delivery cannot be tried again: it is {state}.")
    db.execute(
        """
        UPDATE deliveries SET state = 'waiting', due_at = :at, tried_from = :at
        WHERE org_id = :org_id AND id = :id
        """,
        {"at": at, "org_id": actor.org_id, "id": delivery_id},
    )
    db.execute(
        """
        UPDATE alert_channels SET retry_at = NULL
        WHERE org_id = :org_id
          AND id = (SELECT channel_id FROM deliveries WHERE org_id = :org_id AND id = :id)
        """,
        {"org_id": actor.org_id, "id": delivery_id},
    )
    return get(db, actor, delivery_id)


def add_test(db: Connection, actor: Actor, channel_id: int, recipient: str, at: str) -> int:
    row = db.execute(
        """
        INSERT INTO deliveries (org_id, channel_id, kind, recipient, state, created_at, tried_from,
                                due_at)
        VALUES (:org_id, :channel_id, 'test', :recipient, 'waiting', :at, :at, :at)
        RETURNING id
        """,
        {"org_id": actor.org_id, "channel_id": channel_id, "recipient": recipient, "at": at},
    ).fetchone()
    delivery_id: int = row["id"]
    return delivery_id


DELIVERIES = """
    SELECT d.id, d.channel_id, d.kind, d.state, d.recipient, d.attempts, d.created_at,
           d.due_at AS next_attempt_at, d.sent_at, d.answer, d.error, d.batch
    FROM deliveries d
"""


def _shown(db: Connection, actor: Actor, row: Row) -> dict[str, Any]:
    found = dict(row)
    batch = found.pop("batch")
    items, count = _items(db, actor, batch) if batch is not None else ([], 0)
    if found["state"] != "waiting":
        found["next_attempt_at"] = None
    return found | {"items": items, "item_count": count}


def _items(db: Connection, actor: Actor, batch: int) -> tuple[list[dict[str, Any]], int]:
    rows = db.execute(
        """
        SELECT id, condition, project_id, issue_id, environment, detail, at
        FROM alerts
        WHERE org_id = ? AND batch = ?
        ORDER BY id
        LIMIT ?
        """,
        (actor.org_id, batch, SHOWN_ITEMS),
    ).fetchall()
    (count,) = db.execute(
        "SELECT count(*) FROM alerts WHERE org_id = ? AND batch = ?", (actor.org_id, batch)
    ).fetchone()
    rules: dict[int, list[int]] = {}
    for row in db.execute(
        f"""
        SELECT o.alert_id, o.rule_id
        FROM alert_origins o
        JOIN alert_rules r ON r.id = o.rule_id
        WHERE r.org_id = ? AND o.alert_id IN ({", ".join("?" * len(rows)) or "NULL"})
        ORDER BY o.alert_id, o.rule_id
        """,
        (actor.org_id, *(row["id"] for row in rows)),
    ):
        rules.setdefault(row["alert_id"], []).append(row["rule_id"])
    return [
        {name: row[name] for name in ("condition", "project_id", "issue_id", "environment", "at")}
        | {"detail": json.loads(row["detail"]), "rule_ids": rules.get(row["id"], [])}
        for row in rows
    ], count


def told_of(db: Connection, actor: Actor, issue_id: int, most: int) -> list[dict[str, Any]]:
    """The latest messages about an issue, newest first: `id`, `recipient`, `channel` (its name),
    `channel_kind`, `condition`, `state`, `created_at`, `sent_at`, `answer`, `error`.
    """
    rows = db.execute(
        f"""
        SELECT d.id, d.recipient, c.name AS channel, c.kind AS channel_kind,
               min(a.condition) AS condition, d.state, d.created_at, d.sent_at, d.answer, d.error
        FROM alerts a
        JOIN deliveries d ON d.batch = a.batch
        JOIN alert_channels c ON c.id = d.channel_id
        WHERE a.issue_id IN {PARTS} AND a.org_id = :org_id
        GROUP BY d.id, d.recipient, c.name, c.kind, d.state, d.created_at, d.sent_at, d.answer,
                 d.error
        ORDER BY d.id DESC
        LIMIT :most
        """,
        {"issue_id": issue_id, "org_id": actor.org_id, "most": most},
    )
    return [dict(row) for row in rows]
