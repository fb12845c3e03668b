"""Scheduled jobs and their check-ins, as they are read; ingestion writes them in `intake/`."""

import json
from typing import Any

from jentry.errors import NotFound
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.sql import PROJECT
from jentry.vocabulary import MAX_ID

MONITOR = """
    (SELECT m.id FROM monitors m JOIN projects p ON p.id = m.project_id
     WHERE m.id = :monitor_id AND p.org_id = :org_id)
"""
CHECK_IN = ("status", "duration", "environment", "release", "started_at", "updated_at")

Page = tuple[list[dict[str, Any]], int]


def page(db: Connection, actor: Actor, project_id: int, limit: int, page: int) -> Page:
    """One page, by slug, and the number over all pages. A project of another organization has none.

    Rows: `id`, `project_id`, `slug`, `config` (dict or None), `created_at` and `last_check_in`, the
    latest to start, as `check_ins` shows it, or None.
    """
    params = {"org_id": actor.org_id, "project_id": project_id}
    where = f"m.project_id = {PROJECT}"
    with snapshot(db):
        rows = db.execute(
            f"""
            SELECT m.id, m.project_id, m.slug, m.config, m.created_at,
                   c.check_in_id, {", ".join(f"c.{name}" for name in CHECK_IN)}
            FROM monitors m
            LEFT JOIN check_ins c ON c.id = (
                SELECT id FROM check_ins WHERE monitor_id = m.id ORDER BY id DESC LIMIT 1
            )
            WHERE {where}
            ORDER BY m.slug
            LIMIT :limit OFFSET :offset
            """,
            params | {"limit": limit, "offset": min((page - 1) * limit, MAX_ID)},
        ).fetchall()
        total = db.execute(f"SELECT count(*) FROM monitors m WHERE {where}", params).fetchone()
    return [_monitor(row) for row in rows], total[0]


def named(db: Connection, actor: Actor, project_id: int, slug: str) -> dict[str, Any]:
    """The monitor of a project that has this slug: the columns of the table. Raises NotFound."""
    row = db.execute(
        f"""
        SELECT m.id, m.project_id, m.slug, m.config, m.created_at
        FROM monitors m
        WHERE m.project_id = {PROJECT} AND m.slug = :slug
        """,
        {"project_id": project_id, "org_id": actor.org_id, "slug": slug},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such monitor.")
    return dict(row) | {"config": None if row["config"] is None else json.loads(row["config"])}


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


def _monitor(row: Row) -> dict[str, Any]:
    columns = {name: row[name] for name in ("id", "project_id", "slug", "created_at")}
    return columns | {
        "config": None if row["config"] is None else json.loads(row["config"]),
        "last_check_in": None if row["check_in_id"] is None else _check_in(row),
    }


def _check_in(row: Row) -> dict[str, Any]:
    return {"id": row["check_in_id"].hex()} | {name: row[name] for name in CHECK_IN}
