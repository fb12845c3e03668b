"""When a project gets a dictionary, what it is trained on, and that there are few of them."""

import json
import random
import threading

import factories
import pytest
from zstandard import ZstdError

from jentry.ingest import training
from jentry.store import dictionaries
from jentry.store.client_keys import config_of_key
from jentry.store.connection import transaction
from jentry.store.dictionaries import Progress
from jentry.store.payloads import pack

KEY = "a" * 32
DATA = b"head" + dictionaries.VERSION.to_bytes(4, "little")  # as far as anybody looks
LINES = [random.Random(number).randbytes(60).hex() for number in range(50)]


def payload(number):
    lines = random.Random(number).sample(LINES, k=20)
    return json.dumps({"number": number, "lines": lines}).encode()


@pytest.fixture
def project(db):
    with transaction(db):
        project_id = factories.project(db, factories.org(db))
        db.execute("DELETE FROM client_keys")
        factories.insert(
            db, "client_keys", project_id=project_id, public_key=KEY, created_at=factories.AT
        )
    return project_id


def store(db, project_id, raws, **columns):
    """An issue with these payloads; its number of events may be said to be another."""
    with transaction(db):
        issue_id = factories.issue(db, project_id, **{"event_count": len(raws)} | columns)
        for raw in raws:
            row_id = factories.event(db, issue_id)
            db.execute("UPDATE event_payloads SET data = ? WHERE id = ?", (pack(raw), row_id))


def kept(db):
    rows = db.execute("SELECT project_id, events FROM dictionaries ORDER BY id")
    return [tuple(row) for row in rows]


def version(db):
    return db.execute("SELECT config_version FROM instance").fetchone()[0]


@pytest.mark.parametrize(
    ("stored", "trained", "expected", "is_due"),
    [
        pytest.param([], [], Progress(0, 200), False, id="nothing yet"),
        pytest.param([199], [], Progress(199, 200), False, id="too few"),
        pytest.param([150, 50], [], Progress(200, 200), True, id="of all issues together"),
        pytest.param([2999], [300], Progress(2999, 3000), False, id="one is enough for long"),
        pytest.param([3000], [300], Progress(3000, 3000), True, id="ten times as many"),
        pytest.param([3000], [300, 3000], Progress(3000, 30000), False, id="the newest counts"),
    ],
)
def test_a_dictionary_is_due_at_ten_times_as_many_events(
    db, project, stored, trained, expected, is_due
):
    store(db, factories.project(db, factories.org(db)), [], event_count=10**6)  # not its own
    for events in stored:
        store(db, project, [], event_count=events)
    for events in trained:
        assert dictionaries.save(db, project, DATA, events, factories.AT)
    found = dictionaries.progress(db, project)
    assert (found, found.is_due) == (expected, is_due)


@pytest.mark.parametrize(
    ("count", "most", "number", "first", "last"),
    [
        pytest.param(0, 2000, 0, None, None, id="none"),
        pytest.param(100, 2000, 100, 99, 0, id="all of few"),
        pytest.param(700, 2000, 140, 699, 4, id="every fifth"),
        pytest.param(700, 100, 100, 699, 600, id="only the newest"),
    ],
)
def test_samples_are_spread_over_the_newest_events(
    db, project, monkeypatch, count, most, number, first, last
):
    monkeypatch.setattr(dictionaries, "NEWEST", most)
    raws = [b"%d" % n for n in range(count)]
    store(db, project, raws[: count // 2])
    store(db, project, raws[count // 2 :])
    taken = [int(raw) for raw in dictionaries.samples(db, project)]
    assert taken == sorted(taken, reverse=True)
    assert (len(taken), taken[0] if taken else None, taken[-1] if taken else None) == (
        number, first, last,
    )  # fmt: skip


def test_large_payloads_are_no_samples_and_all_together_are_bounded(db, project, monkeypatch):
    size = dictionaries.LARGEST_SAMPLE
    store(db, project, [b"a" * size, b"b" * (size + 1), b"c", b"d" * size])
    assert [raw[:1] for raw in dictionaries.samples(db, project)] == [b"d", b"c", b"a"]
    monkeypatch.setattr(dictionaries, "MOST_BYTES", size + 1)
    assert [raw[:1] for raw in dictionaries.samples(db, project)] == [b"d", b"c"]


def test_a_project_with_enough_events_gets_one_dictionary(db, database, project):
    store(db, project, [payload(number) for number in range(250)])
    before = version(db)
    assert config_of_key(db, KEY).dictionary is None
    assert training.train(database, project) == 9 * 250
    assert kept(db) == [(project, 250)]
    assert version(db) == before + 1  # every process looks its keys up again
    found = config_of_key(db, KEY).dictionary
    assert found.number == 1
    assert len(pack(payload(999), found)) < 0.9 * len(pack(payload(999)))
    assert training.train(database, project) == (2500 - 250) // 2
    assert kept(db) == [(project, 250)]


def test_a_dictionary_that_would_not_help_is_not_kept(db, database, project):
    chance = random.Random(1)
    texts = [chance.randbytes(500).hex() for _ in range(200)]
    store(db, project, [json.dumps({"message": text}).encode() for text in texts])
    before = version(db)
    assert training.train(database, project) == 9 * 200  # not before the next step
    assert (kept(db), version(db)) == ([], before)


def test_a_dictionary_that_does_not_beat_the_last_one_is_not_kept(db, database, project):
    store(db, project, [payload(number) for number in range(300)])
    training.train(database, project)
    db.execute("UPDATE issues SET event_count = 3000")
    assert training.train(database, project) == 9 * 3000
    assert kept(db) == [(project, 300)]


def test_too_few_samples_are_an_error(db, database, project):
    store(db, project, [b"{}"], event_count=200)
    with pytest.raises(ZstdError):
        training.train(database, project)
    assert kept(db) == []


def test_of_two_that_train_at_once_one_is_kept(db, database, project, monkeypatch):
    store(db, project, [payload(number) for number in range(250)])
    both = threading.Barrier(2)
    train = dictionaries.train

    def together(*args):
        both.wait(10)  # both have found that one is due
        return train(*args)

    monkeypatch.setattr(dictionaries, "train", together)
    threads = [threading.Thread(target=training.train, args=(database, project)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(db) == [(project, 250)]


def test_a_project_that_is_gone_gets_none_and_takes_its_own_along(db, project):
    other = factories.project(db, factories.org(db))
    for each in (project, other):
        assert dictionaries.save(db, each, DATA, 200, factories.AT)
    db.execute("DELETE FROM projects WHERE id = ?", (project,))
    assert not dictionaries.save(db, project, DATA, 200, factories.AT)
    assert kept(db) == [(other, 200)]
    assert dictionaries.save(db, other, DATA, 2000, factories.AT)
    numbers = [row["id"] for row in db.execute("SELECT id FROM dictionaries ORDER BY id")]
    assert numbers == [2, 3]  # an id is never used again


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_what_is_looked_up_is_found_by_an_index(db, project):
    seen = []
    db.set_trace_callback(seen.append)
    dictionaries.progress(db, project)
    dictionaries.newest(db, project)
    dictionaries.samples(db, project)
    db.set_trace_callback(None)
    plans = [r["detail"] for sql in seen for r in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan] == []
