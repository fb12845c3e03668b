"""Events follow hashes that were split off an issue."""

from jentry.ingest.stored import said
from jentry.store import splitting
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    """From where it was; each step says in its own transaction how far it is."""
    while (step := splitting.next_step(work.reading())) is not None:
        events = (*step.events, *filter(None, [step.latest]))
        told = said(work.reading(), step.project_id, events)
        with work.writing() as (db, _):
            splitting.write(db, step, told)
