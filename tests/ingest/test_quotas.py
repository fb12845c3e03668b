"""Nothing can be stored without end: windows, distinct things, and what one request may hold."""

import random
import re
import uuid

import pytest
from factories import ago
from sdk import KEY

from jentry import clock
from jentry.ingest.items.client_report import KNOWN
from jentry.quotas import most
from jentry.settings import Settings
from jentry.store.checks import problems_of
from jentry.store.tables import TABLES

pytestmark = pytest.mark.usefixtures("begins_now")


@pytest.fixture
def limits():
    return {}


@pytest.fixture
def settings(database, limits):
    return Settings(db=database, url="http://jentry.test", **limits)


def name(number):
    return f"n{number:03}"


def noise(size):
    return random.Random(size).randbytes(size).hex()[:size]


def event(number, **members):
    return ("event", {"event_id": uuid.uuid4().hex, "message": "hello", **members})


def large_event(number):
    return event(number, extra={"pad": noise(9000)})


def attachment(number):
    return ("attachment", noise(9000).encode() + name(number).encode(), {"filename": "a"})


def user_report(number):
    return ("user_report", {"event_id": uuid.uuid4().hex, "comments": name(number)})


def feedback(number):
    body = {"message": name(number)}
    return ("feedback", {"event_id": uuid.uuid4().hex, "contexts": {"feedback": body}})


def check_in(number, slug="nightly"):
    return ("check_in", {"check_in_id": uuid.uuid4().hex, "monitor_slug": slug, "status": "ok"})


def session(number, release="web@1", hours=0, environment="production", sid=None):
    attributes = {"release": release, "environment": environment}
    sid = sid or uuid.uuid4().hex
    return ("session", {"sid": sid, "started": ago(hours=hours), "attrs": attributes})


def counted(number, hours=0, buckets=1):
    bucket = {"started": ago(hours=hours), "exited": 1}
    body = {"attrs": {"release": "web@1"}, "aggregates": [bucket] * buckets}
    return ("sessions", body)


FILE = {"event_id": "9ec79c33ec9942ab8353589fcb2e04dc"}
EVENTS = "error;default;security;attachment"


@pytest.mark.parametrize(
    ("limits", "make", "table", "categories", "reason"),
    [
        pytest.param({"quota_5min": 2}, event, "events", EVENTS, "quota", id="events"),
        pytest.param({"quota_hour": 2}, event, "events", EVENTS, "quota", id="hourly"),
        pytest.param(
            {"quota_bytes_hour": 15_000}, large_event, "events", EVENTS, "bytes", id="event bytes"
        ),
        pytest.param(
            {"quota_attachment_bytes_hour": 15_000}, attachment, "attachments", "attachment",
            "bytes", id="attachment bytes",
        ),
        pytest.param(
            {"quota_reports_5min": 2}, user_report, "user_reports", "feedback;user_report",
            "quota", id="user reports",
        ),
        pytest.param(
            {"quota_reports_5min": 2}, feedback, "user_reports", "feedback;user_report", "quota",
            id="feedback",
        ),
        pytest.param(
            {"quota_check_ins_5min": 2}, check_in, "check_ins", "monitor", "quota", id="check-ins"
        ),
        pytest.param(
            {"quota_sessions_5min": 2}, session, "sessions", "session", "quota", id="sessions"
        ),
        pytest.param(
            {"quota_session_hours_hour": 2}, lambda n: session(n, hours=n), "session_hours",
            "session", "hours", id="hours of sessions",
        ),
        pytest.param(
            {"quota_session_hours_hour": 2}, lambda n: counted(n, hours=n), "session_hours",
            "session", "hours", id="hours of counted sessions",
        ),
    ],
)  # fmt: skip
def test_what_is_beyond_a_quota_is_429_for_its_category(
    sdk, stored, limits, make, table, categories, reason
):
    header = FILE if make is attachment else {}
    replies = [sdk.envelope(make(number), header=header) for number in range(2)]
    full = [sdk.envelope(make(number), header=header) for number in (2, 3)]
    if "bytes" in reason:  # how many fit depends on how they are packed
        full = full[-1:]
    else:
        assert [reply.status for reply in replies] == [200, 200]
        assert stored.count(table) == 2
    assert {reply.status for reply in full} == {429}
    said = re.fullmatch(
        r"(\d+):(.*):project:quota_exceeded", full[-1].headers["x-sentry-rate-limits"]
    )
    assert (said[1], said[2]) == (full[-1].headers["retry-after"], categories)
    (limited,) = [row for row in stored.outcomes() if row[1] == "rate_limited"]
    assert limited[2] == reason
    assert limited[3] >= len(full)


