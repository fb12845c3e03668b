"""Persons are looked for, and erased once that is confirmed."""

from datetime import timedelta

from jentry import clock
from jentry.store.erasure import erasing, finding, records
from jentry.upkeep.job import Work

LAPSE = timedelta(days=7)  # of what was found and never confirmed


def run(work: Work) -> None:
    for erasure_id, state in records.running(work.reading()):
        if state == "finding":
            finding.run(work, erasure_id)
        else:
            erasing.run(work, erasure_id)
    before = clock.timestamp(clock.now() - LAPSE)
    if records.lapsed(work.reading(), before):
        with work.writing() as (db, _):
            records.drop_lapsed(db, before)
