"""A project's dictionary comes by itself, and nothing that is stored suffers from it."""

import logging
import random
import threading
import time
from contextlib import closing

import factories
import pytest
from interfaces import AsgiClient, WsgiClient
from sdk import Sdk
from zstandard import ZstdError

from jentry import create_app
from jentry.ingest import processor, training
from jentry.ingest.processor import NeedsThread, Processor
from jentry.ingest.training import LOOK, Trainer
from jentry.serving.asgi import AsgiApp
from jentry.store import checks, dictionaries, events
from jentry.store.audit import Actor
from jentry.store.dictionaries import GROWTH
from jentry.store.rows import Outcome, RateLimit, StoreResult, Submission

OVER_QUOTA = StoreResult(rate_limits=(RateLimit("quota_hour", 1),))
LINES = [random.Random(number).randbytes(60).hex() for number in range(50)]


def event(number):
    lines = random.Random(number).sample(LINES, k=20)
    return {
        "event_id": f"{number + 1:032x}",
        "message": "out of lines",
        "contexts": {"lines": {"text": "\n".join(lines)}},
    }


def send(sdk, start, end):
    for number in range(start, end):
        assert sdk.event(**event(number)).status == 200


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def used(db):
    """By event: the id of its dictionary, or None."""
    rows = db.execute("SELECT data FROM event_payloads ORDER BY id")
    return [row["data"][4] if row["data"][0] == 2 else None for row in rows]


def shown(db, number):
    """As the API reads it."""
    org_id = db.execute("SELECT org_id FROM projects").fetchone()[0]
    found = events.named(db, Actor(org_id, None, "api"), bytes.fromhex(event(number)["event_id"]))
    lines = {"text": found["contexts"]["lines"]["text"]}
    return {"event_id": found["id"], "message": found["message"], "contexts": {"lines": lines}}


def damage(db):
    return checks.problems_of(db.path)


def test_new_events_are_smaller_and_all_stay_readable(sdk, db, stored):
    send(sdk, 0, 200)
    wait_for(lambda: stored.count("dictionaries") == 1)
    send(sdk, 200, 220)
    sizes = [row[0] for row in db.execute("SELECT length(data) FROM event_payloads ORDER BY id")]
    assert sum(sizes[200:220]) < 0.5 * sum(sizes[:20])
    assert used(db) == [None] * 200 + [1] * 20
    looked_at = (0, 199, 200, 219)
    assert [shown(db, number) for number in looked_at] == [event(n) for n in looked_at]
    assert damage(db) == []


def test_a_dictionary_says_nothing_about_people(sdk, db, stored):
    told = {
        "user": {"username": "Ann Example"},
        "request": {"url": "https://shop.example/orders-of-ann"},
        "extra": {"note": "extra-of-ann"},
        "breadcrumbs": [{"message": "mail to ann@example.org", "data": {"x": "crumb-of-ann"}}],
    }
    for number in range(200):
        assert sdk.event(**event(number), **told).status == 200
    wait_for(lambda: stored.count("dictionaries") == 1)
    (data,) = db.execute("SELECT data FROM dictionaries").fetchone()
    assert LINES[0].encode() in data
    said = (b"Ann Example", b"orders-of-ann", b"extra-of-ann", b"crumb-of-ann", b"ann@example.org")
    assert [part for part in said if part in data] == []


def test_a_dictionary_of_an_older_version_is_replaced(sdk, db, project, stored):
    samples = [event(number)["contexts"]["lines"]["text"].encode() for number in range(100)]
    old = bytearray(dictionaries.train(samples, None))
    old[4:8] = (dictionaries.VERSION - 1).to_bytes(4, "little")
    db.execute(
        "INSERT INTO dictionaries (project_id, created_at, events, data) VALUES (?, '', 200, ?)",
        (project["id"], bytes(old)),
    )
    send(sdk, 0, 200)  # packed without it, and as many as a first one needs
    wait_for(lambda: stored.count("dictionaries") == 2)
    send(sdk, 200, 210)
    assert used(db) == [None] * 200 + [2] * 10
    assert damage(db) == []


def test_events_of_an_older_dictionary_stay_readable(sdk, db, project):
    send(sdk, 0, 3)
    for number in (1, 2):
        lines = LINES[10 * number : 10 * number + 30]
        samples = ["\n".join(random.Random(n).sample(lines, k=20)).encode() for n in range(100)]
        data = dictionaries.train(samples, None)
        assert dictionaries.save(db, project["id"], data, GROWTH ** (number + 1), "")
        send(sdk, 3 * number, 3 * number + 3)
    assert used(db) == [None, None, None, 1, 1, 1, 2, 2, 2]
    assert [shown(db, number) for number in range(9)] == [event(number) for number in range(9)]


