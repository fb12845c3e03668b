"""How SQLite finds the rows: never by a scan of a table that grows, never by sorting."""

import re
from itertools import product

import factories
import pytest

from jentry import clock
from jentry.store import audit, events, issues, releases
from jentry.store.audit import Actor
from jentry.store.connection import watch
from jentry.store.issues import ORDERS, Wanted

NOW = clock.timestamp(factories.NOW)


@pytest.fixture
def plans(db, world):
    """The plans of the statements that a call runs."""
    actor = Actor(world.org, world.owner, "api")

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


def complaints(details):
    return [text for text in details if re.match(r"SCAN (?!CONSTANT)|USE TEMP B-TREE", text)]


def test_the_check_can_fail(db):
    bad = "EXPLAIN QUERY PLAN SELECT * FROM issues ORDER BY title"
    assert len(complaints([row["detail"] for row in db.execute(bad)])) == 2


def test_the_issue_list_is_read_from_the_index_of_its_order(plans, world):
    index = {"events": "issues_by_events", "users": "issues_by_users"}
    for sort, status, level, period, text in product(
        ORDERS, ("all", "resolved"), ("all", "error"), ("all", "24h"), ("", "x")
    ):
        wanted = Wanted(status=status, level=level, period=period, query=text, sort=sort)
        found = plans(issues.page, world.project, wanted, NOW)
        assert complaints(found) == []
        assert index.get(sort, f"issues_by_{sort}") in found[0], wanted


def test_nothing_else_scans_or_sorts(plans, world):
    assert complaints(plans(events.newest, 1, 25)) == []
    assert complaints(plans(releases.list_for, world.project, 100)) == []
    assert complaints(plans(audit.list_for, 50)) == []
