"""How SQLite finds what a search asks for: by the index that knows it, and in no other way."""

import re

import factories
import pytest

from jentry import clock
from jentry.store import connection, event_filter, event_search, issue_list, issue_search, merging
from jentry.store.audit import Actor
from jentry.store.connection import watch
from jentry.store.issue_list import COLUMNS, Wanted

pytestmark = pytest.mark.sqlite(reason="it reads SQLite's plans")

FINE = (
    r"SCAN (hits|found|n|p|p LEFT-JOIN|\(subquery-\d+\))$"
    r"|USE TEMP B-TREE FOR (RIGHT PART OF |LAST (TERM|\d+ TERMS) OF )?ORDER BY"
)
NOW = clock.timestamp(factories.NOW)
# Search -> what each of its sets is read from.
SETS = {
    "function:pay": ["f USING COVERING INDEX sqlite_autoindex_facets_1 (project_id=? AND key=? "
                     "AND tail=?)", "s USING PRIMARY KEY (facet_id=?)"],
    "file:*cart*": ["f USING COVERING INDEX sqlite_autoindex_facets_1 (project_id=? AND key=?)"],
    "error.type:ValueError": ["f USING COVERING INDEX sqlite_autoindex_facets_1 (project_id=? "
                              "AND key=? AND tail=? AND folded=?)"],
    "tags[plan]:gold": ["t USING INDEX tags_by_folded (project_id=? AND key=? AND folded=?)",
                        "s USING COVERING INDEX issue_tags_by_tag (tag_id=?)"],
    "tags[plan]:g*": ["t USING INDEX tags_by_folded (project_id=? AND key=?)"],
    "release:a@1": ["r USING INDEX releases_by_folded (project_id=? AND folded=?)",
                    "s USING COVERING INDEX issue_releases_by_release (release_id=?)"],
    "release:a@*": ["s USING COVERING INDEX issues_by_last_release (last_release_id=?)",
                    "s USING PRIMARY KEY (issue_id=?)"],
    "release:latest": ["s USING COVERING INDEX issue_releases_by_release (release_id=?)"],
    "first-release:a@1": ["s USING COVERING INDEX issues_by_first_release (first_release_id=?)"],
    "last-release:a*": ["s USING COVERING INDEX issues_by_last_release (last_release_id=?)"],
    "user:ann": ["s USING PRIMARY KEY (hash=?)"],
    "broke": ["s USING COVERING INDEX issues_by_text (project_id=?)"],
    "title:broke": ["s USING COVERING INDEX issues_by_text (project_id=?)"],
    "type:csp": ["s USING COVERING INDEX issues_by_text (project_id=?)"],
    "is:new": ["s USING INDEX issues_by_first_seen (project_id=? AND first_seen>?)"],
    "is:regressed": ["s USING COVERING INDEX issues_by_substatus (project_id=? AND substatus=? "
                     "AND status_at>?)"],
    "assigned:me": ["s USING COVERING INDEX issues_by_assignee (assignee_id=?)"],
    "is:unassigned": ["s USING COVERING INDEX issues_by_assignee (assignee_id>?)"],
    "first-seen:-24h": ["s USING COVERING INDEX issues_by_first_seen (project_id=? AND "
                        "first_seen>?)"],
    "events:>100": ["s USING COVERING INDEX issues_by_events (project_id=? AND event_count>?)"],
    "users:2..9": ["s USING COVERING INDEX issues_by_users (project_id=? AND user_count>? AND "
                   "user_count<?)"],
    "has:stack": ["f USING COVERING INDEX sqlite_autoindex_facets_1 (project_id=? AND key=? "
                  "AND tail=? AND folded=?)"],
    "has:comments": ["s USING COVERING INDEX comments_by_issue (issue_id=?)"],
    "has:attachments": ["s USING INDEX events_by_event_id (event_id=? AND project_id=?)"],
    "level:>=warning -is:resolved id:42": [],
}  # fmt: skip


