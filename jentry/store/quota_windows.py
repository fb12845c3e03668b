"""How much of its quotas a project has used up in the running windows; ingestion counts it in
`intake/`.
"""

from datetime import UTC, datetime
from typing import Any

from jentry import clock
from jentry.quotas import QUOTAS, in_force
from jentry.store import projects
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import PROJECT


def of_project(
    db: Connection, actor: Actor, project_id: int, server: Any, at: str
) -> list[dict[str, Any]]:
    """Each quota of a project: `quota`, `counts`, `seconds`, `categories`, `limit` (0: none),
    `is_own` (set by the project), `used`, `starts_at`, `ends_at`. `server` has the settings.

    Raises NotFound.
    """
    own = projects.detail(db, actor, project_id)["settings"]
    rows = db.execute(
        f"""
        SELECT quota, starts_at, used
        FROM quota_windows
        WHERE project_id = {PROJECT}
        ORDER BY quota
        """,
        {"project_id": project_id, "org_id": actor.org_id},
    )
    known = {row["quota"]: row for row in rows}
    limits = in_force(server, own)
    found = []
    for name, quota in QUOTAS.items():
        starts_at, ends_at = _window(quota.seconds, at)
        row = known.get(name)
        found.append(
            {
                "quota": name,
                "counts": quota.counts,
                "seconds": quota.seconds,
                "categories": list(quota.categories),
                "limit": limits.get(name, 0),
                "is_own": getattr(own, name, None) is not None,
                "used": row["used"] if row is not None and row["starts_at"] == starts_at else 0,
                "starts_at": starts_at,
                "ends_at": ends_at,
            }
        )
    return found


def _window(seconds: int, at: str) -> tuple[str, str]:
    """Windows are aligned to the clock."""
    begin = int(clock.parse(at).timestamp()) // seconds * seconds
    first, last = (datetime.fromtimestamp(moment, UTC) for moment in (begin, begin + seconds))
    return clock.timestamp(first), clock.timestamp(last)
