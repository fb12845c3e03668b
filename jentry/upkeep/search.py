"""Old events become searchable; what the search knows of issues that are gone goes too."""

from jentry.store import scopes, search_fill, traces
from jentry.upkeep.job import Work

ROWS = 500  # in a transaction


def fill(work: Work) -> None:
    """From where it was. Ends when it is done, or was switched off."""
    while True:
        state = search_fill.state(work.reading())
        if not state["is_on"] or not state["left"]:
            return
        events, until = search_fill.read(work.reading(), state["left"])
        about = scopes.of_projects({event.project_id for event in events})
        with work.writing(about) as (db, _):
            search_fill.write(db, events, until)


def sweep(work: Work) -> None:
    _sweep_people(work)
    _sweep_facets(work)
    _sweep_traces(work)


def _sweep_people(work: Work) -> None:
    last: search_fill.Person | None = (b"", 0)
    while last is not None:
        found, last = search_fill.orphans(work.reading(), last)
        for start in range(0, len(found), ROWS):
            with work.writing() as (db, _):
                search_fill.drop_orphans(db, found[start : start + ROWS])


def _sweep_facets(work: Work) -> None:
    last: int | None = 0
    while last is not None:
        found, last = search_fill.unused_facets(work.reading(), last)
        for start in range(0, len(found), ROWS):
            with work.writing() as (db, _):
                search_fill.drop_facets(db, found[start : start + ROWS])


def _sweep_traces(work: Work) -> None:
    last: int | None = -1
    while last is not None:
        found, last = traces.stale(work.reading(), last)
        for start in range(0, len(found), ROWS):
            with work.writing() as (db, _):
                traces.drop(db, found[start : start + ROWS])
