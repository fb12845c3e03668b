"""The audit log: who did what, written in the transaction that does it."""

import json
from dataclasses import dataclass
from typing import Any

from jentry.store.connection import Connection, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.sql import Where

# In place of a user's id in a filter: what has none, and what is the actor's own.
NOBODY = 0
ME = -1


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf a store function works. `user_id` is None for the command line,
    `project_id` unless all is confined to one project of the organization.
    """

    org_id: int
    user_id: int | None
    via: str  # one of vocabulary.VIAS
    project_id: int | None = None


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


@dataclass(frozen=True)
class Wanted(Paging):
    """A page of the entries that fit; what is None filters nothing."""

    action: str | None = None
    user_id: int | None = None  # or ME, or NOBODY: what was done on the command line
    since: str | None = None  # then or later
    until: str | None = None  # before


def page(db: Connection, actor: Actor, wanted: Wanted) -> Page:
    """The newest entries of the actor's organization: `id`, `action`, `target`, `user_id`,
    `meta` (dict), `created_at`.
    """
    where = Where("org_id = :org_id", org_id=actor.org_id)
    if wanted.action is not None:
        where.add("action = :action", action=wanted.action)
    if wanted.user_id == NOBODY:
        where.add("user_id IS NULL")
    elif wanted.user_id is not None:
        user_id = actor.user_id if wanted.user_id == ME else wanted.user_id
        where.add("user_id = :user_id", user_id=user_id)
    if wanted.since is not None:
        where.add("created_at >= :since", since=wanted.since)
    if wanted.until is not None:
        where.add("created_at < :until", until=wanted.until)
    source = f"FROM audit_log WHERE {where}"
    after = "AND id < :after_id" if wanted.after else ""
    ordered = f"SELECT id AS sorted, id {source} {after} ORDER BY id DESC"
    with snapshot(db):
        keys, total, last = read(db, ordered, source, where.params, wanted)
        return Page(_entries(db, actor, [key["id"] for key in keys]), total, last)


def _entries(db: Connection, actor: Actor, ids: list[int]) -> list[dict[str, Any]]:
    rows = db.execute(
        f"""
        SELECT id, action, target, user_id, meta, created_at
        FROM audit_log
        WHERE org_id = ? AND id IN ({", ".join("?" * len(ids)) or "NULL"})
        """,
        (actor.org_id, *ids),
    )
    found = {row["id"]: dict(row) | {"meta": json.loads(row["meta"])} for row in rows}
    return [found[entry_id] for entry_id in ids]
