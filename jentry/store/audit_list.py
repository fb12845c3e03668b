"""The audit log, as it is read; `audit.record` writes it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from jentry.store import roles
from jentry.store.audit import ME, NOBODY, Actor
from jentry.store.connection import Connection, snapshot
from jentry.store.paging import Page, Paging, read
from jentry.store.sql import Where

STEP = 500  # entries that are read at a time


@dataclass(frozen=True)
class Wanted(Paging):
    """A page of the entries that fit; what is None filters nothing."""

    action: str | None = None
    user_id: int | None = None  # or ME, or NOBODY: what was done on the command line
    since: str | None = None  # then or later
    until: str | None = None  # before


def page(db: Connection, actor: Actor, wanted: Wanted) -> Page:
    """The newest entries of the actor's organization: `id`, `action`, `target`, `user_id`,
    `meta` (dict), `created_at`. Raises Forbidden.
    """
    roles.require(db, actor, "admin", "read the audit log")
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


def walk(db: Connection, actor: Actor, wanted: Wanted, most: int) -> Iterator[dict[str, Any]]:
    """The newest entries that fit, as `page` has them. Raises Forbidden."""
    found = page(db, actor, replace(wanted, limit=min(STEP, most), page=1, after=None))
    while True:
        yield from found.rows
        most -= len(found.rows)
        if found.last is None or most <= 0:
            return
        found = page(db, actor, replace(wanted, limit=min(STEP, most), after=found.last))
