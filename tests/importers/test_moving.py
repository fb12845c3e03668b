"""Moving in: by the recorded answers of each tracker, from the command line to the database."""

from datetime import UTC, datetime

import pytest
from recorded import serving

from jentry.store import checks, connection, migrations, tail

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
OFF = "comes switched off: switch it on when you have moved"
NO_TEAMS = "there are no teams: every member sees all projects"
FILES = "files of events stay there; those of new events come here"
MAPS = "send them again with the next build, or map older events there"
HISTORY = "who changed what, and when, stays there; the comments come along"
ANEW = "chats, trackers and repositories are connected anew"
ONE, TWO, THREE, FOUR, FIVE = (digit * 32 for digit in "12345")

PLANS = {
    "sentry": [
        ("organization", "acme", "yes", "as acme"),
        ("member", "ada@example.com", "yes", "without a password, as owner"),
        ("member", "bob@example.com", "changed", "manager becomes admin"),
        ("member", "ghost", "no", "it has no email address"),
        ("project", "shop", "yes", ""),
        ("project", "web_app", "changed", "its slug becomes web-app"),
        ("key", f"shop: {ONE}", "yes", ""),
        ("key", "shop: limit of Default", "no", "quotas are of a project: set one there"),
        ("key", f"shop: {TWO}", "yes", "switched off, as it is there"),
        ("key", "shop: short", "no", "a key has 32 hex digits: its DSN has to be changed"),
        ("key", f"web_app: {THREE}", "yes", ""),
        ("release", "shop@1.2.0", "yes", ""),
        ("rule", "shop: New and loud", "changed",
         f"{OFF}; tells all members by mail, not by SlackNotifyServiceAction"),
        ("rule", "shop: Latest release", "no", "no such filter here: LatestReleaseFilter"),
        ("rule", "shop: Every event", "no", "it tells of every event"),
        ("rule", "shop: Both", "no", "conditions of which all have to hold"),
        ("rule", "web_app", "no", "cannot be read: The token may not read "
         "/api/0/projects/acme/web_app/rules/: no access"),
        ("team", "backend", "no", NO_TEAMS),
        ("monitor", "Nightly", "no", "made by the SDK's next check-in"),
        ("transactions", "all", "no",
         "jentry keeps errors only: no traces, profiles, replays and logs"),
        ("attachments", "all", "no", FILES),
        ("dashboards", "all", "no", "jentry has none to make; nor saved searches"),
        ("integrations", "all", "no", ANEW),
        ("source maps", "all", "no", MAPS),
        ("history", "all", "no", HISTORY),
        ("issue", "SHOP-2", "changed",
         "no longer assigned to team Backend; no longer waits for inNextRelease"),
        ("issue", "SHOP-3", "no", "jentry keeps errors only: performance"),
        ("issues", "shop: 5", "yes", "with up to 10 events"),
        ("events", "shop: 48", "no", "counted only: --events says how many come"),
        ("issues", "web_app: 0", "yes", "with up to 0 events"),
    ],
    "glitchtip": [
        ("organization", "acme", "yes", "as acme"),
        ("member", "ada@example.com", "yes", "without a password, as owner"),
        ("member", "bob@example.com", "changed", "admin becomes member"),
        ("project", "shop", "yes", ""),
        ("key", f"shop: {FOUR}", "yes", ""),
        ("release", "shop@2", "yes", ""),
        ("rule", "shop: Many", "no", "jentry watches no addresses"),
        ("rule", "shop: Many", "changed", f"{OFF}; tells all members by mail, not by discord"),
        ("team", "core", "no", NO_TEAMS),
        ("monitor", "Front page", "no", "jentry watches no addresses"),
        ("transactions", "all", "no", "jentry keeps errors only: no performance data and logs"),
        ("user reports", "all", "no", "what people wrote about events stays there"),
        ("attachments", "all", "no", FILES),
        ("integrations", "all", "no", ANEW),
        ("source maps", "all", "no", MAPS),
        ("history", "all", "no", HISTORY),
        ("issues", "shop: 1", "yes", "with up to 3 events"),
    ],
    "bugsink": [
        ("organization", "acme", "yes", "as acme"),
        ("project", "shop", "yes", ""),
        ("key", f"shop: {FIVE}", "yes", ""),
        ("release", "shop@3", "yes", ""),
        ("rule", "shop: alerts", "changed", OFF),
        ("team", "Core", "no", NO_TEAMS),
        ("members", "all", "no", "its API does not name people: invite them here"),
        ("assignment", "all", "no", "issues there are nobody's"),
        ("attachments", "all", "no", FILES),
        ("source maps", "all", "no", MAPS),
        ("history", "all", "no", HISTORY),
        ("quotas", "all", "no", "how many events of a project are kept follows the settings here"),
        ("issue", "SHOP-1", "changed", "no longer waits for its own condition"),
        ("issues", "shop: 1", "yes", "with up to 3 events"),
        ("events", "shop: 2", "no", "counted only: --events says how many come"),
    ],
}  # fmt: skip

