"""The event loop's writer: the same promises as the thread's, without a thread of its own."""

import asyncio
from concurrent.futures import Future

import pytest

from jentry.ingest import loop_writer
from jentry.ingest.loop_writer import LoopWriter
from jentry.store import connection
from jentry.store.connection import transaction
from jentry.store.rows import Outcome, StoreResult, Submission


@pytest.fixture
def submission(db, project):
    version = db.execute("SELECT config_version FROM instance").fetchone()[0]

    def make(category="error", outcome="accepted"):
        outcomes = [Outcome(category, outcome)]
        return Submission(7, 1, version, "2026-11-20T10:00:00.000Z", outcomes=outcomes)

    return make


def run(database, work):
    """`work(writer)` in an event loop of its own; then the writer is closed."""

    async def main():
        writer = LoopWriter(database, asyncio.get_running_loop())
        try:
            return await work(writer)
        finally:
            await writer.close()

    return asyncio.run(main())


async def submit_all(writer, submissions):
    futures = [asyncio.get_running_loop().create_future() for _ in submissions]
    for each, future in zip(submissions, futures, strict=True):
        writer.submit(each, future)
    return await asyncio.gather(*futures, return_exceptions=True)


def quantities(db):
    return {
        row["category"]: row["quantity"]
        for row in db.execute("SELECT category, quantity FROM outcome_hours")
    }


@pytest.mark.parametrize("slow", [False, True], ids=["in the loop", "in the thread"])
def test_what_is_answered_is_committed(database, submission, db, monkeypatch, slow):
    if slow:
        monkeypatch.setattr(loop_writer, "SLOW", 0.0)  # every batch from the second on
    count = 3 * loop_writer.BATCH + 1
    results = run(database, lambda writer: submit_all(writer, [submission() for _ in range(count)]))
    assert results == [StoreResult()] * count
    assert quantities(db) == {"error": count}


def test_only_what_stays_slow_is_left_to_the_thread_for_long():
    seconds, found = 0.0, []
    for took in (0.01, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.01, 0.2):
        seconds = loop_writer.seconds_in_thread(took, seconds)
        found.append(seconds)
    assert found == [0, 0.5, 1, 2, 4, 8, 10, 10, 0, 0.5]


def test_a_parcel_that_cannot_be_stored_fails_alone(database, submission, db):
    submissions = [submission("a"), submission("bad", "purple"), submission("b")]
    results = run(database, lambda writer: submit_all(writer, submissions))
    assert results[0] == results[2] == StoreResult()
    assert isinstance(results[1], connection.errors())
    assert quantities(db) == {"a": 1, "b": 1}


def test_a_commit_that_fails_is_tried_again_and_nothing_is_counted_twice(
    database, submission, db, monkeypatch
):
    class Failing:
        def __init__(self, db, *, patience):
            self.whole = transaction(db, patience=patience)

        def __enter__(self):
            return self.whole.__enter__()

        def __exit__(self, *_):
            self.whole.__exit__(OSError, OSError("disk"), None)  # rolls back
            raise OSError("disk")

    monkeypatch.setattr(loop_writer, "transaction", Failing)
    assert run(database, lambda writer: submit_all(writer, [submission()])) == [StoreResult()]
    assert quantities(db) == {"error": 1}


def test_while_another_writes_the_loop_goes_on(database, submission, db):
    async def work(writer):
        with transaction(db):
            waiting = asyncio.ensure_future(submit_all(writer, [submission()]))
            for _ in range(5):
                await asyncio.sleep(0.01)  # the loop turns
            assert not waiting.done()
        return await waiting

    assert run(database, work) == [StoreResult()]
    assert quantities(db) == {"error": 1}


def test_other_threads_can_wait_for_a_commit(database, submission, db):
    async def work(writer):
        return await asyncio.to_thread(writer.store, submission())

    assert run(database, work) == StoreResult()
    assert quantities(db) == {"error": 1}


def test_closing_commits_what_waits(database, submission, db):
    future = Future()

    async def work(writer):
        writer.submit(submission(), future)

    run(database, work)
    assert future.result(0) == StoreResult()
    assert quantities(db) == {"error": 1}
