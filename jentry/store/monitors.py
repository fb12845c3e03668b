"""Scheduled jobs and their check-ins, as people read and change them; ingestion writes them in
`intake/`, and the notifier judges them by `monitor_states.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

from jentry.errors import Conflict, NotFound
from jentry.store import audit, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.sql import OF_PROJECT, PROJECT
from jentry.vocabulary import MAX_ID

MONITOR = """
    (SELECT m.id FROM monitors m JOIN projects p ON p.id = m.project_id
     WHERE m.id = :monitor_id AND p.org_id = :org_id)
"""
MANAGE = "manage monitors"
FIELDS = {"is_active": "isActive", "is_muted": "isMuted", "config": "config"}
CHECK_IN = ("status", "duration", "environment", "release", "started_at", "updated_at")

MONITORS = f"""
    SELECT m.id, m.project_id, m.slug, m.config, m.created_at, m.is_active, m.is_muted,
           c.check_in_id, {", ".join(f"c.{name}" for name in CHECK_IN)}
    FROM monitors m
    LEFT JOIN check_ins c ON c.id = (
        SELECT id FROM check_ins WHERE monitor_id = m.id ORDER BY id DESC LIMIT 1
    )
"""

Page = tuple[list[dict[str, Any]], int]


def page(db: Connection, actor: Actor, project_id: int, limit: int, page: int) -> Page:
    """One page, by slug, and the number over all pages. A project of another organization has none.

    Rows: `id`, `project_id`, `slug`, `config` (dict or None), `created_at`, `is_active`,
    `is_muted`, `last_check_in`, the latest to start, as `check_ins` shows it, or None, and
    `environments`, how it does in each: `environment`, `status`, `next_expected_at`,
    `last_check_in_at`.
    """
    params = {"org_id": actor.org_id, "project_id": project_id}
    where = f"m.project_id = {PROJECT}"
    with snapshot(db):
        rows = db.execute(
            f"""
            {MONITORS}
            WHERE {where}
            ORDER BY m.slug
            LIMIT :limit OFFSET :offset
            """,
            params | {"limit": limit, "offset": min((page - 1) * limit, MAX_ID)},
        ).fetchall()
        total = db.execute(f"SELECT count(*) FROM monitors m WHERE {where}", params).fetchone()
        states = _environments(db, actor, [row["id"] for row in rows])
    return [_monitor(row, states) for row in rows], total[0]


def get(db: Connection, actor: Actor, monitor_id: int) -> dict[str, Any]:
    """As a row of `page`. Raises NotFound."""
    row = db.execute(
        f"{MONITORS} WHERE m.id = {MONITOR}", {"monitor_id": monitor_id, "org_id": actor.org_id}
    ).fetchone()
    if row is None:
        raise NotFound("There is no such monitor.")
    return _monitor(row, _environments(db, actor, [monitor_id]))


def create(
    db: Connection,
    actor: Actor,
    project_id: int,
    slug: str,
    config: Mapping[str, Any] | None,
    at: str,
) -> dict[str, Any]:
    """One that has not reported in yet: it is expected from its first check-in on. Raises
    Forbidden, NotFound, Conflict.
    """
    roles.require(db, actor, "admin", MANAGE)
    row = db.execute(
        f"""
        INSERT INTO monitors (project_id, slug, config, created_at)
        SELECT p.id, :slug, :config, :at {OF_PROJECT}
        ON CONFLICT (project_id, slug) DO NOTHING
        RETURNING id
        """,
        {
            "slug": slug, "config": _dumped(config), "at": at, "project_id": project_id,
            "org_id": actor.org_id,
        },
    ).fetchone()  # fmt: skip
    if row is None:
        raise Conflict(f"This project already has a monitor with the slug {slug}.")
    audit.record(db, actor, "monitor.create", f"monitor:{row['id']}", at, slug=slug)
    return get(db, actor, row["id"])


def update(
    db: Connection, actor: Actor, monitor_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set `is_active`, `is_muted`, `config` or some of them; the monitor afterwards. Another
    schedule, or being switched on again, holds from the next check-in on. Raises Forbidden,
    NotFound.
    """
    roles.require(db, actor, "admin", MANAGE)
    before = get(db, actor, monitor_id)
    fields = [name for name in FIELDS if name in change and change[name] != before[name]]
    if not fields:
        return before
    after = before | dict(change)
    mine = {"monitor_id": monitor_id, "org_id": actor.org_id}
    db.execute(
        f"""
        UPDATE monitors SET is_active = :is_active, is_muted = :is_muted, config = :config
        WHERE id = {MONITOR}
        """,
        mine | {"is_active": int(after["is_active"]), "is_muted": int(after["is_muted"]),
                "config": _dumped(after["config"])},
    )  # fmt: skip
    if "config" in fields or "is_active" in fields:
        db.execute(
            f"""
            UPDATE monitor_environments
            SET next_expected_at = NULL, due_at = NULL, running = NULL, timeout_at = NULL
            WHERE monitor_id = {MONITOR}
            """,
            mine,
        )
    words = [FIELDS[name] for name in fields]
    audit.record(db, actor, "monitor.update", f"monitor:{monitor_id}", at, fields=words)
    return get(db, actor, monitor_id)


