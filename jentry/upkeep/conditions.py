"""Ignored issues whose time has run out are unresolved again."""

from jentry import clock
from jentry.store import conditions, scopes
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    while project_ids := conditions.due_in(work.reading(), clock.timestamp(clock.now())):
        for project_id in project_ids:
            with work.writing(scopes.of_projects([project_id])) as (db, at):
                conditions.end_those_due(db, project_id, at)
