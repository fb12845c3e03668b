"""Events as they are read: the row's columns and the members of the stored payload."""

from typing import Any

import orjson

from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row
from jentry.store.payloads import unpack

# Members of a payload that are shown as they are, None when absent.
MEMBERS = (
    "platform", "dist", "transaction", "server_name", "logger", "exception", "stacktrace",
    "threads", "user", "request", "breadcrumbs", "extra", "sdk", "modules", "fingerprint",
)  # fmt: skip


def newest(db: Connection, actor: Actor, issue_id: int, limit: int) -> list[dict[str, Any]]:
    """The retained events of an issue, newest first; of the same time the last to arrive.

    None of an issue of another organisation. Keys are those of `schemas/events.py`.
    """
    rows = db.execute(
        """
        SELECT e.event_id, e.issue_id, e.project_id, e.timestamp, e.received_at, e.level,
               e.environment, i.type, i.title, d.data,
               (SELECT version FROM releases WHERE id = e.release_id) AS release
        FROM issues i
        JOIN projects p ON p.id = i.project_id
        JOIN events e ON e.issue_id = i.id
        JOIN event_payloads d ON d.id = e.id
        WHERE p.org_id = ? AND i.id = ?
        ORDER BY e.timestamp DESC, e.id DESC
        LIMIT ?
        """,
        (actor.org_id, issue_id, limit),
    )
    return [_shown(row) for row in rows]


def _shown(row: Row) -> dict[str, Any]:
    payload: dict[str, Any] = orjson.loads(unpack(row["data"]))
    columns = dict(row)
    del columns["data"], columns["title"]
    contexts = payload.get("contexts") or {}
    trace = contexts.get("trace")
    return (
        {name: payload.get(name) for name in MEMBERS}
        | columns
        | {
            "id": row["event_id"].hex(),
            "type": payload.get("type") or row["type"],
            "message": _message(payload, row["title"]),
            "platform": payload.get("platform") or "other",
            "trace_id": trace.get("trace_id") if isinstance(trace, dict) else None,
            "tags": _tags(payload),
            "contexts": contexts,
            "errors": payload.get("errors") or [],
        }
    )


def _message(payload: dict[str, Any], title: str) -> str:
    """Of an error its title, of a message the whole text. PROTOCOL section 5.1."""
    if payload.get("type") == "default":
        entry = payload.get("logentry") or {}
        text = entry.get("formatted") or entry.get("message")
        if text:
            return str(text)
    return payload.get("title") or title


def _tags(payload: dict[str, Any]) -> dict[str, str]:
    """The event's own; what it calls its server counts as one."""
    server_name = payload.get("server_name")
    return ({"server_name": server_name} if server_name else {}) | (payload.get("tags") or {})
