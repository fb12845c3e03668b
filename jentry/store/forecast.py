"""How long the disk will last, and the sentence about it."""

from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.store import disk, usage
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.disk import Disk

MOST_DAYS = 36_500


def ahead_of(db: Connection, budget: str, reserve: int, at: str) -> tuple[Disk, dict[str, Any]]:
    """The disk as it is, and `growth`, bytes a day, `full_in_days`, `full_at`: each may be None."""
    now = disk.measure(db, budget, reserve)
    growth = usage.growth(db, at)
    days = _days(now, growth)
    full_at = None
    if days is not None:
        full_at = clock.timestamp(clock.parse(at) + timedelta(days=days))
    return now, {"growth": growth, "full_in_days": days, "full_at": full_at}


def usage_of(db: Connection, actor: Actor, budget: str, reserve: int, at: str) -> dict[str, Any]:
    """As `usage.of_organization`, with `full_in_days`, `full_at` and `disk`; that is None, and the
    others too, when the server has several organizations. Of a server of PostgreSQL only the size
    is known, and how it grows: its disk is another machine's.
    """
    found = usage.of_organization(db, actor)
    unknown = {"full_in_days": None, "full_at": None, "disk": None}
    if not usage.is_alone(db):
        return found | unknown
    if not disk.has_files(db):
        size = disk.server_bytes(db)
        figures = dict.fromkeys(("budget_bytes", "reusable_bytes", "free_disk_bytes", "state"))
        figures |= {"files_bytes": size, "used_bytes": size, "reserve_bytes": 0}
        return found | unknown | {"disk": figures | {"growth_bytes_per_day": usage.growth(db, at)}}
    now, ahead = ahead_of(db, budget, reserve, at)
    return found | {
        "full_in_days": ahead["full_in_days"],
        "full_at": ahead["full_at"],
        "disk": {
            "budget_bytes": now.budget,
            "files_bytes": now.files,
            "used_bytes": now.used,
            "reusable_bytes": now.reusable,
            "reserve_bytes": now.reserve,
            "free_disk_bytes": now.free,
            "growth_bytes_per_day": ahead["growth"],
            "state": now.state,
        },
    }


def sentence(db: Connection, budget: str, reserve: int, at: str) -> str:
    """`Disk: 3.4 of 10.0 GiB (34 %), 41 MiB a day: full in 41 days; 0.2 GiB free inside.`"""
    now, ahead = ahead_of(db, budget, reserve, at)
    most = now.used + now.reusable + now.free if now.budget is None else now.budget
    parts = f"Disk: {_gib(now.used)} of {_gib(most)} GiB ({100 * now.used // max(most, 1)} %)"
    if ahead["growth"] is not None:
        parts += f", {ahead['growth'] // disk.MIB} MiB a day"
    if ahead["full_in_days"] is not None:
        parts += f": full in {ahead['full_in_days']} days"
    return f"{parts}; {_gib(now.reusable)} GiB free inside."


def _days(now: Disk, growth: int | None) -> int | None:
    """None when it does not grow."""
    left = now.free if now.budget is None else max(now.budget - now.used, 0)
    if growth is None or growth <= 0:
        return None
    return min(left // growth, MOST_DAYS)


def _gib(number: int) -> str:
    return f"{number / 1024**3:.1f}"