ISSUES = """
    SELECT i.title, i.status, i.substatus, u.email, i.event_count, i.first_seen, i.last_seen
    FROM issues i LEFT JOIN users u ON u.id = i.assignee_id ORDER BY i.id
"""
EVENTS = """
    SELECT event_id, issue_id, timestamp, environment FROM events ORDER BY id
"""
MOVED = {
    "sentry": (
        [
            ("ValueError: bad cart 7", "unresolved", "ongoing", "ada@example.com", 51,
             "2026-11-01T10:00:00.000Z", "2026-11-20T12:00:00.500Z"),
            ("stock is low", "resolved", None, None, 2,
             "2026-11-10T10:00:00.000Z", "2026-11-19T12:00:00.000Z"),
            ("ValueError: bad cart 9", "ignored", "archived_forever", None, 1,
             "2026-11-10T10:00:00.000Z", "2026-11-16T12:00:00.000Z"),
        ],
        [
            ("01", 1, "2026-11-20T12:00:00.500Z", "production"),
            ("02", 1, "2026-11-19T12:00:00.000Z", "production"),
            ("03", 1, "2026-11-18T12:00:00.000Z", "production"),
            ("05", 2, "2026-11-19T12:00:00.000Z", "production"),
            ("06", 1, "2026-11-18T12:00:00.000Z", "production"),
            ("07", 3, "2026-11-16T12:00:00.000Z", "production"),
        ],
        [(1, "ada@example.com", "seen it"), (1, None, "Gone: me too")],
        [(4501, ONE, 0), (4501, TWO, 1), (4502, THREE, 0)],
    ),
    "glitchtip": (
        [("KeyError: 'total'", "ignored", "archived_until_escalating", None, 3,
          "2026-11-10T10:00:00.000Z", "2026-11-20T12:00:00.000Z")],
        [
            ("0b", 1, "2026-11-20T12:00:00.000Z", "live"),
            ("0c", 1, "2026-11-19T12:00:00.000Z", "live"),
            ("0d", 1, "2026-11-18T12:00:00.000Z", "live"),
        ],
        [(1, "ada@example.com", "on it")],
        [(9, FOUR, 0)],
    ),
    "bugsink": (
        [("OSError: disk full", "ignored", "archived_until_escalating", None, 5,
          "2026-11-10T12:00:00.000Z", "2026-11-20T12:00:00.000Z")],
        [
            ("1f", 1, "2026-11-20T12:00:00.000Z", "live"),
            ("20", 1, "2026-11-20T12:00:00.000Z", "live"),
        ],
        [(1, None, "Ada L: full again")],
        [(3, FIVE, 0)],
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def frozen(monkeypatch):
    monkeypatch.setattr("jentry.clock.now", lambda: NOW)


def tables(path):
    """Issues, events, comments and keys."""
    db = connection.connect(path)
    queries = (
        ISSUES,
        EVENTS,
        """SELECT c.issue_id, u.email, c.text FROM comments c
           LEFT JOIN users u ON u.id = c.user_id ORDER BY c.id""",
        """SELECT project_id, public_key, disabled_at IS NOT NULL FROM client_keys ORDER BY id""",
    )
    found = tuple([tuple(map(short, row)) for row in db.execute(query)] for query in queries)
    db.close()
    return found


def short(cell):
    """The ids of events are told apart by their last byte."""
    return cell[-1:].hex() if isinstance(cell, bytes) else cell


@pytest.mark.parametrize("kind", PLANS)
def test_a_dry_run_says_of_each_row_whether_it_comes_and_writes_nothing(
    kind, recorded, move, new_database
):
    with serving(recorded(kind)) as url:
        plan = move(kind, url, "--dry-run", "--events", 3)
    rows = [(row["kind"], row["name"], row["comes"], row["why"]) for row in plan["rows"]]
    assert rows == PLANS[kind]
    assert migrations.is_new(new_database)
    assert isinstance(new_database, str) or list(new_database.parent.iterdir()) == []


@pytest.mark.parametrize("kind", PLANS)
def test_what_is_moved_is_as_it_was_and_moving_once_more_changes_nothing(
    kind, recorded, move, new_database
):
    with serving(recorded(kind)) as url:
        move(kind, url, "--events", "all")
        assert tables(new_database) == MOVED[kind]
        again = move(kind, url, "--events", "all")
    (org,) = again["organizations"]
    assert org["added"] == {}
    assert tables(new_database) == MOVED[kind]
    assert checks.problems_of(new_database) == []


def test_issues_that_fall_together_or_have_no_event_are_named(recorded, move):
    with serving(recorded("sentry")) as url:
        (org,) = move("sentry", url)["organizations"]
    assert org["together"] == [{"theirs": "SHOP-4", "issue": 1}]
    why = "it has no event to group it by"
    assert {"kind": "issue", "name": "SHOP-5", "comes": "no", "why": why} in org["left"]


def test_more_events_are_fetched_when_more_are_asked_for_and_counts_stay(
    recorded, move, new_database
):
    with serving(recorded("glitchtip")) as url:
        move("glitchtip", url, "--events", 1)
        few = tables(new_database)
        move("glitchtip", url, "--events", "all")
    assert few[0] == tables(new_database)[0]
    assert [len(few[1]), len(tables(new_database)[1])] == [1, 3]
    assert checks.problems_of(new_database) == []


def test_new_events_come_with_the_next_run(recorded, move, new_database):
    source = recorded("glitchtip")
    events, issues = "/api/0/issues/21/events/", "/api/0/organizations/acme/issues/?project=9"
    newest = source.answers[events][0]
    source.answers[events] = source.answers[events][1:]
    source.answers[issues][0] |= {"count": "2", "lastSeen": "2026-11-19T12:00:00Z"}
    with serving(source) as url:
        move("glitchtip", url)
        source.answers[events].insert(0, newest)
        source.answers[issues][0] |= {"count": "3", "lastSeen": "2026-11-20T12:00:00Z"}
        (org,) = move("glitchtip", url)["organizations"]
    assert org["events"] == {"new": 1, "present": 2}
    assert tables(new_database)[0] == MOVED["glitchtip"][0]


def test_moved_events_are_no_news_for_anybody(recorded, move, new_database):
    with serving(recorded("sentry")) as url:
        move("sentry", url)
    db = connection.connect(new_database)
    assert db.execute("SELECT count(*) FROM happenings").fetchone()[0] == 0
    assert db.execute("SELECT count(*) FROM alert_rules WHERE is_active = 1").fetchone()[0] == 0
    assert tail.groups(db, 0, tail.last_id(db)) == []
    assert db.execute("SELECT count(*) FROM users WHERE password IS NOT NULL").fetchone()[0] == 0
    db.close()


def test_what_is_taken_here_is_foreseen_and_then_told(recorded, move, new_database):
    with serving(recorded("glitchtip")) as url:
        move("glitchtip", url)
        rows = move("glitchtip", url, "--into", "second", "--dry-run")["rows"]
        (org,) = move("glitchtip", url, "--into", "second")["organizations"]
    changed = {(row["kind"], row["why"]) for row in rows if row["kind"] in ("project", "key")}
    assert changed == {
        ("project", "its id is in use here: its DSN changes"),
        ("key", "another project has this key here: a new one is made"),
    }
    assert org["newIds"] == [{"project": "shop", "id": 1}]
    assert [key["project"] for key in org["newKeys"]] == ["shop"]
    assert len(tables(new_database)[0]) == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param(["--org", "nobody"], "There is no /api/0/organizations/nobody/", id="org"),
        pytest.param(["--into", "NO SLUG"], "A slug is made of lower-case letters", id="slug"),
    ],
)
def test_what_is_not_there_is_said(flags, message, recorded, move):
    with serving(recorded("sentry")) as url:
        assert message in move("sentry", url, *flags, code=1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param(["--events", "0"], "neither all nor a number from 1", id="no events"),
        pytest.param(["file.jsonl"], "Say either a file or --from", id="file and tracker"),
        pytest.param(["--url", ""], "--from needs --url", id="no address"),
        pytest.param(["--token", ""], "--from needs a token", id="no token"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(flags, message, move):
    assert message in move("sentry", "http://127.0.0.1:1", *flags, code=2)
