"""A file that may not grow any more: told at the door, and over as soon as there is room."""

import json
import os
from contextlib import closing

import factories
import pytest

from jentry.settings import Settings
from jentry.store import connection, disk, usage
from jentry.upkeep import budget
from jentry.upkeep.job import Turn, Work

pytestmark = pytest.mark.sqlite(reason="it bounds the file")

MIB = 1024 * 1024
FULL = "the disk budget is full"


@pytest.fixture
def send(client, db):
    project = factories.project(db, factories.org(db))
    (key,) = db.execute("SELECT public_key FROM client_keys").fetchone()

    def send():
        event_id = os.urandom(16)
        event = {"message": "it broke", "extra": {"noise": os.urandom(20_000).hex()}}
        body = json.dumps({"event_id": event_id.hex()} | event)
        answer = client.post(f"/api/{project}/store/?sentry_key={key}", data=body)
        return answer, event_id

    return send


def pages(db):
    return db.execute("PRAGMA page_count").fetchone()[0]


def until_full(send):
    """The ids that were acknowledged before, and the answer that was not 200."""
    stored = []
    for _ in range(300):
        answer, event_id = send()
        if answer.status_code != 200:
            return stored, answer
        stored.append(event_id)
    raise AssertionError("it grows without an end")


def test_a_file_at_its_bound_is_told_and_recovers(client, db, send, monkeypatch):
    monkeypatch.setattr("jentry.health.readiness.SHARED_SECONDS", -1.0)
    with connection.transaction(db):
        usage.set_most_pages(db, pages(db) + 200)
    stored, answer = until_full(send)
    assert (answer.status_code, answer.json["detail"]) == (503, FULL)
    assert answer.headers["X-Sentry-Error"] == FULL
    assert int(answer.headers["Retry-After"]) > 0
    ready = client.get("/readyz")
    assert (ready.status_code, FULL in ready.text) == (503, True)
    assert client.get("/healthz").status_code == 200
    found = {row["event_id"] for row in db.execute("SELECT event_id FROM events")}
    assert found == set(stored)
    with connection.transaction(db):
        db.execute("DELETE FROM events WHERE id <= (SELECT max(id) - 5 FROM events)")
    answer, event_id = send()
    assert answer.status_code == 200
    assert client.get("/readyz").status_code == 200
    assert db.execute("SELECT 1 FROM events WHERE event_id = ?", (event_id,)).fetchone()


def test_a_bound_that_is_out_of_date_is_lifted(database, db, send):
    with connection.transaction(db):
        usage.set_most_pages(db, pages(db) + 100)
    until_full(send)
    settings = Settings(db=database, disk_budget=str(64 * MIB), disk_reserve=8 * MIB)
    with closing(Work(settings, Turn())) as work:
        budget.run(work)
    assert usage.most_pages(db) == disk.measure(db, str(64 * MIB), 8 * MIB).most_pages
    assert send()[0].status_code == 200
