"""How SQLite finds the rows: never by a scan of a table that grows, never by sorting."""

import re
from itertools import product

import factories
import pytest

from jentry import clock
from jentry.settings import Settings
from jentry.store import (
    activity,
    attachments,
    audit_list,
    client_keys,
    comments,
    event_counts,
    event_filter,
    events,
    issue_figures,
    issue_list,
    issues,
    lookup,
    merges,
    monitors,
    operation_undo,
    operations,
    outcomes,
    projects,
    quota_windows,
    release_list,
    releases,
    suspect_commits,
    tokens,
    usage,
    user_reports,
    users,
    whereabouts,
)
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import watch
from jentry.store.issue_list import COLUMNS, MERGED, NOBODY, Filter, Wanted
from jentry.store.paging import Paging

pytestmark = pytest.mark.sqlite(reason="it reads SQLite's plans")

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
            if sql.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
            for row in db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        ]

    return explain


NEWER = re.compile(r"LAST (?:TERM|\d+ TERMS) OF")  # words of SQLite since 3.44
# An index of nothing but what is looked for may be walked whole.
PARTIAL = r"\w+ USING INDEX issue_conditions_by_commit"


def complaints(details):
    bad = rf"SCAN (?!CONSTANT|{PARTIAL})|USE TEMP B-TREE"
    return [NEWER.sub("RIGHT PART OF", text) for text in details if re.match(bad, text)]


def test_the_check_can_fail(db):
    bad = "EXPLAIN QUERY PLAN SELECT * FROM issues ORDER BY title"
    assert len(complaints([row["detail"] for row in db.execute(bad)])) == 2


INDEXES = {
    "last_seen": "issues_by_last_seen",
    "first_seen": "issues_by_first_seen",
    "events": "issues_by_events",
    "users": "issues_by_users",
}
AFTER = {"last_seen": (NOW, 9), "first_seen": (NOW, 9), "events": (9, 9), "users": (9, 9)}
TRAITS = [
    {"environment": "production"},
    {"release": "shop@1"},
    {"tags": (("browser", "Firefox"), ("os", "Linux"))},
    {"assignee": 1},
    {"assignee": NOBODY},
    {"since": NOW, "until": NOW},
]


def check_list(plans, project_id, **wanted):
    """No row of `issues i` is read, be it for the keys of each project or for the total."""
    wanted = Wanted(project_id=project_id, **wanted)
    found = plans(issue_list.page, wanted, NOW)
    assert complaints(found) == [], wanted
    *parts, total = [text for text in found if text.startswith("SEARCH i ")]
    assert total.startswith("SEARCH i USING COVERING INDEX issues_by_"), wanted
    assert len(parts) == (2 if project_id is None else 1)
    for part in parts:
        assert f"SEARCH i USING COVERING INDEX {INDEXES[wanted.sort]} (project_id=?" in part, wanted


@pytest.mark.parametrize("sort", COLUMNS)
def test_the_issue_list_is_read_from_the_index_of_its_order(plans, db, world, sort):
    factories.issue(db, world.project)
    for project_id, status, level, period, text in product(
        (world.project, None), ("all", "unresolved"), ("all", "error"), ("all", "24h"), ("", "bad")
    ):
        filters = {"status": status, "level": level, "period": period, "query": text}
        check_list(plans, project_id, sort=sort, page=2, **filters)


@pytest.mark.parametrize("sort", COLUMNS)
@pytest.mark.parametrize("traits", TRAITS, ids=[", ".join(traits) for traits in TRAITS])
def test_what_issues_have_is_looked_up_apart(plans, world, sort, traits):
    for project_id in (world.project, None):
        check_list(plans, project_id, sort=sort, page=2, **traits)


@pytest.mark.parametrize("sort", COLUMNS)
def test_a_cursor_is_a_place_in_the_index(plans, world, sort):
    for project_id in (world.project, None):
        wanted = Wanted(project_id=project_id, sort=sort, after=AFTER[sort])
        found = plans(issue_list.page, wanted, NOW)
        assert complaints(found) == [], found
        column = COLUMNS[sort]
        assert f"{INDEXES[sort]} (project_id=? AND {column}<?)" in " ".join(found), found


def test_of_very_many_projects_only_the_keys_up_to_the_page_are_sorted(plans, db, world):
    for _ in range(MERGED):
        factories.project(db, world.org)
    found = plans(issue_list.page, Wanted(), NOW)
    assert complaints(found) == ["USE TEMP B-TREE FOR ORDER BY"]
    assert found[1] == "SEARCH i USING COVERING INDEX issues_by_last_seen (project_id=?)"


PAGES = [Paging(), Paging(page=3), Paging(after=(NOW, 9))]


