"""The store itself knows no other organisation, whatever a view forgets to look up first."""

import factories
import pytest

from jentry import clock
from jentry.errors import NotFound
from jentry.store import audit, events, issue_list, issues, projects, release_list, releases
from jentry.store.audit import Actor
from jentry.store.issue_list import Wanted
from jentry.store.paging import Page, Paging

NOW = clock.timestamp(factories.NOW)


@pytest.fixture
def stranger(world):
    return Actor(world.foreign_org, world.foreign_user, "api")


@pytest.fixture
def issue(db, world):
    issue = factories.issue(db, world.project)
    factories.event(db, issue)
    factories.release(db, world.project)
    factories.audit(db, world.org)
    return issue


def test_lists_are_empty(db, world, issue, stranger):
    nothing = Page([], 0, None)
    for project_id in (world.project, None):
        wanted = Wanted(project_id=project_id, status="all")
        assert issue_list.page(db, stranger, wanted, NOW) == nothing
    assert events.page(db, stranger, issue, Paging()) == nothing
    assert release_list.page(db, stranger, world.project, Paging()) == nothing
    assert audit.page(db, stranger, audit.Wanted()) == nothing
    assert [row["id"] for row in projects.list_for(db, stranger)] == [world.foreign_project]


def test_single_objects_are_not_found(db, world, issue, stranger):
    release = {"version": "1", "commits": [], "deploys": []}
    for call in (
        lambda: issues.get(db, stranger, issue, NOW),
        lambda: issues.update(db, stranger, issue, {"status": "resolved"}, NOW),
        lambda: releases.register(db, stranger, world.project, release, NOW),
    ):
        with pytest.raises(NotFound):
            call()
