"""Projects as the store hands them out: for an organization, or for one project of it."""

import factories
import pytest

from jentry.errors import NotFound
from jentry.store import projects
from jentry.store.audit import Actor


def test_an_actor_of_one_project_sees_no_other(db):
    org = factories.org(db)
    own, other = factories.project(db, org), factories.project(db, org)
    everything, confined = Actor(org, None, "api"), Actor(org, None, "api", own)
    assert [project["id"] for project in projects.list_for(db, everything)] == [own, other]
    assert [project["id"] for project in projects.list_for(db, confined)] == [own]
    assert projects.get(db, confined, own)["id"] == own
    with pytest.raises(NotFound):
        projects.get(db, confined, other)


def test_a_given_id_leaves_room_for_those_after_it(db):
    actor = Actor(factories.org(db), None, "cli")
    given = projects.create(db, actor, "A", None, None, factories.AT, 2**53 - 1)
    assert projects.create(db, actor, "B", None, None, factories.AT)["id"] > given["id"]