@pytest.mark.parametrize("wanted", PAGES, ids=["first", "third", "after"])
def test_nothing_else_scans_or_sorts(plans, world, wanted):
    assert complaints(plans(events.page, 1, event_filter.Wanted(**vars(wanted)), NOW)) == []
    assert complaints(plans(release_list.page, world.project, wanted)) == []
    assert complaints(plans(release_list.deploys_page, 1, wanted)) == []


def test_filtered_events_are_looked_through_in_the_order_of_an_index(plans, db, world):
    issue = factories.issue(db, world.project)
    factories.event(db, issue)
    for after in (None, (NOW, 9)):
        wanted = event_filter.Wanted(release="shop@1", tags=(("browser", "x"),), after=after)
        found = plans(events.page, issue, wanted, NOW)
        assert complaints(found) == [], found
        assert any("USING INDEX events_by_issue (issue_id=?" in text for text in found)


def test_suspect_commits_are_read_release_by_release(plans, db, world):
    places = [{"id": factories.release(db, world.project, "shop@1"), "release": "shop@1"}]
    found = plans(suspect_commits.releases, world.project, ["shop@1", "shop@2"])
    found += plans(lambda *args: list(suspect_commits.naming(*args, {"cart.py"})), places)
    assert complaints(found) == [], found
    assert any("releases_by_age (project_id=? AND sorted_at<?)" in text for text in found), found
    assert any("release_commits_1 (release_id=?)" in text for text in found), found


NEAR = ["SCAN near"]  # the newer events, up to a bound


def test_an_event_is_found_by_its_id(plans, db, world):
    issue = factories.issue(db, world.project)
    factories.event(db, issue, event_id=b"e" * 16)
    for found in (plans(events.named, b"e" * 16), plans(events.of_issue, issue, b"e" * 16)):
        assert complaints(found) == NEAR, found
        assert "SEARCH e USING INDEX events_by_event_id (event_id=?)" in found
    assert complaints(plans(lambda *args: events.at_end(*args, latest=True), issue)) == NEAR


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        pytest.param({}, "audit_log_by_org (org_id=?", id="all"),
        pytest.param({"since": NOW, "until": NOW}, "audit_log_by_org (org_id=?", id="times"),
        pytest.param({"action": "x"}, "audit_log_by_action (org_id=? AND action=?", id="action"),
        pytest.param({"user_id": 1}, "audit_log_by_user (user_id=? AND org_id=?", id="user"),
        pytest.param({"user_id": NOBODY}, "audit_log_by_user (user_id=? AND org_id=?", id="nobody"),
        pytest.param(
            {"action": "x", "user_id": 1, "since": NOW}, "audit_log_by_action", id="all of them"
        ),
    ],
)
def test_the_audit_log_is_read_from_an_index_that_covers_its_filters(plans, filters, index):
    for place in ({"page": 2}, {"after": (9, 9)}):
        found = plans(audit_list.page, audit_list.Wanted(**filters, **place))
        assert complaints(found) == [], found
        assert f"SEARCH audit_log USING COVERING INDEX {index}" in " ".join(found)


def test_what_belongs_to_a_project_is_read_in_the_order_of_an_index(plans, world):
    project = world.project
    for found in (
        plans(client_keys.list_for, project, 100),
        plans(users.list_for, 100),
        plans(user_reports.page_of_project, project, 100, 3),
        plans(monitors.page, project, 100, 3),
    ):
        assert complaints(found) == [], found


def test_check_ins_are_read_newest_first(plans, db, world):
    found = plans(monitors.check_ins, factories.monitor(db, world.project), 100, 3)
    assert complaints(found) == []
    assert "SEARCH check_ins USING INDEX check_ins_by_age (monitor_id=?)" in found


@pytest.mark.parametrize("page_of", [attachments.page_of_event, user_reports.page_of_event])
def test_what_came_with_an_event_is_found_by_its_id(plans, page_of):
    """Only what came with this event is sorted, over the projects that have such an event."""
    found = plans(page_of, b"e" * 16, 100, 1)
    assert set(complaints(found)) <= {"USE TEMP B-TREE FOR ORDER BY"}
    assert any("(project_id=? AND event_id=?" in text for text in found)


