"""What was sent is stored once, whatever becomes of the answer to the commit."""

from contextlib import closing

import pytest
from interfaces import AsgiClient, WsgiClient
from postgres import execute
from sdk import KEY, Sdk

from jentry import clock, create_app
from jentry.ingest import outage
from jentry.serving.asgi import AsgiApp
from jentry.settings import Settings
from jentry.store import connection, orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction

# What becomes of the first commits: a sequence counts on, whether they hold or not.
COMMITS = """
    CREATE SEQUENCE commits;
    CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF nextval('commits') <= {times} THEN {how}; END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON session_hours
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose()
"""
STOPPED = "PERFORM pg_terminate_backend(pg_backend_pid())"  # nothing is committed
UNCONFIRMED = "RAISE WARNING 'canceling wait for synchronous replication'"  # all is, here
REFUSED = "RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'"


def sessions():
    started = clock.timestamp(clock.now())
    counts = {"started": started, "exited": 5, "errored": 2}
    return "sessions", {"attrs": {"release": "1.0"}, "aggregates": [counts]}


@pytest.fixture
def db(address):
    with closing(connection.connect(address, write=True)) as db:
        with transaction(db) as at:
            actor = Actor(orgs.create(db, "Acme", None, at, "cli")["id"], None, "cli")
            projects.create(db, actor, "Shop", None, "python", at, 7, KEY)
        yield db


@pytest.fixture(params=["wsgi", "asgi"])
def client(request, address, db):
    settings = Settings(db=address, url="http://jentry.test")
    app = WsgiClient(create_app(settings)) if request.param == "wsgi" else None
    client = app or AsgiClient(AsgiApp(settings))
    yield client
    client.close()


def counted(db):
    return db.execute("SELECT coalesce(sum(sessions), 0) FROM session_hours").fetchone()[0]


@pytest.mark.parametrize(
    ("how", "times"),
    [(STOPPED, 1), (STOPPED, 2), (UNCONFIRMED, 1), (REFUSED, 1)],
    ids=["stopped", "stopped twice", "unconfirmed", "refused"],
)
def test_what_has_no_identity_is_counted_once(client, address, db, how, times):
    execute(address, COMMITS.format(how=how, times=times))
    assert Sdk(client).envelope(sessions()).status == 200
    assert counted(db) == 7


def test_a_server_that_does_not_come_back_is_waited_for_only_so_long(
    client, address, db, monkeypatch
):
    monkeypatch.setattr(outage, "REPEATED", 0.3)
    execute(address, COMMITS.format(how=STOPPED, times=99))
    answer = Sdk(client).envelope(sessions())
    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert counted(db) == 0