@pytest.mark.parametrize("limits", [{"quota_reports_5min": 1, "quota_sessions_5min": 1}])
def test_the_rest_of_the_envelope_is_stored(sdk, stored, limits):
    items = [session(0), session(1), user_report(0), user_report(1), check_in(0), event(0)]
    reply = sdk.envelope(*items)
    assert reply.status == 429
    wait = reply.headers["retry-after"]
    assert reply.headers["x-sentry-rate-limits"] == (
        f"{wait}:session:project:quota_exceeded, {wait}:feedback;user_report:project:quota_exceeded"
    )
    tables = ("events", "sessions", "user_reports", "check_ins")
    assert {table: stored.count(table) for table in tables} == dict.fromkeys(tables, 1)


@pytest.mark.parametrize("limits", [{"quota_hour": 1}])
def test_files_wait_with_the_events_but_go_with_the_last_one(sdk, stored, limits):
    own = event(0, **FILE)
    assert sdk.envelope(own, attachment(0), header=FILE).status == 200
    assert sdk.envelope(attachment(1), header=FILE).status == 429
    assert sdk.envelope(event(1), attachment(2), header={}).status == 429
    assert stored.count("attachments") == 1
    assert ("attachment", "rate_limited", "quota", 2) in stored.outcomes()


@pytest.mark.parametrize("limits", [{"quota_check_ins_5min": 1, "max_monitors": 1}])
def test_a_check_in_by_address_is_never_refused_for_a_quota(client, stored, limits):
    path = f"/api/7/cron/nightly/?sentry_key={KEY}&status=ok"
    assert [client.send(path).status for _ in range(3)] == [202, 202, 202]
    assert stored.count("check_ins") == 1
    assert ("monitor", "rate_limited", "quota", 2) in stored.outcomes()


@pytest.mark.parametrize("limits", [{"quota_hour": 0, "quota_reports_5min": 0}])
def test_no_limit_is_none(sdk, stored, limits):
    for number in range(12):
        assert sdk.envelope(user_report(number), large_event(number)).status == 200
    assert stored.count("user_reports") == 12


@pytest.mark.parametrize(
    ("items", "table", "kept", "outcome"),
    [
        pytest.param(
            [attachment(n) for n in range(40)], "attachments", 30,
            ("attachment", "invalid", "too_many", 10), id="attachments",
        ),
        pytest.param(
            [user_report(n) for n in range(900)], "user_reports", 10,
            ("feedback", "invalid", "too_many", 890), id="user reports",
        ),
        pytest.param(
            [check_in(n) for n in range(900)], "check_ins", 10,
            ("monitor", "invalid", "too_many", 890), id="check-ins",
        ),
        pytest.param(
            [session(n) for n in range(150)], "sessions", 100,
            ("session", "invalid", "too_many", 50), id="sessions",
        ),
        pytest.param(
            [counted(0, buckets=250)], "session_hours", 1,
            ("session", "invalid", "too_many", 150), id="buckets of an item",
        ),
        pytest.param(
            [counted(0, buckets=100)] * 50, "session_hours", 1,
            ("session", "invalid", "too_many", 4000), id="buckets of a request",
        ),
        pytest.param(
            [("client_report", {"discarded_events": [
                {"reason": "before_send", "category": "error", "quantity": 1}] * 30})] * 50,
            "outcome_hours", 2, ("internal", "invalid", "too_many", 40 + 200), id="client reports",
        ),
    ],
)  # fmt: skip
def test_a_request_holds_so_many_of_each(sdk, stored, items, table, kept, outcome):
    assert sdk.envelope(*items, header=FILE).status == 200
    assert stored.count(table) == kept
    assert outcome in stored.outcomes()


