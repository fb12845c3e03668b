"""The audit log: who did what, written in the transaction that does it."""

import json
from dataclasses import dataclass
from typing import Any

from jentry.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf a store function works. `user_id` is None for the command line."""

    org_id: int
    user_id: int | None
    via: str  # one of vocabulary.VIAS


def record(db: Connection, actor: Actor, action: str, target: str, at: str, **meta: Any) -> None:
    db.execute(
        """
        INSERT INTO audit_log (org_id, user_id, action, target, meta, created_at)
        VALUES (:org_id, :user_id, :action, :target, :meta, :at)
        """,
        {
            "org_id": actor.org_id,
            "user_id": actor.user_id,
            "action": action,
            "target": target,
            "meta": json.dumps({"via": actor.via} | meta, ensure_ascii=False),
            "at": at,
        },
    )


def list_for(db: Connection, actor: Actor, limit: int) -> list[dict[str, Any]]:
    """The newest entries of the actor's organisation: `id`, `action`, `target`, `user_id`,
    `meta` (dict), `created_at`.
    """
    rows = db.execute(
        """
        SELECT id, action, target, user_id, meta, created_at
        FROM audit_log
        WHERE org_id = ?
        ORDER BY id DESC
        LIMIT ?
        """,
        (actor.org_id, limit),
    )
    return [dict(row) | {"meta": json.loads(row["meta"])} for row in rows]
