"""What is being deleted goes, step by step."""

from jentry.store import deletion_steps
from jentry.upkeep.job import Work


def run(work: Work, last: int | None = None) -> None:
    """All that is asked for; or all up to the deletion `last`, which may need those before it."""
    while True:
        deletion_id = deletion_steps.next_one(work.reading())
        if deletion_id is None or (last is not None and deletion_id > last):
            return
        with work.writing() as (db, at):
            deletion_steps.step(db, deletion_id, at)
