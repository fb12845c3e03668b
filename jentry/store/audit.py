"""The audit log: who did what, written in the transaction that does it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jentry.store.connection import Connection

# In place of a user's id in a filter: what has none, and what is the actor's own.
NOBODY = 0
ME = -1

_encoded = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf a store function works. `user_id` is None for the command line,
    `project_id` unless all is confined to one project of the organization, `token` is the name of
    the API token that asks, `client` that of the program, where a tool for Sentry's API says it.
    """

    org_id: int
    user_id: int | None
    via: str  # one of vocabulary.VIAS
    project_id: int | None = None
    token: str | None = None
    client: str | None = None


# What was done: the action, its target, and what the log says beside how it was done.
Entry = tuple[str, str, Mapping[str, Any]]


def record(db: Connection, actor: Actor, action: str, target: str, at: str, **meta: Any) -> None:
    record_all(db, actor, [(action, target, meta)], at)


def record_all(db: Connection, actor: Actor, entries: Iterable[Entry], at: str) -> None:
    """In this order."""
    named = {"token": actor.token, "client": actor.client}
    how = {"via": actor.via} | {name: text for name, text in named.items() if text is not None}
    db.putmany(
        """
        INSERT INTO audit_log (org_id, user_id, action, target, meta, created_at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
            (actor.org_id, actor.user_id, action, target, _encoded(how | dict(meta)), at)
            for action, target, meta in entries
        ],
    )
