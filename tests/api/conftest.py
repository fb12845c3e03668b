from dataclasses import dataclass

import factories
import pytest
from refusals import refuse

from jentry import clock
from jentry.store import connection, database


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """It is always the same moment."""
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)
    return clock.timestamp(factories.NOW)


@pytest.fixture
def states(db):
    """Status, substatus, since when, events then, assignee: of each issue."""

    def read():
        rows = db.execute(
            "SELECT status, substatus, status_at, status_events, assignee_id FROM issues"
            " ORDER BY id"
        )
        return [tuple(row) for row in rows]

    return read


@dataclass
class World:
    """Two organizations. The tests act for the first, and must never see the second."""

    org: int
    owner: int
    member: int
    project: int
    other_project: int
    foreign_org: int
    foreign_user: int
    foreign_project: int


@pytest.fixture
def world(db):
    with connection.transaction(db):
        org, foreign = factories.org(db), factories.org(db)
        return World(
            org=org,
            owner=factories.user(db, org),
            member=factories.user(db, org, "member"),
            project=factories.project(db, org),
            other_project=factories.project(db, org),
            foreign_org=foreign,
            foreign_user=factories.user(db, foreign),
            foreign_project=factories.project(db, foreign),
        )


class Api:
    """A test client that sends a token with every scope, unless told otherwise."""

    def __init__(self, client, token):
        self.client = client
        self.token = token

    def open(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path, **options):
        return self.open("GET", path, **options)

    def post(self, path, json=None, **options):
        return self.open("POST", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.open("PATCH", path, json=json, **options)


@pytest.fixture
def api(client, db, world):
    used = clock.timestamp(factories.NOW)
    return Api(client, factories.token(db, world.org, world.owner, last_used_at=used))


@pytest.fixture
def audited(db):
    """The rows of the audit log, oldest first: action, target, user, meta."""

    def read():
        rows = db.execute("SELECT action, target, user_id, meta FROM audit_log ORDER BY id")
        return [tuple(row) for row in rows]

    return read


@pytest.fixture
def broken_audit_log(db):
    """From now on no audit row can be written."""
    refuse(db, "INSERT", "audit_log", "no room in the audit log")


@pytest.fixture
def statements(monkeypatch):
    """The SQL that reading requests run."""
    seen = []
    connect = database.open_database

    def watched(path, **options):
        db = connect(path, **options)
        connection.watch(db, seen.append)
        return db

    monkeypatch.setattr("jentry.app.db.open_database", watched)
    return seen
