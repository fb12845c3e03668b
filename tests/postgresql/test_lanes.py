"""A project that is written to for long keeps no other lane of a server waiting."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from interfaces import AsgiClient
from sdk import lines

from jentry.ingest.lanes import LANES
from jentry.serving.asgi import AsgiApp
from jentry.settings import Settings
from jentry.store import connection, orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.engines.scope import Projects

FIRST = 1  # project; those after it are in the other lanes
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def key(project):
    return f"{project:032x}"


@pytest.fixture
def db(address):
    with closing(connection.connect(address, write=True)) as db:
        with transaction(db) as at:
            actor = Actor(orgs.create(db, "Acme", None, at, "cli")["id"], None, "cli")
            for number in range(FIRST, FIRST + LANES):
                projects.create(db, actor, f"P{number}", None, "python", at, number, key(number))
        yield db


@pytest.fixture
def client(address, db):
    with closing(AsgiClient(AsgiApp(Settings(db=address, url="http://jentry.test")))) as client:
        yield client


def sent(client, project):
    return client.send(
        f"/api/{project}/envelope/",
        lines({}, ("event", {"message": "it broke"})),
        {"X-Sentry-Auth": f"Sentry sentry_key={key(project)}, sentry_version=7"},
    ).status


def is_held_up(db):
    return db.execute(WAITING).fetchone()[0] > 0


def test_who_waits_for_a_project_is_in_the_way_of_no_other_lane(client, address, db):
    with ThreadPoolExecutor(1) as pool, transaction(db, Projects((FIRST,))):
        waiting = pool.submit(sent, client, FIRST)
        while not (is_held_up(db) or waiting.done()):
            time.sleep(0.02)
        others = [sent(client, FIRST + number) for number in range(1, LANES)]
    assert (others, waiting.result()) == ([200] * (LANES - 1), 200)
