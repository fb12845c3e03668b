"""What keeps a database on a server from being used is one sentence, and passes by itself."""

import sys
import threading
import time
from contextlib import closing, suppress

import pytest
from click.testing import CliRunner
from interfaces import AsgiClient, WsgiClient
from postgres import execute
from sdk import KEY, Sdk

from jentry import create_app
from jentry.cli import main
from jentry.ingest import outage, writer
from jentry.serving.asgi import AsgiApp
from jentry.settings import Settings
from jentry.store import connection, orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.engines import drivers
from jentry.store.engines.errors import Busy, Unusable
from jentry.store.engines.scope import EVERYTHING, Org, Projects

pytest.importorskip("psycopg")

import psycopg

from jentry.store.engines.postgres import connection as postgresql
from jentry.store.engines.postgres import lease

ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
OTHERS = f"{ALL} AND pid <> pg_backend_pid()"


@pytest.fixture
def db(address):
    with closing(connection.connect(address, write=True)) as db:
        with transaction(db) as at:
            org = orgs.create(db, "Acme", None, at, "cli")
            projects.create(db, Actor(org["id"], None, "cli"), "Shop", None, "python", at, 7, KEY)
        yield db


@pytest.fixture(params=["wsgi", "asgi"])
def client(request, address, db):
    settings = Settings(db=address, url="http://jentry.test")
    app = WsgiClient(create_app(settings)) if request.param == "wsgi" else None
    client = app or AsgiClient(AsgiApp(settings))
    yield client
    client.close()


def test_connections_that_the_server_has_ended_are_made_anew(client, address):
    sdk = Sdk(client)
    assert sdk.event(message="one").status == 200
    execute(address, OTHERS)
    answers = [sdk.event(message="two") for _ in range(2)]
    assert answers[-1].status == 200
    with closing(connection.connect(address)) as reader:
        stored = reader.execute("SELECT count(*) FROM events").fetchone()[0]
    assert stored == 1 + sum(answer.status == 200 for answer in answers)


def test_while_there_is_no_database_events_are_refused_for_now(client, address, monkeypatch):
    monkeypatch.setattr(outage, "REPEATED", 0.3)
    sdk = Sdk(client)
    assert sdk.event(message="one").status == 200
    name = address.split("/")[3].partition("?")[0]
    execute(None, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    execute(None, f"{ALL.replace('current_database()', repr(name))}")
    answer = sdk.event(message="two")
    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (503, True)
    execute(None, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert sdk.event(message="three").status == 200


@pytest.mark.parametrize("is_soon", [False, True])
def test_a_worker_that_begins_while_there_is_no_database_answers_when_there_is(
    address, db, is_soon, monkeypatch
):
    """It has the key of a DSN to look up."""
    if not is_soon:
        monkeypatch.setattr(outage, "REPEATED", 0.3)
    settings = Settings(db=address, url="http://jentry.test")
    name = address.split("/")[3].partition("?")[0]
    db.close()
    for make in (lambda: WsgiClient(create_app(settings)), lambda: AsgiClient(AsgiApp(settings))):
        execute(None, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        allowed = (None, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        with closing(make()) as client:
            if is_soon:
                later = threading.Timer(0.5, execute, allowed)
                later.start()
                assert Sdk(client).event(message="one").status == 200
                later.join()
            else:
                assert Sdk(client).event(message="one").status == 503
                execute(*allowed)
            assert Sdk(client).event(message="two").status == 200


def test_who_is_gone_without_a_word_keeps_others_waiting_only_so_long(client, address, monkeypatch):
    """As when a machine loses its power: the database's server is not told."""
    monkeypatch.setattr(postgresql, "WRITES_IDLE", 1)
    monkeypatch.setattr(writer, "PATIENCE", 0.1)
    with closing(connection.connect(address, write=True)) as gone:
        holding = transaction(gone, Projects((7,)))
        holding.__enter__()
        assert Sdk(client).event(message="one").status == 200
        with pytest.raises(Unusable):
            holding.__exit__(None, None, None)


def test_who_stands_still_while_it_sends_is_ended_by_who_would_look_after_the_database(
    client, address, monkeypatch
):
    """PostgreSQL takes a pipeline that is not at its end for a client that is busy."""
    monkeypatch.setattr(lease, "STOPPED", lease.STOPPED.replace("'10 seconds'", "'0.1 seconds'"))
    with (
        closing(connection.connect(address, write=True)) as still,
        closing(connection.connect(address)) as reader,
        closing(lease.Lease(address)) as other,
    ):
        reader.execute("BEGIN")
        holding = transaction(still, Projects((7,)))
        holding.__enter__()
        with suppress(psycopg.Error), still.own.pipeline():
            still.own.execute("SELECT 1")
            time.sleep(0.3)
            assert other.take()
            assert Sdk(client).event(message="one").status == 200
        with pytest.raises(Unusable):
            holding.__exit__(None, None, None)
        assert reader.execute("SELECT count(*) FROM events").fetchone()[0] == 1


@pytest.mark.parametrize(
    ("held", "wanted", "waits"),
    [
        (Projects((7,)), Projects((7,)), True),
        (Projects((7,)), Projects(()), False),
        (Org(1), Projects((7,)), True),
        (Org(1), Projects(()), False),
        (EVERYTHING, Projects(()), True),
        (Projects(()), EVERYTHING, True),
    ],
)
def test_who_writes_to_the_same_waits(address, db, held, wanted, waits):
    with closing(connection.connect(address, write=True)) as other, transaction(db, held):
        try:
            with transaction(other, wanted, patience=0.05):
                pass
        except Busy:
            assert waits
        else:
            assert not waits


def test_a_commit_that_no_standby_has_confirmed_is_an_error(db):
    """A check that waits for the commit warns as the server does when the wait is cancelled."""
    db.execute(
        "CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$"
    )
    db.execute(
        "CREATE CONSTRAINT TRIGGER warn AFTER UPDATE ON organizations "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()"
    )
    with transaction(db):
        db.execute("UPDATE projects SET name = 'x'")
    with pytest.raises(Unusable, match="no standby"), transaction(db):
        db.execute("UPDATE organizations SET name = 'x'")


def test_without_its_driver_an_address_is_refused(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(drivers.POSTGRES)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = CliRunner().invoke(main, ["check", "--db", "postgresql://nowhere.invalid/x"])
    assert (done.exit_code, done.stderr) == (
        1,
        "Cannot use the database: its driver is not installed: "
        "pip install 'jentry-server[postgres]'.\n",
    )


def test_a_server_that_is_not_there_is_one_sentence():
    done = CliRunner().invoke(main, ["check", "--db", "postgresql://u@127.0.0.1:1/x"])
    assert (done.exit_code, done.stderr) == (
        1, "Cannot use the database: the database server cannot be reached.\n",
    )  # fmt: skip
