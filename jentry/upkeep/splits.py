"""Events follow hashes that were split off an issue; what it is found by follows them."""

from jentry.ingest.stored import said
from jentry.store import reindexing, scopes, splitting
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    """From where it was; each step says in its own transaction how far it is."""
    while (step := splitting.next_step(work.reading())) is not None:
        events = (*step.events, *filter(None, [step.latest]))
        told = said(work.reading(), step.project_id, events)
        with work.writing(scopes.of_projects([step.project_id])) as (db, _):
            splitting.write(db, step, told)
    while _reindex(work):
        pass


def _reindex(work: Work) -> bool:
    """Of the next issues that events have left. False when there is none, or events are moved."""
    readings = reindexing.begin(work.reading())
    if not readings:
        return False
    for reading in readings:
        while reindexing.read(work.reading(), reading):
            pass
    after: tuple[bytes, int] | None = (b"", 0)
    while after is not None:
        after = reindexing.read_people(work.reading(), readings, after)
    about = scopes.of_issues(work.reading(), [reading.issue_id for reading in readings])
    with work.writing(about) as (db, _):
        return reindexing.write(db, readings)
