from dataclasses import replace

import pytest
from bundles import sha1
from interfaces import AsgiClient, WsgiClient
from sdk import KEY, Sdk, Stored

from jentry.artifacts.assembly import Order, assemble
from jentry.serving.asgi import AsgiApp
from jentry.store import connection, orgs, projects, upload_chunks
from jentry.store.artifacts import Name
from jentry.store.audit import Actor
from jentry.store.connection import transaction

# What is stored is what they are about. That both ways in store the same: test_http.py and others.
ONE_WAY = ("test_symbolication.py", "test_remapping.py", "test_jvm.py")


def pytest_collection_modifyitems(items):
    for item in items:
        chosen = getattr(item, "callspec", None)
        if item.path.name in ONE_WAY and chosen and chosen.params.get("client") == "asgi":
            item.add_marker(pytest.mark.exhaustive)


@pytest.fixture
def project(db):
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        return projects.create(db, actor, "Shop", None, "python", at, 7, KEY)


@pytest.fixture
def settings(settings):
    """Below a prefix, as behind a proxy. Maps take longer to be read where all cores are busy."""
    return replace(settings, url=f"{settings.url}/errors", map_seconds=30)


@pytest.fixture(params=["wsgi", "asgi"])
def client(request, settings, project):
    if request.param == "wsgi":
        client = WsgiClient(request.getfixturevalue("app"))
    else:
        client = AsgiClient(AsgiApp(settings))
    yield client
    client.close()


@pytest.fixture
def sdk(client):
    return Sdk(client)


@pytest.fixture
def stored(db):
    return Stored(db)


@pytest.fixture
def upload(db, settings, project):
    actor = Actor(db.execute("SELECT org_id FROM projects WHERE id = 7").fetchone()[0], None, "cli")

    def upload(data, release="", dist=""):
        name = bytes.fromhex(sha1(data))
        with connection.transaction(db) as at:
            upload_chunks.add(db, actor, name, len(data), upload_chunks.packed(data), at)
        assemble(settings.db, Order(actor, Name(name, release, dist), (name,), (7,), 10**9))

    return upload
