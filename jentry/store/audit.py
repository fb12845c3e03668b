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
