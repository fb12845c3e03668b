from dataclasses import replace

import pytest
from interfaces import AsgiClient, WsgiClient
from sdk import KEY, Sdk, Stored

from jentry import create_app
from jentry.serving.asgi import AsgiApp
from jentry.store import orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction


@pytest.fixture
def project(db):
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        return projects.create(db, actor, "Shop", None, "python", at, 7, KEY)


@pytest.fixture
def settings(settings):
    """Below a prefix, as behind a proxy."""
    return replace(settings, url=f"{settings.url}/errors")


@pytest.fixture(params=["wsgi", "asgi"])
def client(request, settings, project):
    if request.param == "wsgi":
        client = WsgiClient(create_app(settings))
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
