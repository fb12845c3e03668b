"""Ignored issues whose time has run out are unresolved again."""

from jentry import clock
from jentry.store import conditions
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    while conditions.are_due(work.reading(), clock.timestamp(clock.now())):
        with work.writing() as (db, at):
            conditions.end_those_due(db, at)
