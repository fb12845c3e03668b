"""Answers kept for clients that repeat a request because they did not hear the first one."""

import json
from dataclasses import dataclass
from datetime import timedelta

from jentry import clock
from jentry.store.connection import Connection

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kept:
    """`request` is the SHA-256 of what was asked, the rest is what was answered."""

    request: bytes
    status: int
    headers: dict[str, str]
    body: bytes


def find(db: Connection, token_id: int, key: str, at: str) -> Kept | None:
    """What the token's key stands for, in the last 24 hours."""
    row = db.execute(
        """
        SELECT request, status, headers, body
        FROM idempotency_keys
        WHERE token_id = ? AND key = ? AND created_at > ?
        """,
        (token_id, key, _expired(at)),
    ).fetchone()
    if row is None:
        return None
    return Kept(row["request"], row["status"], json.loads(row["headers"]), row["body"])


def keep(db: Connection, token_id: int, key: str, answer: Kept, at: str) -> None:
    """To be called in the transaction of the change. The first answer stays.

    Forgets what is too old, of every token.
    """
    db.execute("DELETE FROM idempotency_keys WHERE created_at <= ?", (_expired(at),))
    db.execute(
        """
        INSERT INTO idempotency_keys (token_id, key, request, status, headers, body, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (token_id, key) DO NOTHING
        """,
        (token_id, key, answer.request, answer.status, json.dumps(answer.headers), answer.body, at),
    )


def _expired(at: str) -> str:
    return clock.timestamp(clock.parse(at) - KEPT)
