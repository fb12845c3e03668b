"""What is being deleted goes, step by step."""

import time

from jentry.store import deletion_steps, deletions, scopes
from jentry.store.deletion_steps import UNITS
from jentry.upkeep.job import Work

SECONDS = 0.003  # that a step should take, on whatever machine and in whatever rows
LEAST = UNITS // 10


def run(work: Work, last: int | None = None) -> None:
    """All that is asked for; or all up to the deletion `last`, which may need those before it."""
    units = UNITS // 4
    while True:
        deletion_id = deletions.next_one(work.reading())
        if deletion_id is None or (last is not None and deletion_id > last):
            return
        with work.writing(scopes.of_deletion(work.reading(), deletion_id)) as (db, at):
            began = time.monotonic()
            deletion_steps.step(db, deletion_id, at, units)
            took = time.monotonic() - began
        units = next_units(units, took)


def next_units(units: int, seconds: float) -> int:
    """More or less of the work that took so long, by half or a quarter at once."""
    factor = min(max(SECONDS / max(seconds, 1e-6), 0.5), 1.25)
    return min(max(int(units * factor), LEAST), UNITS)
