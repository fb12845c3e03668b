"""The store itself knows no other organization, whatever a view forgets to look up first."""

import factories
import pytest
from rows import every_row

from jentry import clock
from jentry.errors import NotFound
from jentry.store import (
    attachments,
    audit_list,
    client_keys,
    event_filter,
    events,
    issue_list,
    issues,
    lookup,
    monitors,
    outcomes,
    projects,
    release_list,
    releases,
    user_reports,
    users,
)
from jentry.store.audit import Actor
from jentry.store.issue_list import Wanted
from jentry.store.paging import Page, Paging

NOW = clock.timestamp(factories.NOW)
EVENT = b"e" * 16


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
    assert events.page(db, stranger, issue, event_filter.Wanted(), factories.AT) == nothing
    assert release_list.page(db, stranger, world.project, Paging()) == nothing
    assert audit_list.page(db, stranger, audit_list.Wanted()) == nothing
    assert [row["id"] for row in projects.list_for(db, stranger)] == [world.foreign_project]


def test_what_belongs_to_a_project_is_not_listed(db, world, stranger):
    file = factories.attachment(db, world.project, event_id=EVENT)
    factories.report(db, world.project, event_id=EVENT)
    factories.monitor(db, world.project)
    key = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (world.project,)).fetchone()
    factories.outcome(db, key["id"], "2026-11-20T12")
    every = outcomes.Wanted(period="all")
    assert client_keys.list_for(db, stranger, world.project) == []
    assert outcomes.report(db, stranger, world.project, every, NOW) == ([], [], False)
    assert attachments.page_of_event(db, stranger, EVENT, 9, 1) == ([], 0)
    assert user_reports.page_of_event(db, stranger, EVENT, 9, 1) == ([], 0)
    assert user_reports.page_of_project(db, stranger, world.project, 9, 1) == ([], 0)
    assert monitors.page(db, stranger, world.project, 9, 1) == ([], 0)
    assert [row["id"] for row in users.list_for(db, stranger)] == [world.foreign_user]
    with pytest.raises(NotFound):
        attachments.content(db, stranger, file)


def test_what_belongs_to_a_project_is_neither_found_nor_changed(db, world, stranger):
    factories.event(db, factories.issue(db, world.project), event_id=EVENT)
    monitor = factories.monitor(db, world.project)
    (key,) = db.execute(
        "SELECT id FROM client_keys WHERE project_id = ?", (world.project,)
    ).fetchone()
    before = every_row(db)
    for call in (
        lambda: projects.detail(db, stranger, world.project),
        lambda: projects.update(db, stranger, world.project, {"name": "x"}, NOW),
        lambda: client_keys.get(db, stranger, world.project, key),
        lambda: client_keys.get(db, stranger, world.foreign_project, key),
        lambda: client_keys.create(db, stranger, world.project, "x", None, NOW),
        lambda: client_keys.update(db, stranger, world.project, key, {"name": "x"}, NOW),
        lambda: client_keys.rotate(db, stranger, world.project, key, NOW),
        lambda: monitors.check_ins(db, stranger, monitor, 9, 1),
        lambda: lookup.require_event_id(db, stranger, EVENT),
    ):
        with pytest.raises(NotFound):
            call()
    assert every_row(db) == before


def test_single_objects_are_not_found(db, world, issue, stranger):
    release = {"version": "1", "commits": [], "deploys": []}
    for call in (
        lambda: issues.get(db, stranger, issue, NOW),
        lambda: issues.update(db, stranger, issue, {"status": "resolved"}, NOW),
        lambda: releases.register(db, stranger, world.project, release, NOW),
    ):
        with pytest.raises(NotFound):
            call()