def test_keys_of_a_project_share_its_dictionary_and_few_are_remembered(
    settings, db, project, monkeypatch
):
    samples = [event(number)["contexts"]["lines"]["text"].encode() for number in range(100)]
    dictionaries.save(db, project["id"], dictionaries.train(samples, None), 200, "")
    keys = [f"{number:032x}" for number in range(3)]
    for key in keys:
        factories.key(db, project["id"], public_key=key)
    monkeypatch.setattr(processor, "REMEMBERED", 2)
    with closing(Processor(settings)) as processed:
        first, second = (processed.config(key, in_loop=False).dictionary for key in keys[:2])
        assert first is second
        assert first.number == 1
        assert processed.config(keys[0], in_loop=True).dictionary is first
        processed.config(keys[2])
        with pytest.raises(NeedsThread):  # it would have to be looked up again
            processed.config(keys[0], in_loop=True)


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        pytest.param(ZstdError("too few"), [], id="payloads too much alike: nobody's business"),
        pytest.param(OSError("disk"), ["ERROR"], id="what should not happen is logged"),
    ],
)
def test_when_training_fails_events_are_stored_and_it_is_tried_again(
    sdk, db, stored, monkeypatch, caplog, error, logged
):
    tried = []
    train = dictionaries.train

    def failing(*args):
        tried.append(None)
        if len(tried) == 1:
            raise error
        return train(*args)

    monkeypatch.setattr(dictionaries, "train", failing)
    with caplog.at_level(logging.INFO):
        send(sdk, 0, 200)
        wait_for(lambda: len(tried) == 1)
        send(sdk, 200, 400)
        wait_for(lambda: stored.count("dictionaries") == 1)
    assert [record.levelname for record in caplog.records] == logged
    assert (stored.count("events"), damage(db)) == (400, [])


@pytest.mark.parametrize(
    ("front_of", "app_of"),
    [
        pytest.param(WsgiClient, create_app, id="wsgi"),
        pytest.param(AsgiClient, AsgiApp, id="asgi"),
    ],
)
def test_stopping_while_it_trains_loses_nothing(
    front_of, app_of, settings, project, db, stored, monkeypatch
):
    is_training, may_go_on = threading.Event(), threading.Event()
    train = dictionaries.train

    def slow(*args):
        is_training.set()
        assert may_go_on.wait(10)
        return train(*args)

    monkeypatch.setattr(dictionaries, "train", slow)
    client = front_of(app_of(settings))
    sdk = Sdk(client)
    send(sdk, 0, 200)
    assert is_training.wait(10)
    send(sdk, 200, 250)  # it holds no lock
    assert stored.count("events") == 250
    stopping = threading.Thread(target=client.close)
    stopping.start()
    may_go_on.set()
    stopping.join(10)
    assert not stopping.is_alive()
    assert (stored.count("events"), stored.count("dictionaries"), damage(db)) == (250, 1, [])


def submission(project_id=7, count=1):
    return Submission(project_id, 1, 1, "", events=[None] * count, outcomes=[Outcome("error", "x")])


@pytest.mark.parametrize(
    ("notes", "looks"),
    [
        pytest.param([(submission(), StoreResult())] * (LOOK - 1), [], id="not yet"),
        pytest.param([(submission(), StoreResult())] * LOOK, [7], id="now"),
        pytest.param([(submission(count=LOOK), StoreResult())], [7], id="several in a submission"),
        pytest.param([(submission(count=0), StoreResult())] * LOOK, [], id="without events"),
        pytest.param(
            [(submission(), StoreResult(is_stale=True))] * LOOK, [], id="not stored: stale"
        ),
        pytest.param([(submission(), OVER_QUOTA)] * LOOK, [], id="not stored: quota"),
        pytest.param([(submission(), OSError())] * LOOK, [], id="not stored: failed"),
        pytest.param(
            [(submission(8), StoreResult()), (submission(9), StoreResult())] * LOOK,
            [8, 9],
            id="each project",
        ),
    ],
)
def test_the_database_is_looked_at_after_so_many_stored_events(database, monkeypatch, notes, looks):
    seen = []
    monkeypatch.setattr(training, "train", lambda *args: seen.append(args) or LOOK)
    trainer = Trainer(database)
    for each, result in notes:
        trainer.note([each], [result])
    wait_for(lambda: len(seen) == len(looks))
    trainer.close()
    assert seen == [(database, project_id) for project_id in looks]


def test_each_look_says_when_the_next_one_is_worth_it(database, monkeypatch):
    seen = []
    monkeypatch.setattr(training, "train", lambda *args: seen.append(args) or 2 * LOOK)
    trainer = Trainer(database)
    for count, looks in ((LOOK, 1), (2 * LOOK - 1, 1), (1, 2)):
        trainer.note([submission(count=count)], [StoreResult()])
        wait_for(lambda looks=looks: len(seen) == looks)
        trainer.close()  # which waits; it may be used again
    assert len(seen) == 2
