"""The canary takes the way of all events; the heartbeat stops when something is wrong."""

import dataclasses
import json
import subprocess
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import ProxyHandler, build_opener

import factories
import pytest
from servers import command, in_thread, serving

from jentry import create_app
from jentry.settings import Settings
from jentry.store import canary as rows
from jentry.store import connection, upkeep
from jentry.upkeep import canary, heartbeat
from jentry.upkeep.job import Turn, Work

opened = build_opener(ProxyHandler({})).open


def wait_for(found):
    deadline = time.monotonic() + 30
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


@pytest.fixture
def calls():
    """A service that is called, and how often it was."""
    found = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}/ping", found


@pytest.mark.sqlite(reason="a file tells where its server is")
def test_an_event_a_minute_in_an_organization_that_nobody_sees(database, calls):
    address, called = calls
    env = {"JENTRY_CANARY": "on", "JENTRY_HEARTBEAT_URL": address}
    with serving(database, env=env, lines=2) as (_, url, printed):
        ran = wait_for(lambda: (r := upkeep.read(database).get("canary")) and r.done_at and r)
        assert (ran.failures, ran.error) == (0, None)
        wait_for(lambda: called)
        with opened(f"{url}/readyz", timeout=20) as answer:
            assert answer.status == 200
        secret = printed.rpartition("/setup/")[2].strip()
        with opened(f"{url}/setup/{secret}", timeout=20) as page:
            assert page.status == 200  # nobody has set it up
    with closing(connection.connect(database)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 1
    done = subprocess.run(
        command("org", "list", "--db", database, "--json"), capture_output=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.fixture
def work(database):
    made = Work(Settings(db=database), Turn())
    yield made
    made.close()


def test_without_a_server_it_fails(work):
    with pytest.raises(canary.Unseen):
        canary.run(work)


def test_an_organization_of_that_name_that_has_members_is_left_alone(db, work):
    with connection.transaction(db):
        org = factories.org(db, slug="jentry-canary")
        factories.user(db, org)
    with pytest.raises(canary.Unseen, match="has members"):
        canary._target(work)
    with pytest.raises(rows.Conflict):
        rows.ensure(db, "2026-06-29T12:30:00.000Z")


@pytest.mark.parametrize(
    ("ran", "status"),
    [
        (upkeep.Ran(), 200),
        (upkeep.Ran(failures=1), 200),
        (upkeep.Ran(failures=2), 503),
        (upkeep.Ran(done_at="2026-01-01T00:00:00.000Z"), 503),
    ],
)
def test_readyz_says_what_became_of_it(settings, monkeypatch, ran, status):
    monkeypatch.setattr("jentry.health.readiness.SHARED_SECONDS", -1)
    file = upkeep.place(settings.db)
    assert file.take()
    file.write({"canary": ran})
    file.close()
    for has_canary, expected in ((True, status), (False, 200)):
        app = create_app(dataclasses.replace(settings, canary=has_canary))
        assert app.test_client().get("/readyz").status_code == expected


@pytest.mark.sqlite(reason="whose disk is this machine's")
def test_the_heartbeat_is_silent_while_something_is_wrong(database, calls, work, monkeypatch):
    address, called = calls
    work.settings = dataclasses.replace(work.settings, heartbeat_url=address)
    heartbeat.run(work)
    assert called == ["/ping"]
    monkeypatch.setattr("jentry.health.machine.NO_SPACE", 2**60)
    with pytest.raises(heartbeat.Unwell, match="disk is full"):
        heartbeat.run(work)
    assert called == ["/ping"]
