"""How SQLite finds what the pages of projects and releases show: by index, whatever there is."""

import re

import factories
import pytest

from jentry import clock
from jentry.store import database, project_summaries, release_health, release_list
from jentry.store.audit import Actor
from jentry.store.connection import watch

NOW = clock.timestamp(factories.NOW)
SINCE = factories.ago(days=14)


@pytest.fixture
def plans(db, world):
    """The plans of the statements that a call runs."""
    actor = Actor(world.org, world.owner, "web")

    def explain(function, *args):
        seen = []
        watch(db, seen.append)
        function(db, actor, *args)
        watch(db, None)
        return [
            row["detail"]
            for sql in seen
            if sql.lstrip().startswith("SELECT")
            for row in db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        ]

    return explain


@pytest.fixture
def statements(monkeypatch):
    """The SQL that pages run to read."""
    seen = []
    connect = database.open_database

    def watched(path, **options):
        db = connect(path, **options)
        watch(db, seen.append)
        return db

    monkeypatch.setattr("jentry.app.db.open_database", watched)
    return seen


@pytest.fixture
def release(db, world):
    return factories.release(db, world.project, "shop@1")


# Sums by hour of what one page shows: at most one row an hour and release is sorted.
BY_HOUR = {"USE TEMP B-TREE FOR GROUP BY"}


def complaints(details):
    return {text for text in details if re.match(r"SCAN (?!CONSTANT)|USE TEMP B-TREE", text)}


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_cards_are_read_from_indexes(plans, db, world, release):
    ids = [world.project, factories.project(db, world.org)]
    found = plans(project_summaries.summaries, ids, NOW)
    assert complaints(found) <= BY_HOUR
    assert any("SEARCH i USING COVERING INDEX issues_by" in text for text in found)
    assert any("issues_by_first_seen (project_id=? AND first_seen>?" in text for text in found)


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_health_is_read_from_the_hours_of_its_releases(plans, world, release):
    for found in (
        plans(release_health.shares, world.project, [release], SINCE),
        plans(release_health.crashes, [release], SINCE),
        plans(release_health.hourly, world.project, "shop@1", "14d", NOW),
    ):
        assert complaints(found) <= BY_HOUR
        assert any("SEARCH h USING PRIMARY KEY (release_id=?" in text for text in found)


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_a_release_is_compared_by_indexes(plans, world, release):
    found = plans(release_health.comparison, world.project, "shop@1")
    assert complaints(found) <= {"USE TEMP B-TREE FOR DISTINCT", "USE TEMP B-TREE FOR ORDER BY"}
    for index in ("issues_by_first_release", "issue_returns_by_release",
                  "issue_conditions_by_release", "releases_by_age"):  # fmt: skip
        assert any(index in text for text in found), index
    assert complaints(plans(release_list.first_commits, release, 5)) == set()
    assert complaints(plans(release_list.head, world.project, "shop@1")) == set()


@pytest.mark.parametrize(
    ("address", "more"),
    [("/projects", "project"), ("/projects/{project}", "issue"),
     ("/projects/{project}/releases", "release"), ("/projects/{project}/releases/shop@1", "issue"),
     ("/issues?period=14d&status=all&environment=staging", "issue"),
     *((f"/projects/{{project}}/issues?period=all&{query}", "issue")
       for query in ("sort=events", "query=a", "level=error&assignee=none", "release=shop@1")),
     *((f"/projects/{{project}}/issues/{{issue}}{rest}", "event")
       for rest in ("", "/events", "/events/first", "/tags", "/activity"))],
)  # fmt: skip
def test_a_page_takes_as_many_statements_for_many_rows(
    web, db, world, statements, release, address, more
):
    issue = factories.issue(db, world.project, last_seen=factories.ago(hours=1))

    def event():
        factories.event(db, issue)
        factories.audit(db, world.org, user_id=world.owner, target=f"issue:{issue}")

    def count():
        statements.clear()
        page = web.get(address.format(project=world.project, issue=issue))
        assert page.status_code == 200
        return len(statements)

    make = {
        "project": lambda: factories.project(db, world.org),
        "issue": lambda: factories.issue(db, world.project, first_release_id=release),
        "release": lambda: factories.release(db, world.project),
        "event": event,
    }[more]
    make()
    few = count()
    assert few > 5
    for _ in range(10):
        make()
    assert count() == few
