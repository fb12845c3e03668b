"""What monitoring asks: does the process serve, and can it write?"""

import shutil

import pytest
from refusals import refuse

from jentry.health import readiness
from jentry.store import lock


@pytest.fixture
def unshared(monkeypatch):
    """Each request has an answer of its own."""
    monkeypatch.setattr("jentry.health.readiness.SHARED_SECONDS", -1)


def test_health_is_ok_while_it_serves_and_ready_while_it_can_write(client, db, unshared):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ok\n")
    refuse(db, "UPDATE", "instance", "the words of /var/lib/jentry.db")
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (
        503,
        "Events cannot be stored: the database refuses; the server's log says why.\n",
    )
    assert client.get("/healthz").status_code == 200


@pytest.mark.sqlite(reason="a file has one writer")
def test_not_ready_is_said_in_time_while_a_write_does_not_end(
    client, database, monkeypatch, unshared
):
    monkeypatch.setattr("jentry.health.readiness.PATIENCE", 0.05)
    with lock.write_lock(database):
        response = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert response.status_code == 503
    assert response.text == "Events cannot be stored: another write takes too long.\n"
    assert int(response.headers["Retry-After"]) > 0
    assert client.get("/readyz").status_code == 200


def test_who_asks_within_a_second_shares_one_look_that_changes_something(client, db, monkeypatch):
    monkeypatch.setattr(readiness, "_latest", readiness._Latest())

    def proved():
        return db.execute("SELECT proved_at FROM instance").fetchone()[0]

    assert [client.get("/readyz").status_code, proved() is None] == [200, False]
    first = proved()
    assert [client.get("/readyz").status_code, proved()] == [200, first]


@pytest.mark.sqlite(reason="a server's disk is not this machine's")
def test_not_ready_without_space(client, monkeypatch, unshared):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (
        503,
        "Events cannot be stored: the disk is full: 0 MiB free, 16 MiB needed.\n",
    )
