"""A project, and submissions to it, as ingestion hands them to the store."""

import pytest
from rows import AT

from jentry.store import orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.store.rows import Submission


@pytest.fixture
def project(db):
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        return projects.create(db, Actor(org["id"], None, "cli"), "Shop", None, "python", at)


@pytest.fixture
def submission(db, project):
    key = db.execute("SELECT id FROM client_keys").fetchone()[0]
    version = db.execute("SELECT config_version FROM instance").fetchone()[0]

    def make(*events, **parts) -> Submission:
        return Submission(project["id"], key, version, AT, events=list(events), **parts)

    return make
