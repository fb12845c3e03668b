"""Artifacts that go: a day after an upload was given up, some time after their last use, and the
least recently used when they take more than they may. None goes within a day.
"""

from datetime import timedelta

from jentry import clock
from jentry.store import artifact_eviction, upload_chunks
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    if not work.trusts_clock:
        return
    a_day_ago = _before(1)
    while ids := upload_chunks.old(work.reading(), a_day_ago):
        with work.writing() as (db, _):
            upload_chunks.delete_old(db, ids, a_day_ago)
    _bundles(work, a_day_ago)
    while ids := artifact_eviction.unused_contents(work.reading(), a_day_ago):
        with work.writing() as (db, _):
            artifact_eviction.delete_contents(db, ids, a_day_ago)


def _bundles(work: Work, a_day_ago: str) -> None:
    old = _before(work.settings.artifact_days)
    while (found := artifact_eviction.next_unowned(work.reading(), a_day_ago)) is not None:
        _delete(work, found)
    while (found := artifact_eviction.next_old(work.reading(), old)) is not None:
        _delete(work, found)
    while artifact_eviction.surplus(work.reading(), work.settings.artifact_bytes):
        found = artifact_eviction.next_old(work.reading(), a_day_ago)
        if found is None:
            return
        _delete(work, found)


def _delete(work: Work, bundle_id: int) -> None:
    with work.writing() as (db, _):
        artifact_eviction.hide(db, bundle_id)
    is_gone = False
    while not is_gone:
        work.check()
        with work.writing() as (db, _):
            is_gone = artifact_eviction.delete_files(db, bundle_id)


def _before(days: int) -> str:
    return clock.timestamp(clock.now() - timedelta(days=days))