def delete(db: Connection, actor: Actor, monitor_id: int, at: str) -> None:
    """With its check-ins; its issues stay. Raises Forbidden, NotFound."""
    roles.require(db, actor, "admin", MANAGE)
    found = get(db, actor, monitor_id)
    db.execute(
        f"DELETE FROM monitors WHERE id = {MONITOR}",
        {"monitor_id": monitor_id, "org_id": actor.org_id},
    )
    slug = found["slug"]
    audit.record(db, actor, "monitor.delete", f"monitor:{monitor_id}", at, slug=slug)


def named(db: Connection, actor: Actor, project_id: int, slug: str) -> dict[str, Any]:
    """The monitor of a project that has this slug, as a row of `page`. Raises NotFound."""
    row = db.execute(
        f"{MONITORS} WHERE m.project_id = {PROJECT} AND m.slug = :slug",
        {"project_id": project_id, "org_id": actor.org_id, "slug": slug},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such monitor.")
    return _monitor(row, _environments(db, actor, [row["id"]]))


def check_ins(db: Connection, actor: Actor, monitor_id: int, limit: int, page: int) -> Page:
    """One page, the latest to start first, and the number over all pages. Raises NotFound.

    Rows: `id` (hex), `status`, `duration` (seconds), `environment`, `release`, `started_at`,
    `updated_at`.
    """
    params = {"monitor_id": monitor_id, "org_id": actor.org_id}
    with snapshot(db):
        require(db, actor, monitor_id)
        rows = db.execute(
            f"""
            SELECT check_in_id, {", ".join(CHECK_IN)}
            FROM check_ins
            WHERE monitor_id = {MONITOR}
            ORDER BY id DESC
            LIMIT :limit OFFSET :offset
            """,
            params | {"limit": limit, "offset": min((page - 1) * limit, MAX_ID)},
        ).fetchall()
        total = db.execute(
            f"SELECT count(*) FROM check_ins WHERE monitor_id = {MONITOR}", params
        ).fetchone()
    return [_check_in(row) for row in rows], total[0]


def require(db: Connection, actor: Actor, monitor_id: int) -> None:
    """Raises NotFound."""
    row = db.execute(
        f"SELECT {MONITOR} AS id", {"monitor_id": monitor_id, "org_id": actor.org_id}
    ).fetchone()
    if row["id"] is None:
        raise NotFound("There is no such monitor.")


def _monitor(row: Row, states: Mapping[int, list[dict[str, Any]]]) -> dict[str, Any]:
    columns = {name: row[name] for name in ("id", "project_id", "slug", "created_at")}
    flags = {name: bool(row[name]) for name in ("is_active", "is_muted")}
    return (
        columns
        | flags
        | {
            "environments": states.get(row["id"], []),
            "config": None if row["config"] is None else json.loads(row["config"]),
            "last_check_in": None if row["check_in_id"] is None else _check_in(row),
        }
    )


def _environments(db: Connection, actor: Actor, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """How monitors do in each environment, by their ids."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in db.execute(
        f"""
        SELECT s.monitor_id, s.environment, s.status, s.next_expected_at, s.last_check_in_at
        FROM monitor_environments s
        JOIN monitors m ON m.id = s.monitor_id
        JOIN projects p ON p.id = m.project_id
        WHERE p.org_id = ? AND s.monitor_id IN ({", ".join("?" * len(ids)) or "NULL"})
        ORDER BY s.monitor_id, s.environment
        """,
        (actor.org_id, *ids),
    ):
        state = dict(row)
        found.setdefault(state.pop("monitor_id"), []).append(state)
    return found


def _dumped(config: Mapping[str, Any] | None) -> str | None:
    return None if config is None else json.dumps(config)


def _check_in(row: Row) -> dict[str, Any]:
    return {"id": row["check_in_id"].hex()} | {name: row[name] for name in CHECK_IN}