@pytest.fixture
def plan(db, world):
    """The plan of the statement that reads the list, and of what goes before it."""
    actor = Actor(world.org, world.owner, "api")

    def explain(**wanted):
        seen = []
        watch(db, seen.append)
        issue_list.page(db, actor, Wanted(**wanted), NOW)
        watch(db, None)
        return [
            row["detail"]
            for sql in seen
            if sql.lstrip().startswith(("SELECT", "WITH"))
            for row in db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        ]

    return explain


def complaints(details):
    """Only what was found is walked, and only its page sorted."""
    found = [text for text in details if re.match(r"SCAN (?!CONSTANT)|USE TEMP B-TREE", text)]
    return [text for text in found if not re.match(FINE, text)]


@pytest.mark.parametrize("search", SETS)
def test_each_set_is_read_from_the_index_that_knows_it(plan, world, search):
    for project_id in (world.shop, None):
        found = plan(project_id=project_id, search=search)
        assert complaints(found) == []
        for part in SETS[search]:
            assert f"SEARCH {part}" in [text.replace(" EXISTS", "") for text in found]


@pytest.mark.parametrize("sort", COLUMNS)
@pytest.mark.parametrize("after", [None, (NOW, 9)])
@pytest.mark.parametrize("small", [-1, 1000])
def test_the_order_is_walked_once_whatever_the_search(plan, world, monkeypatch, sort, after, small):
    monkeypatch.setattr(issue_search, "SMALL", small)
    search = "function:pay file:cart.py error.type:*Error -user:ann (broke OR is:new) has:stack"
    for project_id in (world.shop, None):
        found = plan(project_id=project_id, search=search, sort=sort, after=after)
        assert complaints(found) == []
        index = f"SEARCH i USING COVERING INDEX issues_by_{sort} (project_id=?"
        walks = [text for text in found if text.startswith("SEARCH i ")]
        assert len(walks) == (2 if project_id is None else 1)
        assert all(text.startswith(index) for text in walks), walks


def test_of_a_small_set_each_issue_is_asked_for_the_rest(plan, world):
    world.send(world.shop)
    found = plan(project_id=world.shop, search="function:pay has:stack")
    assert "SEARCH s USING PRIMARY KEY (facet_id=? AND issue_id=?)" in found


@pytest.fixture
def looks(world, db):
    """The plan of each statement that looks for events of an issue."""

    def explain(issue_id, **wanted):
        seen = []
        watch(db, seen.append)
        actor = Actor(world.org, world.owner, "api")
        event_search.find(db, actor, issue_id, event_filter.Wanted(**wanted), NOW)
        watch(db, None)
        return [
            [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            for sql in seen
            if " events e" in sql
        ]

    return explain


OF_ISSUE = (
    r"SEARCH e USING (COVERING )?INDEX events_by_issue \(issue_id=\?"
    r"|SEARCH e USING INTEGER PRIMARY KEY \(rowid=\?\)$"  # those that have a text
)


@pytest.mark.parametrize("after", [None, ("~", 9)])
@pytest.mark.parametrize("is_merged", [False, True])
@pytest.mark.parametrize(
    "search", ["tags[plan]:gold -user:ann level:error", "release:a* OR timestamp:-1h", "broke"]
)
def test_events_are_looked_through_in_the_order_of_an_index(
    world, looks, monkeypatch, search, is_merged, after
):
    monkeypatch.setattr(event_search, "FIRST_ROWS", 1)
    sent = [world.send(world.shop, kind) for kind in "ABAB"]
    if is_merged:
        with connection.transaction(world.db) as at:
            merging.join(world.db, Actor(world.org, None, "cli"), sent[0], [sent[1]], at)
    plans = looks(sent[0], search=search, after=after)
    assert len(plans) >= 5  # two windows, and how many events were looked at
    for details in plans:
        assert not [text for text in details if re.match(r"SCAN (?!CONSTANT)|USE TEMP", text)]
        walks = [text for text in details if text.startswith("SEARCH e ")]
        assert walks
        assert all(re.match(OF_ISSUE, walk) for walk in walks), walks