def test_a_repeated_event_changes_nothing_but_the_outcomes(sdk, stored, database):
    def tables():
        names = TABLES.keys() - {"outcome_hours"}
        return {name: stored.all(f"SELECT * FROM {name}") for name in sorted(names)}

    first = event(0, release="web@1", tags={"a": "1"}, user={"id": "1"})
    sdk.envelope(first)
    before = tables()
    for number in range(5):
        changed = {"release": f"ghost@{number}", "tags": {name(number): "2"}, "user": {"id": "2"}}
        changed |= {"message": f"other {number} words", "environment": name(number)}
        assert sdk.envelope(("event", first[1] | changed)).status == 200
    assert tables() == before
    assert ("error", "invalid", "duplicate", 5) in stored.outcomes()


def test_the_updates_of_one_session_open_one_release_and_hour(sdk, stored):
    sid = uuid.uuid4().hex
    for number in range(5):
        sdk.envelope(session(number, name(number), number, name(number), sid))
    opened = [stored.count(table) for table in ("releases", "session_hours", "tags")]
    assert opened == [1, 1, 1]


@pytest.mark.parametrize(
    "limits", [{"quota_releases_hour": 2}, {"max_releases": 2}], ids=["new ones", "all"]
)
def test_releases_beyond_the_cap_are_one_without_a_name(sdk, stored, database, limits):
    sent = [event(n, release=name(n)) for n in range(5)]
    for item in sent:
        assert sdk.envelope(item).status == 200
    for number in (1, 8, 9):
        assert sdk.envelope(session(number, name(number))).status == 200
    rows = stored.all("SELECT version, events, sessions FROM releases ORDER BY version")
    assert [tuple(row.values()) for row in rows] == [("", 3, 2), (name(0), 1, 0), (name(1), 1, 1)]
    issue = stored.one(
        """
        SELECT r.version FROM issues i JOIN releases r ON r.id = i.last_release_id
        """
    )
    assert issue == {"version": name(1)}
    assert [payload["release"] for payload in stored.payloads()] == [name(n) for n in range(5)]
    assert problems_of(database) == []


@pytest.mark.parametrize("limits", [{"max_releases": 2}])
@pytest.mark.parametrize(
    ("column", "named"), [("last_seen", [name(3)]), ("created_at", []), (None, [])]
)
def test_new_releases_are_told_apart_again_once_others_are_gone(sdk, db, stored, column, named):
    for number in range(3):
        sdk.envelope(event(number, release=name(number)))
    old = {"created_at": "2020-01-01T00:00:00.000Z", "last_seen": "2020-01-02T00:00:00.000Z"}
    young = {key: clock.timestamp(clock.now()) for key in old}
    for version, times in ((name(0), old if column == "last_seen" else young), (name(1), young)):
        times = times | ({"created_at": old["created_at"]} if column else {})
        db.execute(
            """
            UPDATE releases SET created_at = :created_at, last_seen = :last_seen
            WHERE version = :version
            """,
            times | {"version": version},
        )
    sdk.envelope(event(3, release=name(3)))
    versions = {row["version"] for row in stored.all("SELECT version FROM releases")}
    assert versions == {"", name(0), name(1), *named}


