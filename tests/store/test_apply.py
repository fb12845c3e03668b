"""The rules of storing: counters equal rows, duplicates change nothing, releases and quotas."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples
from rows import AT, event, store

from jentry.store import connection, orgs, projects
from jentry.store.apply import apply
from jentry.store.audit import Actor
from jentry.store.checks import counters
from jentry.store.connection import transaction
from jentry.store.intake import issues
from jentry.store.intake.sessions import RANKS
from jentry.store.rows import (
    Outcome,
    RateLimit,
    SessionCounts,
    SessionRow,
    StoreResult,
    Submission,
)


def only(db, sql, *params):
    (row,) = db.execute(sql, params).fetchall()
    return dict(row)


def issue(db):
    return only(db, "SELECT * FROM issues")


def test_events_of_one_hash_are_one_issue_with_exact_counts(db, submission):
    store(db, submission(event(1, user_hash=b"u1")), submission(event(2, user_hash=b"u2")))
    store(db, submission(event(3, user_hash=b"u1")))
    found = issue(db)
    assert (found["event_count"], found["user_count"]) == (3, 2)
    assert only(db, "SELECT count(*) AS n FROM events") == {"n": 3}
    assert only(db, "SELECT sum(events) AS n FROM issue_hours") == {"n": 3}
    assert only(db, "SELECT sum(events) AS n FROM issue_tags") == {"n": 3}


def test_users_of_an_issue_are_counted_to_a_bound(db, submission, monkeypatch):
    monkeypatch.setattr(issues, "MOST_USERS", 3)
    for number in range(6):
        who = b"%d" % number
        store(db, submission(event(number, user_hash=who, people=(who,))))
    assert issue(db)["user_count"] == 3
    assert only(db, "SELECT count(*) AS n FROM issue_users") == {"n": 3}
    assert only(db, "SELECT count(*) AS n FROM issue_people") == {"n": 3}
    assert issue(db)["event_count"] == 6
    assert not counters(db)


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_new_hash_joins_the_issue_of_the_one_before_it(db, submission, in_one_batch):
    new, old = b"n" * 32, b"a" * 32
    joining = [event(n, hash_version=2, hash=new, formers=((1, old),)) for n in (2, 3)]
    store(db, submission(event(1)))
    for batch in [joining] if in_one_batch else [[joining[0]], [joining[1]]]:
        store(db, *map(submission, batch))
    store(db, submission(event(4, hash_version=2, hash=new)))  # the rules before are forgotten
    assert issue(db)["event_count"] == 4
    assert only(db, "SELECT count(DISTINCT hash_id) AS n FROM events") == {"n": 2}
    store(db, submission(event(5, hash_version=2, hash=b"o" * 32, formers=((1, b"b" * 32),))))
    assert only(db, "SELECT count(*) AS n FROM issues") == {"n": 2}
    assert only(db, "SELECT count(*) AS n FROM issue_hashes WHERE version = 1") == {"n": 1}
    assert not counters(db)


def test_a_repeated_event_brings_no_new_hash(db, submission):
    store(db, submission(event(1)))
    store(db, submission(event(1, hash_version=2, hash=b"n" * 32, formers=((1, b"a" * 32),))))
    assert only(db, "SELECT count(*) AS n FROM issue_hashes") == {"n": 1}


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_repeated_event_id_changes_nothing_but_the_outcomes(db, submission, in_one_batch):
    again = event(1, hash=b"b" * 32, title="Other", user_hash=b"u", release="web@1")
    if in_one_batch:
        store(db, submission(event(1)), submission(again))
    else:
        store(db, submission(event(1)))
        store(db, submission(again))
    found = issue(db)
    assert (found["event_count"], found["user_count"], found["title"]) == (1, 0, "ValueError: bad")
    assert only(db, "SELECT count(*) AS n FROM releases") == {"n": 0}
    outcomes = db.execute("SELECT outcome, reason, quantity FROM outcome_hours ORDER BY 1")
    assert [tuple(row) for row in outcomes] == [("accepted", "", 1), ("invalid", "duplicate", 1)]


def test_title_culprit_and_level_follow_the_latest_event_not_the_last_to_arrive(db, submission):
    later = event(1, timestamp="2026-11-20T09:00:00.000Z", title="New", level="fatal")
    earlier = event(2, timestamp="2026-11-20T08:00:00.000Z", title="Old", level="info")
    store(db, submission(event(0, timestamp="2026-11-20T08:30:00.000Z")))
    store(db, submission(later))
    store(db, submission(earlier))
    found = issue(db)
    assert (found["title"], found["level"]) == ("New", "fatal")
    assert (found["first_seen"], found["last_seen"]) == (earlier.timestamp, later.timestamp)


def test_a_placeholder_title_does_not_replace_a_real_one(db, submission):
    store(db, submission(event(1)))
    store(db, submission(event(2, title="<unlabeled event>", search="", culprit="")))
    assert issue(db)["title"] == "ValueError: bad"


def test_first_and_last_release_are_those_of_the_earliest_and_latest_event(db, submission):
    at = "2026-11-20T0{}:00:00.000Z".format
    store(db, submission(event(1, timestamp=at(5))))
    for number, hour, release in [(2, 3, "b"), (3, 2, "a"), (4, 6, "d"), (5, 4, "c")]:
        store(db, submission(event(number, timestamp=at(hour), release=release)))
    found = only(
        db,
        """
        SELECT f.version AS first, l.version AS last
        FROM issues i JOIN releases f ON f.id = first_release_id
                      JOIN releases l ON l.id = last_release_id
        """,
    )
    assert found == {"first": "a", "last": "d"}


def test_a_release_counts_its_events_and_distinct_issues(db, submission):
    store(
        db,
        submission(event(1, release="web@1")),
        submission(event(2, release="web@1")),
        submission(event(3, release="web@1", hash=b"b" * 32)),
        submission(event(4, release="web@2")),
    )
    rows = db.execute("SELECT version, events, issues FROM releases ORDER BY version")
    assert [tuple(row) for row in rows] == [("web@1", 3, 2), ("web@2", 1, 1)]


@pytest.mark.parametrize(
    ("status", "substatus", "events", "expected"),
    [
        pytest.param("resolved", None, 1, ("unresolved", "regressed"), id="resolved regresses"),
        pytest.param(
            "ignored",
            "archived_until_escalating",
            10,
            ("ignored", "archived_until_escalating"),
            id="ignored stays ignored",
        ),
        pytest.param(
            "ignored",
            "archived_until_escalating",
            200,
            ("unresolved", "escalating"),
            id="ignored comes back when it escalates",
        ),
        pytest.param("unresolved", "ongoing", 5, ("unresolved", "ongoing"), id="open stays open"),
    ],
)
def test_what_an_event_does_to_the_status(db, submission, status, substatus, events, expected):
    store(db, submission(event(0)))
    db.execute(
        "UPDATE issues SET status = ?, substatus = ?, status_events = event_count",
        (status, substatus),
    )
    store(db, *[submission(event(number + 1)) for number in range(events)])
    found = issue(db)
    assert (found["status"], found["substatus"]) == expected
    assert found["event_count"] == events + 1
    returns = only(db, "SELECT count(*) AS n FROM issue_returns")
    assert returns == {"n": status != found["status"]}


def test_a_return_is_recorded_with_the_first_event_that_arrived_and_its_release(db, submission):
    later = "2026-11-20T11:00:00.000Z"
    store(db, submission(event(1, release="web@1")))
    db.execute("UPDATE issues SET status = 'resolved', substatus = NULL")
    store(db, submission(event(1)), at=later)  # known already
    early = event(2, release="web@2", timestamp="2026-11-20T08:00:00.000Z")
    store(db, submission(early), submission(event(3, release="web@3")), at=later)
    store(db, submission(event(4)), at=later)
    found = db.execute(
        """
        SELECT issue_id, substatus, event_id, created_at,
               (SELECT version FROM releases WHERE id = release_id)
        FROM issue_returns
        """
    )
    number = issue(db)["id"]
    expected = (number, "regressed", (2).to_bytes(16), later, "web@2")
    assert [tuple(row) for row in found] == [expected]


def test_a_noisy_issue_that_is_ignored_does_not_come_back_at_once(db, submission):
    store(db, *[submission(event(number)) for number in range(100)])
    db.execute("UPDATE issues SET status = 'ignored', substatus = 'archived_until_escalating'")
    db.execute("UPDATE issues SET status_events = event_count")
    store(db, *[submission(event(100 + number)) for number in range(60)])
    assert issue(db)["status"] == "ignored"


def test_events_over_the_quota_are_counted_and_not_stored(db, submission):
    limits = {"quota_5min": 2, "quota_hour": 10}
    results = store(db, *[submission(event(number), limits=limits) for number in range(4)])
    assert [[limit.quota for limit in result.rate_limits] for result in results] == [
        [], [], ["quota_5min"], ["quota_5min"],
    ]  # fmt: skip
    assert issue(db)["event_count"] == 2
    rows = db.execute("SELECT outcome, quantity FROM outcome_hours ORDER BY outcome")
    assert [tuple(row) for row in rows] == [("accepted", 2), ("rate_limited", 2)]


def test_a_quota_ends_with_its_window_and_says_when(db, submission):
    limits = {"quota_5min": 1}
    at = "2026-11-20T10:0{}:00.000Z".format
    assert store(db, submission(event(1), limits=limits), at=at(1))[0].rate_limits == ()
    assert store(db, submission(event(2), limits=limits), at=at(2))[0].rate_limits == (
        RateLimit("quota_5min", 181),
    )
    assert store(db, submission(event(3), limits=limits), at=at(5))[0].rate_limits == ()


def test_a_duplicate_does_not_use_up_the_quota(db, submission):
    for number in (1, 1, 1, 2):
        result = store(db, submission(event(number), limits={"quota_5min": 2}))[0]
        assert result == StoreResult()


def test_sessions_flow_while_events_are_limited(db, submission):
    counts = SessionCounts("web@1", None, AT, 3, 0, 1, 0, 0)
    store(db, submission(event(1), limits={"quota_5min": 0}, session_counts=[counts]))
    release = only(db, "SELECT sessions, crashed, events FROM releases")
    assert release == {"sessions": 4, "crashed": 1, "events": 0}


def test_a_parcel_prepared_under_other_settings_is_not_stored(db, submission):
    old = submission(event(1))
    db.execute("UPDATE projects SET settings = '{\"store_ips\": false}'")
    (result,) = store(db, old)
    assert result.is_stale
    assert only(db, "SELECT count(*) AS n FROM events") == {"n": 0}


def test_one_refused_row_takes_the_batch_with_it_and_nothing_is_kept(db, submission):
    bad = event(2, hash=b"b" * 32, level="loud", tags=(("new", "tag"),))
    with pytest.raises(connection.errors()), transaction(db):
        apply(db, [submission(event(1)), submission(bad)], AT)
    assert only(db, "SELECT count(*) AS n FROM issues") == {"n": 0}
    store(db, submission(event(3, tags=(("new", "tag"),))))  # its tag id was not remembered wrongly
    assert only(db, "SELECT count(*) AS n FROM issue_tags") == {"n": 1}


def test_several_hashes_of_one_issue_meet_in_one_batch(db, submission):
    store(db, submission(event(1)))
    db.execute(
        """
        INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
        SELECT project_id, version, ?, issue_id, '{}' FROM issue_hashes
        """,
        (b"b" * 32,),
    )
    store(db, submission(event(2)), submission(event(3, hash=b"b" * 32)), submission(event(4)))
    assert issue(db)["event_count"] == 4
    led_by = db.execute(
        "SELECT h.hash FROM events e JOIN issue_hashes h ON h.id = e.hash_id ORDER BY e.id"
    )
    assert [row["hash"][:1] for row in led_by] == [b"a", b"a", b"b", b"a"]


def test_a_client_report_is_counted_in_its_own_hour(db, submission):
    outcome = Outcome("error", "client_discard", "before_send", 7, "2026-11-19T08")
    store(db, submission(outcomes=[outcome, outcome]))
    found = only(db, "SELECT hour, category, outcome, reason, quantity FROM outcome_hours")
    assert tuple(found.values()) == (
        "2026-11-19T08", "error", "client_discard", "before_send", 14,
    )  # fmt: skip


def session(sid=1, status="ok", errors=0, **changes) -> SessionRow:
    row = SessionRow(sid.to_bytes(16), "web@1", "production", None, AT, AT, status, errors)
    return replace(row, **changes)


def health(db):
    return only(
        db,
        "SELECT sessions, errored, crashed, abnormal, unhandled FROM releases WHERE sessions > 0",
    )


@pytest.mark.parametrize(
    ("updates", "part"),
    [
        pytest.param([("ok", 0)], None, id="begun"),
        pytest.param([("exited", 0)], None, id="one healthy update"),
        pytest.param([("ok", 0), ("exited", 1)], "errored", id="errors make it errored"),
        pytest.param([("crashed", 0), ("ok", 0)], "crashed", id="a late ok does not heal"),
        pytest.param([("ok", 1), ("unhandled", 1), ("ok", 1)], "unhandled", id="browser order"),
        pytest.param([("exited", 0), ("crashed", 1)], "crashed", id="crashed outranks exited"),
        pytest.param([("abnormal", 0)], "abnormal", id="abnormal"),
    ],
)
def test_a_session_is_counted_once_in_one_part(db, submission, updates, part):
    for status, errors in updates:
        store(db, submission(sessions=[session(status=status, errors=errors)]))
    expected = dict.fromkeys(("errored", "crashed", "abnormal", "unhandled"), 0)
    if part:
        expected[part] = 1
    assert health(db) == {"sessions": 1} | expected


def test_release_and_start_of_a_session_never_change(db, submission):
    store(db, submission(sessions=[session()]))
    moved = session(release="web@2", started="2026-11-20T08:00:00.000Z", status="crashed")
    store(db, submission(sessions=[moved]))
    assert only(db, "SELECT version FROM releases") == {"version": "web@1"}
    row = only(db, "SELECT hour, sessions, crashed FROM session_hours")
    assert row == {"hour": "2026-11-20T10", "sessions": 1, "crashed": 1}


@settings(max_examples=examples(30), deadline=None)
@given(
    updates=st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from(["ok", "exited", "crashed"]), st.integers(0, 2)
        ),
        max_size=8,
    ),
    data=st.data(),
)
def test_the_order_and_batching_of_updates_do_not_matter(fresh, updates, data):
    """Each session ends in the highest rank and the most errors it was ever reported with."""
    with fresh() as db:
        with transaction(db) as at:
            org = orgs.create(db, "Acme", None, at, "cli")
            actor = Actor(org["id"], None, "cli")
            project = projects.create(db, actor, "Shop", None, None, at)
        version = db.execute("SELECT config_version FROM instance").fetchone()[0]
        rows = [session(sid, status, errors) for sid, status, errors in updates]
        shuffled = data.draw(st.permutations(rows))
        cut = data.draw(st.integers(0, len(rows)))
        for part in (shuffled[:cut], shuffled[cut:]):
            store(db, Submission(project["id"], 1, version, AT, sessions=part))
        ended = {
            sid: max((RANKS[s], s) for other, s, _ in updates if other == sid)[1]
            for sid, _, _ in updates
        }
        errors = {sid: max(e for other, _, e in updates if other == sid) for sid in ended}
        stored = db.execute("SELECT sid, status, errors FROM sessions").fetchall()
        assert {int.from_bytes(row[0]): (row[1], row[2]) for row in stored} == {
            sid: (ended[sid], errors[sid]) for sid in ended
        }
        totals = db.execute("SELECT sum(sessions), sum(crashed), sum(errored) FROM releases")
        assert tuple(totals.fetchone()) == (
            (
                len(ended),
                sum(status == "crashed" for status in ended.values()),
                sum(status != "crashed" and errors[sid] > 0 for sid, status in ended.items()),
            )
            if ended
            else (None, None, None)
        )