def test_whether_an_event_id_is_known_is_a_look_into_indexes(plans, db, world):
    factories.report(db, world.project, event_id=b"e" * 16)
    assert complaints(plans(lookup.require_event_id, b"e" * 16)) == []


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        pytest.param({}, "PRIMARY KEY (project_id=?", id="all"),
        pytest.param({"category": "x", "outcome": "x"}, "PRIMARY KEY (project_id=?", id="words"),
        pytest.param(
            {"key_id": 1}, "INDEX outcome_hours_by_key (key_id=? AND project_id=?", id="key"
        ),
    ],
)
@pytest.mark.parametrize("period", ["24h", "all"])
@pytest.mark.parametrize("resolution", ["hour", "day"])
def test_outcomes_are_read_from_the_span_of_time_that_is_asked_for(
    plans, world, filters, index, period, resolution
):
    wanted = outcomes.Wanted(period=period, until=NOW, resolution=resolution, **filters)
    found = plans(outcomes.report, world.project, wanted, NOW)
    span = "hour>? AND hour<?" if period == "24h" else "hour<?"
    search = f"SEARCH outcome_hours USING {index} AND {span})"
    assert found.count(search) == 2
    assert not [text for text in found if text.startswith("SCAN")]
    rows = found[: found.index(search, found.index(search) + 1)]
    if resolution == "hour":  # sums have to be grouped, of plain rows at most those of one hour
        assert set(complaints(rows)) <= {"USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"}


@pytest.mark.parametrize("filters", [{}, {"category": "x"}, {"outcome": "x", "reason": "y"}])
def test_outcomes_of_all_projects_are_read_from_the_span_of_each(plans, world, filters):
    wanted = outcomes.Wanted(until=NOW, **filters)
    for found in (
        plans(outcomes.report, None, wanted, NOW), plans(outcomes.hours, None, wanted, NOW),
        plans(outcomes.hours, world.project, wanted, NOW),
    ):  # fmt: skip
        search = "SEARCH outcome_hours USING PRIMARY KEY (project_id=? AND hour>? AND hour<?)"
        assert search in found
        assert not [text for text in found if text.startswith("SCAN")]


def test_what_pages_ask_besides_is_found_by_index(plans, db, world):
    factories.monitor(db, world.project, "nightly")
    server = Settings()
    for found in (
        plans(quota_windows.of_project, world.project, server, NOW),
        plans(monitors.named, world.project, "nightly"),
        plans(tokens.list_for),
    ):
        assert complaints(found) == [], found
    found = plans(whereabouts.find, b"e" * 16)
    assert set(complaints(found)) <= {"USE TEMP B-TREE FOR ORDER BY"}  # of one id
    assert "SEARCH e USING INDEX events_by_event_id (event_id=?)" in found


def test_the_rows_of_a_page_are_read_by_their_ids(plans, db, world):
    issue = factories.issue(db, world.project)
    factories.event(db, issue)
    factories.release(db, world.project)
    for found, row in (
        (plans(issue_list.page, Wanted(), NOW), "i"),
        (plans(events.page, issue, event_filter.Wanted(), NOW), "e"),
        (plans(release_list.page, world.project, Paging()), "r"),
    ):
        assert complaints(found) == [], found
        assert f"SEARCH {row} USING INTEGER PRIMARY KEY (rowid=?)" in found


def test_sets_of_issues_are_read_from_indexes_alone(plans, world):
    for traits in TRAITS:
        for project_id in (world.project, None):
            wanted = Wanted(project_id=project_id, sort="events", query="bad", **traits)
            found = plans(issue_list.page, wanted, NOW)
            sets = [text for text in found if re.match(r"SEARCH [st] ", text)]
            assert sets
            assert [text for text in sets if " COVERING " not in text] == [], traits


def test_the_history_of_an_issue_is_merged_from_indexes(plans, db, world):
    issue = factories.issue(db, world.project)
    found = plans(activity.page, issue, Paging(page=2))
    # Only what has the same time is sorted.
    assert set(complaints(found)) == {"USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"}
    for search in (
        "SEARCH a USING INDEX audit_log_by_target (org_id=? AND target=?)",
        "SEARCH c USING INDEX comments_by_issue (issue_id=?)",
        "SEARCH r USING INDEX issue_returns_by_issue (issue_id=?)",
    ):
        assert search in found
    for wanted in PAGES:
        assert complaints(plans(comments.page, issue, wanted)) == []


def test_the_figures_of_an_issue_are_read_from_its_rows(plans, db, world):
    issue = factories.issue(db, world.project)
    assert complaints(plans(issue_figures.tags, issue, 10)) == []
    found = plans(issue_figures.events_over_time, issue, "14d", "day", NOW)
    assert complaints(found) == []


@pytest.fixture
def merged(db, world):
    """An issue of four parts, each with events."""
    issue = factories.issue(db, world.project)
    for part in (issue, *(factories.part(db, issue) for _ in range(3))):
        for _ in range(3):
            factories.event(db, part)
    return issue


def test_the_lists_of_issues_read_the_same_rows_while_some_are_merged(plans, world, merged):
    for sort, traits in product(COLUMNS, [{}, {"query": "bad"}, *TRAITS]):
        for project_id in (world.project, None):
            check_list(plans, project_id, sort=sort, page=2, **traits)