@pytest.mark.parametrize("limits", [{"max_environments": 2, "max_tag_values": 3}])
def test_values_beyond_the_cap_are_counted_together(sdk, stored, database, limits):
    for number in range(6):
        sdk.envelope(event(number, environment=name(number), tags={"a": name(number), "b": "1"}))
    sdk.envelope(event(0, environment=name(0), tags={"a": name(5), "b": "2"}))
    sdk.envelope(session(0, environment=name(0)), session(1, environment=name(9)))
    rows = stored.all(
        """
        SELECT t.key, t.value, s.events
        FROM issue_tags s JOIN tags t ON t.id = s.tag_id
        WHERE t.key IN ('environment', 'a', 'b')
        ORDER BY t.key, t.value
        """
    )
    assert [tuple(row.values()) for row in rows] == [
        ("a", "", 4), ("a", name(0), 1), ("a", name(1), 1), ("a", name(2), 1),
        ("b", "1", 6), ("b", "2", 1),
        ("environment", "", 4), ("environment", name(0), 2), ("environment", name(1), 1),
    ]  # fmt: skip
    hours = stored.all("SELECT environment, sessions FROM session_hours ORDER BY environment")
    assert [tuple(row.values()) for row in hours] == [("", 1), (name(0), 1)]
    assert stored.payloads()[5]["tags"]["a"] == name(5)
    assert problems_of(database) == []


@pytest.mark.parametrize("limits", [{"max_tag_keys": 3}])
def test_keys_beyond_the_cap_are_not_in_the_tables(sdk, stored, database, limits):
    for number in range(6):
        sdk.envelope(event(number, tags={name(number): "1"}))
    keys = [row["key"] for row in stored.all("SELECT key FROM tag_keys ORDER BY key")]
    assert keys == ["", "level", name(0), name(1)]  # the one without a name: there were more
    assert stored.count("tags") == 3
    sdk.envelope(event(7, environment="production"))  # an environment always has room
    assert stored.count("tags") == 4
    assert problems_of(database) == []


@pytest.mark.parametrize("limits", [{"max_monitors": 2}])
def test_monitors_beyond_the_cap_are_dropped_and_others_go_on(sdk, stored, limits):
    sent = [check_in(n, slug=name(n)) for n in (0, 1, 2, 3, 0)]
    assert {sdk.envelope(item).status for item in sent} == {200}
    assert (stored.count("monitors"), stored.count("check_ins")) == (2, 3)
    assert ("monitor", "rate_limited", "monitors", 2) in stored.outcomes()


def test_client_reports_open_the_hours_of_a_day_at_most(sdk, stored):
    entry = {"reason": "before_send", "category": "error", "quantity": 1}
    for hours in range(0, 240, 5):
        sdk.envelope(
            ("client_report", {"timestamp": ago(hours=hours), "discarded_events": [entry]})
        )
    rows = stored.all("SELECT hour FROM outcome_hours WHERE outcome = 'client_discard'")
    assert min(row["hour"] for row in rows) >= clock.hour(ago(hours=25))
    assert sum(row[3] for row in stored.outcomes() if row[1] == "client_discard") == 48


def test_reasons_beyond_the_cap_are_counted_as_other(sdk, stored):
    words = sorted(KNOWN)[:25]
    entries = [
        {"category": category, "reason": reason, "quantity": 1}
        for category in words
        for reason in words
    ]
    for first in range(0, len(entries), 100):
        sdk.envelope(("client_report", {"discarded_events": entries[first : first + 100]}))
    rows = stored.outcomes()
    assert sum(row[3] for row in rows) == len(entries)
    assert stored.count("outcome_hours") <= most("outcomes") + len(words)
    assert "other" in {row[2] for row in rows}


def test_the_issue_hours_are_no_more_than_the_events(sdk, stored):
    for hours in range(0, 100, 10):
        sdk.envelope(event(0, timestamp=ago(hours=hours)))
    assert stored.count("issue_hours") == stored.count("events") == 10
