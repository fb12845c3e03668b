import factories
import pytest


@pytest.fixture
def issue(db, world):
    return factories.issue(db, world.project, title="TypeError: it is undefined")


@pytest.fixture
def only(api, db, issue):
    """The one event of an issue, made from a payload and columns."""

    def make(payload=None, **columns):
        factories.event(db, issue, payload, **columns)
        (event,) = api.get(f"/issues/{issue}/events").json["data"]
        return event

    return make


def test_an_event_is_shown_whole(only, db, world, issue):
    payload = {
        "type": "error",
        "title": "TypeError: Cannot read properties of undefined",
        "platform": "javascript",
        "dist": "7",
        "transaction": "/cart",
        "server_name": "web-1",
        "logger": "shop",
        "logentry": {"message": "%s is gone", "params": ["7"], "formatted": "7 is gone"},
        "report": None,
        "exception": {"values": [{"type": "TypeError", "stacktrace": {"frames": [{"in_app": 1}]}}]},
        "stacktrace": {"frames": []},
        "threads": {"values": []},
        "tags": {"browser": "Firefox"},
        "user": {"id": "7"},
        "request": {"url": "https://shop.test/"},
        "contexts": {"trace": {"trace_id": "9f8e7d" + "0" * 26, "type": "trace"}},
        "breadcrumbs": {"values": [{"message": "click"}]},
        "extra": {"some_key": [1]},
        "sdk": {"name": "sentry.javascript.browser"},
        "modules": {"react": "19"},
        "fingerprint": ["a"],
        "errors": [{"type": "invalid_data", "name": "user"}],
    }
    event = only(
        payload,
        event_id=bytes.fromhex("a1b2c3d4e5f60718293a4b5c6d7e8f90"),
        timestamp="2026-06-29T12:30:00.000Z",
        received_at="2026-06-29T12:30:01.200Z",
        environment="production",
        release_id=factories.release(db, world.project, "web@1.4.2"),
    )
    own = ("title", "server_name", "tags")
    assert event == {name: payload[name] for name in payload if name not in own} | {
        "id": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "issueId": issue,
        "projectId": world.project,
        "level": "error",
        "message": "TypeError: Cannot read properties of undefined",
        "environment": "production",
        "release": "web@1.4.2",
        "serverName": "web-1",
        "traceId": "9f8e7d" + "0" * 26,
        "timestamp": "2026-06-29T12:30:00.000Z",
        "receivedAt": "2026-06-29T12:30:01.200Z",
        "tags": {"server_name": "web-1", "browser": "Firefox"},
    }


def test_what_an_event_does_not_have_is_empty_or_null(only, issue, world):
    event = only()
    del event["id"]
    assert event == {
        "issueId": issue,
        "projectId": world.project,
        "type": "error",
        "level": "error",
        "message": "TypeError: it is undefined",
        "platform": "python",
        "timestamp": factories.AT,
        "receivedAt": factories.AT,
        "tags": {},
        "contexts": {},
        "errors": [],
    } | dict.fromkeys(
        [
            "environment", "release", "dist", "transaction", "serverName", "logger",
            "logentry", "report", "traceId",
            "exception", "stacktrace", "threads", "user", "request", "breadcrumbs", "extra", "sdk",
            "modules", "fingerprint",
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param(
            {"type": "default", "title": "first", "logentry": {"formatted": "first\nsecond"}},
            "first\nsecond",
            id="a message is shown whole",
        ),
        pytest.param(
            {"type": "default", "title": "a %s", "logentry": {"message": "a %s"}},
            "a %s",
            id="also without parameters",
        ),
        pytest.param(
            {"type": "error", "title": "E: x", "logentry": {"formatted": "something failed"}},
            "E: x",
            id="an error has its title",
        ),
        pytest.param(
            {"type": "default", "title": "<unlabeled event>"},
            "<unlabeled event>",
            id="a message without text has its title",
        ),
        pytest.param(
            {"type": "csp", "title": "Blocked 'x'", "logentry": {"formatted": "y"}},
            "Blocked 'x'",
            id="a report has its title",
        ),
    ],
)
def test_the_message_of_an_event(only, payload, message):
    assert only(payload)["message"] == message


def test_a_tag_called_like_the_server_is_kept(only):
    event = only({"server_name": "web-1", "tags": {"server_name": "mine"}})
    assert (event["tags"], event["serverName"]) == ({"server_name": "mine"}, "web-1")


def test_the_newest_come_first_and_of_the_same_time_the_last_to_arrive(api, db, issue):
    times = {"old": 3, "tie 1": 2, "newest": 1, "tie 2": 2}
    for name, days in times.items():
        factories.event(db, issue, {"title": name}, timestamp=factories.ago(days=days))
    titles = [row["message"] for row in api.get(f"/issues/{issue}/events").json["data"]]
    assert titles == ["newest", "tie 2", "tie 1", "old"]


def test_twenty_five_unless_told_otherwise(api, db, issue):
    for _ in range(30):
        factories.event(db, issue)
    path = f"/issues/{issue}/events"
    for query, number in [("", 25), ("?limit=100", 30), ("?limit=3", 3), ("?page=2", 5)]:
        assert len(api.get(path + query).json["data"]) == number


def test_a_page_of_large_events_ends_early_unless_it_is_asked_for_by_number(api, db, issue):
    ids = [factories.event(db, issue, {"extra": {"pad": "x" * 900_000}}) for _ in range(7)]
    address = f"/issues/{issue}/events?limit=5"
    pages, cursor = [], ""
    while cursor is not None:
        page = api.get(address + (f"&cursor={cursor}" if cursor else "")).json
        pages.append(len(page["data"]))
        cursor = page["nextCursor"]
        if len(pages) == 1:
            assert (page["total"], page["pageSize"]) == (len(ids), 5)
    assert pages == [3, 3, 1]
    assert len(api.get(f"{address}&page=1").json["data"]) == 5
    accept = {"Accept": "application/x-ndjson"}
    lines = api.get(f"/issues/{issue}/events", headers=accept, buffered=True)
    assert lines.data.count(b"\n") == len(ids)


def test_the_number_of_queries_does_not_grow(api, db, issue, statements):
    factories.event(db, issue)
    assert len(api.get(f"/issues/{issue}/events").json["data"]) == 1
    few = len(statements)
    for _ in range(19):
        factories.event(db, issue)
    statements.clear()
    assert len(api.get(f"/issues/{issue}/events").json["data"]) == 20
    assert len(statements) == few


def test_an_issue_whose_events_are_gone_has_an_empty_list(api, db, world, issue):
    factories.event(db, factories.issue(db, world.project))
    factories.event(db, factories.issue(db, world.foreign_project))
    assert api.get(f"/issues/{issue}/events").json == {
        "data": [],
        "page": 1,
        "pageSize": 25,
        "total": 0,
        "nextCursor": None,
        "gone": {"total": 0, "byReason": {}, "lastAt": None},
        "scanned": None,
    }
