"""Who changes something of an organization keeps only who writes to it waiting."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import factories
import postgres
import pytest

from jentry import create_app
from jentry.settings import Settings
from jentry.store import connection, scopes
from jentry.store.connection import transaction
from jentry.store.engines.scope import Org, Projects
from jentry.upkeep.job import Turn, Work

ROUNDS = 5


@dataclass
class Side:
    """An organization with a project and an issue."""

    org: int
    project: int
    issue: int
    token: str
    key: str


@dataclass
class World:
    address: str
    db: object
    app: object
    one: Side
    other: Side

    def ask(self, side, method, path, body=None, **headers):
        path = path.format(project=side.project, issue=side.issue)
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, json=body,
            headers={"Authorization": f"Bearer {side.token}"} | headers,
        )  # fmt: skip

    def send(self, side, **event):
        return self.app.test_client().post(
            f"/api/{side.project}/store/",
            json={"event_id": secrets.token_hex(16), "message": "it broke"} | event,
            headers={"X-Sentry-Auth": f"Sentry sentry_key={side.key}"},
        )


def side(db):
    org = factories.org(db)
    project = factories.project(db, org)
    key = db.execute("SELECT public_key FROM client_keys WHERE project_id = ?", (project,))
    token = factories.token(db, org, factories.user(db, org))
    return Side(org, project, factories.issue(db, project), token, key.fetchone()[0])


@pytest.fixture(scope="module")
def world():
    with postgres.database() as address, closing(connection.connect(address, write=True)) as db:
        with transaction(db):
            one, other = side(db), side(db)
        settings = replace(Settings(), db=address, url="http://jentry.test", api_rate=10**6)
        app = create_app(settings)
        with closing(app.extensions["writer"]), closing(app.extensions["processor"]):
            yield World(address, db, app, one, other)
            postgres.forget()


@pytest.fixture
def hurry(monkeypatch):
    """Nobody waits for long."""
    for name in ("app.db.PATIENCE", "ingest.writer.PATIENCE"):
        monkeypatch.setattr(f"jentry.{name}", 0.3)
    monkeypatch.setattr("jentry.ingest.outage.REPEATED", 2.0)


@pytest.fixture
def patience(monkeypatch):
    """Everybody waits for whoever writes, however slow the machine is."""
    for name in ("PATIENCE", "HURRY"):
        monkeypatch.setattr(f"jentry.app.db.{name}", 60)


CHANGES = [
    ("PATCH", "/issues/{issue}", {"status": "resolved"}),
    ("PUT", "/projects/{project}/ownership", {"rules": ""}),
    ("POST", "/issues/{issue}/comments", {"text": "Seen."}),
    ("PATCH", "/projects/{project}", {"name": "Shop"}),
    ("POST", "/projects/{project}/keys", {"name": "Second"}),
    ("POST", "/projects", {"name": "New"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_goes_on_while_another_organization_is_written_to(
    world, hurry, method, path, body
):
    with transaction(world.db, Projects((world.other.project,))):
        answer = world.ask(world.one, method, path, body)
        assert answer.status_code < 300, answer.text
        assert world.ask(world.other, method, path, body).status_code == 503
    assert world.ask(world.other, method, path, body).status_code == answer.status_code


def test_events_of_another_organization_are_taken_during_a_change(world, hurry):
    with transaction(world.db, Org(world.one.org)):
        assert world.send(world.other).status_code == 200
        assert world.send(world.one).status_code == 503
    assert world.send(world.one).status_code == 200


def both(world, *asked):
    """What is asked at once, by status."""
    with ThreadPoolExecutor(len(asked)) as pool:
        return sorted(one.result().status_code for one in [pool.submit(call) for call in asked])


def test_an_id_that_two_organizations_choose_is_given_once(world, patience):
    for number in range(ROUNDS):
        body = {"name": f"P{number}", "id": 1000 + number, "publicKey": secrets.token_hex(16)}
        sides = (world.one, world.other)
        asked = [lambda s=s, b=body: world.ask(s, "POST", "/projects", b) for s in sides]
        assert both(world, *asked) == [201, 409]


def test_projects_made_at_once_have_ids_of_their_own(world, patience):
    sides = (world.one, world.other) * 2
    asked = [lambda s=s: world.ask(s, "POST", "/projects", {"name": "At once"}) for s in sides]
    for _ in range(ROUNDS):
        assert both(world, *asked) == [201] * 4


def test_issues_deleted_at_once_go_where_all_go(world, patience):
    for _ in range(ROUNDS):
        with transaction(world.db):
            for each in (world.one, world.other):
                each.issue = factories.issue(world.db, each.project)
        asked = [
            lambda s=s: world.ask(s, "DELETE", f"/issues/{s.issue}?confirm={s.issue}")
            for s in (world.one, world.other)
        ]
        assert both(world, *asked) == [202, 202]


def test_a_change_that_is_sent_twice_at_once_is_done_once(world, patience):
    number = "SELECT count(*) FROM projects WHERE name = ?"
    for _ in range(ROUNDS):
        name = secrets.token_hex(8)
        headers = {"Idempotency-Key": name}
        asked = partial(world.ask, world.one, "POST", "/projects", {"name": name}, **headers)
        assert both(world, asked, asked) == [201, 201]
        assert world.db.execute(number, (name,)).fetchone()[0] == 1


def test_a_new_error_at_once_is_one_issue(world, patience):
    for kind in ("Late", "Lost", "Full", "Odd", "Shut"):
        sent = {"exception": {"values": [{"type": kind, "value": "it broke"}]}}
        asked = [partial(world.send, side, **sent) for side in (world.one, world.other)]
        assert both(world, *asked * 3) == [200] * 6
        found = world.db.execute(
            "SELECT event_count FROM issues WHERE title LIKE ?", (f"{kind}: %",)
        )
        assert [row["event_count"] for row in found] == [3, 3]


@pytest.fixture
def work(world):
    with closing(Work(replace(Settings(), db=world.address), Turn())) as work:
        yield work


def test_upkeep_of_a_project_keeps_no_other_waiting(world, hurry, work):
    with work.writing(scopes.of_projects([world.one.project])):
        assert world.send(world.other).status_code == 200
        assert world.send(world.one).status_code == 503


def test_who_comes_after_upkeep_that_waits_for_all_does_not_wait_with_it(world, hurry, work):
    def alone():
        with work.writing():
            return True

    with ThreadPoolExecutor(1) as pool:
        with transaction(world.db, Projects((world.one.project,))):
            waiting = pool.submit(alone)
            for _ in range(ROUNDS):
                assert world.send(world.other).status_code == 200
            assert not waiting.done()
        assert waiting.result()
