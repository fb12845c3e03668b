"""One process of several runs the jobs; a run that fails or hangs is no other's business."""

import logging
import threading
import time
from itertools import pairwise

import pytest

from jentry.settings import Settings
from jentry.store import connection, upkeep
from jentry.upkeep import keeper as module
from jentry.upkeep.job import Job
from jentry.upkeep.keeper import Keeper


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def begin(database, monkeypatch):
    """Start a keeper with these jobs in a thread."""
    monkeypatch.setattr(module, "TICK", 0.01)
    started = []

    def start(*jobs):
        keeper = Keeper(Settings(db=database), jobs)
        thread = threading.Thread(target=keeper.run)
        thread.start()
        started.append((keeper, thread))
        return keeper, thread

    yield start
    for keeper, thread in started:
        keeper.stop()
        thread.join(20)


def test_one_of_several_works_and_another_follows(begin, database):
    ran = {"a": 0, "b": 0}

    def count(name):
        ran[name] += 1

    first, thread = begin(Job("x", lambda _: count("a"), every=0.01))
    wait_for(lambda: ran["a"] > 3)
    begin(Job("x", lambda _: count("b"), every=0.01))
    seen = ran["a"]
    wait_for(lambda: ran["a"] > seen + 3)
    assert ran["b"] == 0
    assert upkeep.is_looked_after(database)
    first.stop()
    thread.join(20)
    wait_for(lambda: ran["b"] > 3)


@pytest.mark.sqlite(reason="it has a file for it")
def test_whose_file_was_removed_stops_and_may_begin_again(begin, database):
    ran = []
    begin(Job("x", lambda _: ran.append(1), every=0.01))
    wait_for(lambda: ran)
    (database.parent / "jentry.db.upkeep").unlink()
    seen = len(ran)
    wait_for(lambda: len(ran) > seen + 3)
    assert upkeep.is_looked_after(database)


def test_a_failing_job_is_logged_in_a_line_and_stops_no_other(begin, database, caplog):
    ran = []

    def fail(work):
        raise ValueError("of no\nuse")

    with caplog.at_level(logging.ERROR):
        begin(Job("broken", fail), Job("other", lambda _: ran.append(1), every=0.01))
        wait_for(lambda: len(ran) > 5)
        wait_for(lambda: "broken" in upkeep.read(database))
    (line,) = [r.getMessage() for r in caplog.records]
    assert line.startswith(
        "upkeep job=broken failed, next try in 10 s: ValueError: of no use (test_keeper.py:"
    )
    told = upkeep.read(database)["broken"]
    assert (told.failures, told.done_at) == (1, None)
    assert told.error == line.partition(" s: ")[2]


def test_a_job_that_waits_holds_nobody_up_and_stops_when_told(begin):
    ran, ended = [], threading.Event()

    def sleep(work):
        try:
            work.pause(3600)
        finally:
            ended.set()

    keeper, thread = begin(Job("slow", sleep), Job("other", lambda _: ran.append(1), every=0.01))
    wait_for(lambda: len(ran) > 5)
    keeper.stop()
    thread.join(20)
    assert ended.is_set()


def test_chunks_of_all_jobs_take_turns_with_rests(begin, database):
    """Another writer gets the lock between any two."""
    held = []

    def write(work):
        for _ in range(20):
            with work.writing() as (db, at):
                began = time.monotonic()
                db.execute("UPDATE instance SET proved_at = ?", (at,))
                time.sleep(0.01)
            held.append((began, began + 0.01))

    begin(*(Job(name, write, every=3600) for name in "abc"))
    wait_for(lambda: len(held) == 60)
    held.sort()
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(held)]
    assert min(gaps) > 0.008


@pytest.mark.sqlite(reason="it looks into the file")
def test_what_upkeep_deletes_is_gone_from_the_file(begin, database):
    done = []

    def write(work):
        with work.writing() as (db, _):
            db.execute("UPDATE instance SET setup_sha256 = ?", ("findme" * 9,))
        with work.writing() as (db, _):
            db.execute("UPDATE instance SET setup_sha256 = NULL")
        done.append(1)

    begin(Job("x", write))
    wait_for(lambda: done)
    db = connection.connect(database, write=True)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert b"findme" not in database.read_bytes()


def test_choosing_cannot_write(begin, database):
    seen = []

    def write(work):
        with pytest.raises(connection.errors(), match=r"read-?only"):
            work.reading().execute("UPDATE instance SET proved_at = NULL")
        seen.append(1)

    begin(Job("x", write))
    wait_for(lambda: seen)


@pytest.mark.sqlite(reason="it has a file for it")
def test_a_damaged_state_is_no_state(database):
    for text in (b"", b"{", b'{"jobs": 3}', b'{"jobs": {"x": {"y": 1}}}', b"\xff"):
        (database.parent / "jentry.db.upkeep").write_bytes(text)
        assert upkeep.read(database) == {}
    (database.parent / "jentry.db.upkeep").write_bytes(b'{"jobs": {"x": {"failures": 2}}} old tail')
    assert upkeep.read(database)["x"].failures == 2
