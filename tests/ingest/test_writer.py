"""The writer thread: it survives whatever fails, and every waiter gets an answer."""

import threading
from concurrent.futures import Future

import pytest

from jentry.errors import TooManyRequests
from jentry.ingest import writer as module
from jentry.ingest.writer import Writer
from jentry.store import connection
from jentry.store.rows import Outcome, StoreResult, Submission


@pytest.fixture
def submission(db, project):
    version = db.execute("SELECT config_version FROM instance").fetchone()[0]

    def make(category="error"):
        outcomes = [Outcome(category, "accepted")]
        return Submission(7, 1, version, "2026-11-20T10:00:00.000Z", outcomes=outcomes)

    return make


@pytest.fixture
def writer(database):
    writer = Writer(database)
    yield writer
    writer.close()


def quantities(db):
    return {
        row["category"]: row["quantity"]
        for row in db.execute("SELECT category, quantity FROM outcome_hours")
    }


def test_many_threads_are_served_and_all_is_committed_before_they_go_on(writer, submission, db):
    def work(number):
        for _ in range(20):
            assert writer.store(submission()) == StoreResult()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert quantities(db) == {"error": 160}


def test_a_parcel_that_cannot_be_stored_fails_alone(writer, submission, db):
    bad = submission()
    bad.outcomes[0].outcome = "purple"  # refused by a CHECK
    waiting = [(submission("a"), Future()), (bad, Future()), (submission("b"), Future())]
    with connection.transaction(db):  # the three meet in one batch
        writer.submit(submission("first"), Future())
        for each, future in waiting:
            writer.submit(each, future)
    assert waiting[0][1].result(5) == waiting[2][1].result(5) == StoreResult()
    with pytest.raises(connection.errors()):
        waiting[1][1].result(5)
    assert quantities(db) == {"first": 1, "a": 1, "b": 1}


def test_closing_commits_what_waits_and_a_later_submit_starts_again(writer, submission, db):
    futures = [Future() for _ in range(5)]
    for future in futures:
        writer.submit(submission(), future)
    writer.close()
    assert [future.result(0) for future in futures] == [StoreResult()] * 5
    assert writer.store(submission()) == StoreResult()
    assert quantities(db) == {"error": 6}


def test_closing_while_others_submit_leaves_nobody_waiting(writer, submission, db):
    def work():
        for _ in range(30):
            assert writer.store(submission()) == StoreResult()
            writer.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert quantities(db) == {"error": 180}


def test_a_file_that_cannot_be_opened_is_an_error_for_each_and_not_for_ever(
    writer, submission, db, monkeypatch
):
    def broken(*_, **__):
        raise OSError("no such disk")

    with monkeypatch.context() as patch:
        patch.setattr(module, "open_database", broken)
        with pytest.raises(OSError, match="no such disk"):
            writer.store(submission())
    assert writer.store(submission()) == StoreResult()


def test_a_waiter_that_left_does_not_disturb_the_others(writer, submission, db):
    gone = Future()
    gone.cancel()
    writer.submit(submission(), gone)
    assert writer.store(submission()) == StoreResult()
    assert quantities(db) == {"error": 2}


@pytest.mark.parametrize("bound", ["MAX_WAITING", "MAX_WAITING_BYTES"])
def test_too_much_that_waits_is_refused(writer, submission, db, monkeypatch, bound):
    monkeypatch.setattr(module, bound, 1)
    accepted = []

    def fill():  # one is being written, one waits
        for _ in range(4):
            future = Future()
            writer.submit(submission(), future)
            accepted.append(future)

    with connection.transaction(db), pytest.raises(TooManyRequests):
        fill()
    assert len(accepted) in (1, 2)
    assert [future.result(5) for future in accepted] == [StoreResult()] * len(accepted)