OF_A_WHOLE = {  # what is sorted is what was found, of one issue
    "its events": (lambda at: (events.page, event_filter.Wanted(page=2), at), set()),
    "further events": (lambda at: (events.page, event_filter.Wanted(after=(at, 9)), at), set()),
    "filtered events": (lambda at: (events.page, event_filter.Wanted(release="a"), at), set()),
    "its row": (lambda at: (issues.get, at), set()),
    "its parts": (lambda at: (merges.listed,), set()),
    "events by hours": (lambda at: (issue_figures.events_over_time, "14d", "day", at), set()),
    "its tags": (
        lambda at: (issue_figures.tags, 10), {"SCAN s", "USE TEMP B-TREE FOR GROUP BY"},
    ),
    "its releases": (
        lambda at: (issue_figures.releases, Paging()),
        {"SCAN s", "USE TEMP B-TREE FOR GROUP BY", "USE TEMP B-TREE FOR ORDER BY"},
    ),
    "its files": (lambda at: (attachments.of_issue, 10), {"USE TEMP B-TREE FOR ORDER BY"}),
    "its feedback": (lambda at: (user_reports.of_issue, 10), {"USE TEMP B-TREE FOR ORDER BY"}),
    "what is gone": (lambda at: (usage.gone,), {"USE TEMP B-TREE FOR GROUP BY"}),
    "its history": (
        lambda at: (activity.page, Paging()), {"USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_A_WHOLE)
def test_of_a_merged_issue_each_part_is_read_by_index(plans, merged, name):
    asked, fine = OF_A_WHOLE[name]
    function, *args = asked(NOW)
    found = plans(function, merged, *args)
    assert set(complaints(found)) <= fine, found
    if function is events.page:
        walks = [text for text in found if text.startswith("SEARCH e USING ")]
        assert len([text for text in walks if "events_by_issue (issue_id=?" in text]) >= 4, walks


def test_an_event_of_a_part_is_found_among_those_of_all(plans, db, merged):
    event_id = db.execute("SELECT max(event_id) FROM events").fetchone()[0]
    for found in (
        plans(events.named, event_id), plans(events.of_issue, merged, event_id),
        plans(lambda *args: events.at_end(*args, latest=True), merged),
    ):  # fmt: skip
        assert set(complaints(found)) == set(NEAR), found


def test_a_bulk_change_finds_its_issues_by_index(plans, db, world):
    ids = tuple(factories.issues(db, world.project, [{}] * 2))
    change = {"status": "resolved"}
    for chosen in ({"ids": ids, "filter": None}, {"ids": None, "filter": Filter(query="bad")}):
        bulk = Bulk(world.project, change=change, **chosen)
        assert complaints(plans(operations.preview, bulk, NOW)) == []


def test_what_is_changed_is_found_by_its_id(plans, db, world):
    """That a statement names the organization costs a look into two indexes."""
    project = world.project
    first, second = factories.issues(db, project, [{}, {}])
    key = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (project,)).fetchone()[0]
    bulk = Bulk(project, (first, second), None, {"status": "ignored"})
    release = {
        "version": "shop@9",
        "commits": [COMMIT, COMMIT | {"sha": "b"}],
        "deploys": [{"environment": "production", "name": None, "url": None, "deployed_at": NOW}],
    }
    for found in (
        plans(issues.update, first, {"status": "resolved", "assignee_user_id": world.owner}, NOW),
        plans(comments.add, first, "text", NOW),
        plans(projects.update, project, {"name": "Other"}, NOW),
        plans(client_keys.update, project, key, {"name": "Other", "is_active": False}, NOW),
        plans(releases.register, project, release, NOW),
        plans(releases.update, project, "shop@9", {"ref": "a1"}, NOW),
        plans(operations.perform, bulk, NOW),
        plans(operation_undo.undo, 1, NOW),
        plans(attachments.content, factories.attachment(db, project)),
    ):
        assert complaints(found) == [], found


COMMIT = {
    "sha": "a", "author": None, "author_email": None, "message": None, "url": None, "files": [],
    "committed_at": None,
}  # fmt: skip


@pytest.mark.parametrize("is_one", [True, False], ids=["of a project", "of all"])
def test_events_over_time_are_counters_of_hours(plans, db, world, is_one):
    """No event is read, and of issues nothing but an index."""
    factories.issue(db, world.project)
    span = event_counts.Span(NOW, NOW, [world.project] if is_one else None)
    found = plans(event_counts.over_time, "", span, NOW)
    rows = [text for text in found if re.match(r"(SCAN|SEARCH) [ieh] ", text)]
    assert rows == [
        "SEARCH i USING COVERING INDEX issues_by_last_seen (project_id=? AND last_seen>?)",
        "SEARCH h USING PRIMARY KEY (issue_id=? AND hour>? AND hour<?)",
    ]
