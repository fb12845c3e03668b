"""One whole round by hand, beside a server or without one."""

from typing import Any

from jentry.settings import Settings
from jentry.store import disk, levels
from jentry.upkeep import budget, caps, retention
from jentry.upkeep.job import Turn, Work


class Pruning(Work):
    """The work of a command, which counts what goes; `is_dry`: what would go."""

    def __init__(self, settings: Settings, *, is_dry: bool) -> None:
        super().__init__(settings, Turn())
        self.is_dry = is_dry


def prune(work: Pruning) -> dict[str, Any]:
    """`events`, `attachments`, `bytesFreed`, `byReason`, `level`, `vacuumedBytes`.

    `level`: the fewest events that issues of an organization were cut to by the disk budget, which
    is one of files.
    """
    held, size = _held(work), _size(work)
    has_files = disk.has_files(work.reading())
    retention.run_events(work)
    if not work.is_dry:
        retention.run_rows(work)
    caps.run(work)
    done = budget.evict(work) if has_files else budget.Round()
    if has_files and not work.is_dry:
        budget.shrink(work)
    return {
        "events": work.gone.total(),
        "attachments": done.attachments,
        "bytesFreed": held - _held(work),
        "byReason": dict(sorted(work.gone.items())),
        "level": min(done.levels.values(), default=None),
        "vacuumedBytes": max(size - _size(work), 0),
    }


def _held(work: Work) -> int:
    return sum(size for _, _, size in levels.organizations(work.reading()))


def _size(work: Work) -> int:
    db = work.reading()
    return disk.measure(db, "0", 0).files if disk.has_files(db) else 0
