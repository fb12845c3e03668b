import re
from dataclasses import dataclass

import factories
import pytest

from jentry.store import connection, passwords, user_sessions

DEVICE = {"device": "Firefox on Linux", "address": "192.0.2.7"}


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch):
    """Still scrypt, but not slow on purpose."""
    monkeypatch.setattr(passwords, "N", 2**7)


class Browser:
    """A test client that fills in forms as a browser would: with the hidden field of the page."""

    def __init__(self, client):
        self.client = client

    def get(self, address, **options):
        return self.client.get(address, **options)

    def post(self, address, data=None, *, on=None, **options):
        """Send a form that is on the page `on`, or at the address itself."""
        return self.client.post(
            address, data={"csrf_token": self.token(on or address)} | (data or {}), **options
        )

    def token(self, address):
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(address).text)
        assert found, f"no form at {address}"
        return found[1]


@dataclass
class World:
    """An organization with its people, as ids, and a project; and one that is foreign to them."""

    org: int
    owner: int
    admin: int
    member: int
    project: int
    foreign_org: int
    foreign_user: int
    foreign_project: int


@pytest.fixture
def world(db):
    with connection.transaction(db):
        org, foreign = factories.org(db, name="Acme"), factories.org(db, name="Elsewhere")
        return World(
            org,
            *(factories.user(db, org, role, name=role.title()) for role in ROLES),
            factories.project(db, org, name="Shop", platform="python"),
            foreign,
            factories.user(db, foreign),
            factories.project(db, foreign, name="Foreign"),
        )


ROLES = ("owner", "admin", "member")


@pytest.fixture
def signed_in(app, db):
    """`signed_in(user_id)`: the browser of somebody who has signed in just now."""

    def sign_in(user_id, **options):
        with connection.transaction(db) as at:
            secret = user_sessions.create(db, user_id, at, is_persistent=True, **DEVICE | options)
        client = app.test_client()
        client.set_cookie("jentry_session", secret)
        return Browser(client)

    return sign_in


@pytest.fixture
def web(signed_in, world):
    """The browser of the owner."""
    return signed_in(world.owner)


@pytest.fixture
def browser(client):
    """The browser of nobody."""
    return Browser(client)


@pytest.fixture
def settings(settings):
    return settings.__class__(db=settings.db)  # the address is that of the request: http
