"""One row per rule of Event attributes: what comes in, what is kept, what is said in `errors`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jentry.errors import BadRequest
from jentry.ingest.normalise import Context, environment_name, identity, normalise, release_name

RECEIVED = datetime(2026, 6, 29, 12, 30, tzinfo=UTC)
CONTEXT = Context(received=RECEIVED, client_ip="203.0.113.9")
ID = "0123456789abcdef0123456789abcdef"


def clean(body: dict[str, Any], context: Context = CONTEXT) -> dict[str, Any]:
    return normalise({"event_id": ID, **body}, context)


def errors(event: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["type"], error["name"]) for error in event["errors"]]


def test_an_empty_event_has_what_every_event_has():
    assert clean({}) == {
        "event_id": ID,
        "timestamp": "2026-06-29T12:30:00.000Z",
        "platform": "other",
        "level": "error",
        "type": "default",
        "tags": {},
        "contexts": {},
        "errors": [],
    }


@pytest.mark.parametrize("raw", [None, [], "x", 1, True])
def test_what_is_no_object_is_refused(raw):
    with pytest.raises(BadRequest):
        normalise(raw, CONTEXT)


LONG = "x" * 10_000
SCALARS = [
    ("platform", "Python", "python", []),
    ("platform", "cobol", "other", ["invalid_data"]),
    ("platform", 5, "other", ["invalid_data"]),
    ("level", "WARN", "warning", []),
    ("level", "log", "info", []),
    ("level", "critical", "fatal", []),
    ("level", 30, "warning", []),
    ("level", "40", "error", []),
    ("level", 50.0, "fatal", []),
    ("level", "loud", "error", ["invalid_data"]),
    ("level", True, "error", ["invalid_data"]),
    ("level", {}, "error", ["invalid_data"]),
    ("logger", " shop.cart ", "shop.cart", []),
    ("logger", "a\nb", None, ["invalid_data"]),
    ("logger", "x" * 70, "x" * 61 + "...", ["value_too_long"]),
    ("transaction", "  /cart ", "/cart", []),
    ("transaction", "x" * 201, "x" * 197 + "...", ["value_too_long"]),
    ("transaction", ["/cart"], None, ["invalid_data"]),
    ("server_name", "x" * 276, "x" * 276, []),
    ("server_name", "x" * 277, "x" * 253 + "...", ["value_too_long"]),
    ("release", " web@1.0 ", "web@1.0", []),
    ("release", "läden@1.0-β", "läden@1.0-β", []),
    ("release", 12, "12", []),
    ("release", 1.5, "1.5", []),
    ("release", "", None, []),
    ("release", "Latest", None, ["invalid_data"]),
    ("release", "..", None, ["invalid_data"]),
    ("release", "a/b", None, ["invalid_data"]),
    ("release", "a\nb", None, ["invalid_data"]),
    ("release", True, None, ["invalid_data"]),
    ("release", "x" * 201, None, ["value_too_long"]),
    ("dist", " 42_a.b-c ", "42_a.b-c", []),
    ("dist", 42, "42", []),
    ("dist", "a b", None, ["invalid_data"]),
    ("dist", "x" * 65, None, ["value_too_long"]),
    ("environment", " staging ", "staging", []),
    ("environment", "None", None, ["invalid_data"]),
    ("environment", "a\\b", None, ["invalid_data"]),
    ("environment", "x" * 65, None, ["value_too_long"]),
    ("environment", "", None, []),
    ("culprit", "a in b", "a in b", []),
    ("checksum", "abc", "abc", []),
    ("fingerprint", ["a", 1, True, 1.5, None], ["a", "1", "true", "1.5"], []),
    ("fingerprint", ["{{ default }}"], None, []),
    ("fingerprint", ["{{default}}"], None, []),
    ("fingerprint", ["{{ default }}", "x"], ["{{ default }}", "x"], []),
    ("fingerprint", [], None, []),
    ("fingerprint", "x", None, ["invalid_data"]),
    ("fingerprint", ["a", {}], ["a"], ["invalid_data"]),
    ("modules", {"a": "1", "b": 2, "c": None, "d": []}, {"a": "1", "b": "2"}, ["invalid_data"]),
    ("modules", ["a"], None, ["invalid_data"]),
    ("sdk", {"name": "x", "version": "1"}, {"name": "x", "version": "1"}, []),
    ("sdk", "x", None, ["invalid_data"]),
    ("extra", {"a": [1, None]}, {"a": [1, None]}, []),
    ("extra", [1], None, ["invalid_data"]),
    ("debug_meta", {"images": [{"type": "sourcemap"}]}, {"images": [{"type": "sourcemap"}]}, []),
    ("csp", {"effective_directive": "img-src"}, {"effective_directive": "img-src"}, []),
]


@pytest.mark.parametrize(("name", "value", "kept", "noted"), SCALARS)
def test_attribute(name, value, kept, noted):
    event = clean({name: value})
    assert (event.get(name), [kind for kind, _ in errors(event)]) == (kept, noted)


EXCEPTION = {"type": "E", "value": "v"}
NESTED = [
    ("exception", {"values": [EXCEPTION, None]}, {"values": [EXCEPTION]}, []),
    ("exception", [EXCEPTION], {"values": [EXCEPTION]}, []),
    ("exception", EXCEPTION, {"values": [EXCEPTION]}, []),
    ("sentry.interfaces.Exception", [EXCEPTION], {"values": [EXCEPTION]}, []),
    (
        "exception",
        [{"value": "Err: went wrong"}],
        {"values": [{"type": "Err", "value": "went wrong"}]},
        [],
    ),
    (
        "exception",
        [{"value": "went: wrong: x"}],
        {"values": [{"type": "went", "value": "wrong: x"}]},
        [],
    ),
    ("exception", [{"value": "it went: wrong"}], {"values": [{"value": "it went: wrong"}]}, []),
    (
        "exception",
        [{"type": "E", "value": {"a": 1}}],
        {"values": [{"type": "E", "value": '{"a":1}'}]},
        [],
    ),
    ("exception", [{"type": "", "value": None}], None, ["exception.values.0"]),
    (
        "exception",
        [{"type": "E", "value": "x" * 8392}],
        {"values": [{"type": "E", "value": "x" * 8392}]},
        [],
    ),
    (
        "exception",
        [{"type": "E", "value": "x" * 8393}],
        {"values": [{"type": "E", "value": "x" * 8189 + "..."}]},
        ["exception.values.0.value"],
    ),
    ("exception", [5], None, ["exception.values.0"]),
    ("exception", "x", None, ["exception"]),
    (
        "exception",
        [{"type": "E", "thread_id": "7", "mechanism": {"handled": False, "parent_id": 0, "x": 1}}],
        {
            "values": [
                {
                    "type": "E",
                    "thread_id": "7",
                    "mechanism": {"type": "generic", "handled": False, "parent_id": 0},
                }
            ]
        },
        [],
    ),
    (
        "exception",
        [{"type": "E", "mechanism": {"type": "m", "handled": "no"}}],
        {"values": [{"type": "E", "mechanism": {"type": "m"}}]},
        ["exception.values.0.mechanism.handled"],
    ),
    (
        "threads",
        [{"id": 1, "crashed": True, "stacktrace": {"frames": []}}],
        {"values": [{"id": 1, "crashed": True}]},
        [],
    ),
    (
        "breadcrumbs",
        [{"message": "m", "timestamp": 1782736199.5}],
        {
            "values": [
                {
                    "message": "m",
                    "timestamp": "2026-06-29T12:29:59.500Z",
                    "type": "default",
                    "level": "info",
                }
            ]
        },
        [],
    ),
    (
        "breadcrumbs",
        {"values": [{"ty": "http", "level": "warn", "data": {"a": 1}, "category": "c"}]},
        {"values": [{"type": "http", "level": "warning", "data": {"a": 1}, "category": "c"}]},
        [],
    ),
    (
        "breadcrumbs",
        [{"timestamp": "1969-12-31T23:59:59Z"}],
        None,
        ["breadcrumbs.values.0.timestamp"],
    ),
    (
        "breadcrumbs",
        [{"timestamp": "2026-06-29T12:00:00.123456789Z", "type": "x", "level": "info"}],
        {"values": [{"timestamp": "2026-06-29T12:00:00.123Z", "type": "x", "level": "info"}]},
        [],
    ),
    (
        "breadcrumbs",
        [{"message": 5}, 7],
        {"values": [{"type": "default", "level": "info", "message": "5"}]},
        ["breadcrumbs.values.1"],
    ),
    (
        "user",
        {"id": 42, "username": 7, "email": "a@b.c"},
        {"id": "42", "username": "7", "email": "a@b.c"},
        [],
    ),
    (
        "user",
        {"id": "1", "plan": "pro", "data": {"x": 1}},
        {"id": "1", "data": {"plan": "pro", "x": 1}},
        [],
    ),
    ("user", {"ip_address": "{{auto}}"}, {"ip_address": "203.0.113.9"}, []),
    ("user", {"ip_address": "::1"}, {"ip_address": "::1"}, []),
    ("user", {"ip_address": "unknown"}, None, ["user.ip_address"]),
    ("user", {"id": {}}, None, ["user.id"]),
    ("user", "bob", None, ["user"]),
    ("user", {"id": "x" * 129}, {"id": "x" * 125 + "..."}, ["user.id"]),
    (
        "contexts",
        {"runtime": {"name": "CPython"}},
        {"runtime": {"type": "runtime", "name": "CPython"}},
        [],
    ),
    ("contexts", {"a": {"type": "runtime"}}, {"a": {"type": "runtime"}}, []),
    ("contexts", {"a": "x", "b": None}, {}, ["contexts.a"]),
    (
        "contexts",
        {"trace": {"trace_id": ID.upper(), "span_id": "zz", "parent_span_id": None}},
        {"trace": {"type": "trace", "trace_id": ID}},
        ["contexts.trace.span_id"],
    ),
    ("tags", {"a": 1, "b c": True, "d": " x "}, {"a": "1", "b-c": "true", "d": "x"}, []),
    ("tags", [["a", "1"], ["a", "2"]], {"a": "1"}, []),
    ("tags", [{"a": "1"}, {"key": "k", "value": "v"}], {"a": "1", "k": "v"}, []),
    ("tags", {"grüße": "你好"}, {"grüße": "你好"}, []),
    (
        "tags",
        {"a": None, "b": "", "c": "x\ny", "d": {}},
        {},
        ["tags.a", "tags.b", "tags.c", "tags.d"],
    ),
    ("tags", {"release": "x", "a?": "x"}, {}, ["tags.release", "tags.a?"]),
    ("tags", {"a": "x" * 201}, {}, ["tags.a"]),
    ("tags", "x", {}, ["tags"]),
    ("site", "eu", {"site": "eu"}, []),
    ("server_name", "web-1", {"server_name": "web-1"}, []),
    (
        "logentry",
        {"message": "msg %s", "params": ["x"]},
        {"message": "msg %s", "params": ["x"], "formatted": "msg x"},
        [],
    ),
    (
        "logentry",
        {"message": "%(a)s %d%%", "params": {"a": "x", "1": 5}},
        {"message": "%(a)s %d%%", "params": {"a": "x", "1": 5}, "formatted": "x 5%"},
        [],
    ),
    (
        "logentry",
        {"message": "{} {x}", "params": [1]},
        {"message": "{} {x}", "params": [1], "formatted": "1 {x}"},
        [],
    ),
    (
        "logentry",
        {"message": "{name}", "params": {"name": "n"}},
        {"message": "{name}", "params": {"name": "n"}, "formatted": "n"},
        [],
    ),
    (
        "logentry",
        {"message": "%.2f", "params": [1.239]},
        {"message": "%.2f", "params": [1.239], "formatted": "1.24"},
        [],
    ),
    (
        "logentry",
        {"message": "%999999999d", "params": [1]},
        {"message": "%999999999d", "params": [1], "formatted": "%999999999d"},
        [],
    ),
    ("logentry", {"message": "a", "formatted": "a"}, {"formatted": "a"}, []),
    ("logentry", {"message": "a", "params": "x"}, {"formatted": "a"}, ["logentry.params"]),
    ("message", "hello", {"formatted": "hello"}, []),
    (
        "message",
        {"message": "a %s", "params": [1]},
        {"message": "a %s", "params": [1], "formatted": "a 1"},
        [],
    ),
    ("message", False, None, []),
    ("sentry.interfaces.Message", {"message": "a", "formatted": None}, {"formatted": "a"}, []),
    (
        "request",
        {"url": "http://a/b?x=1&y#f", "method": "post"},
        {
            "url": "http://a/b",
            "query_string": [["x", "1"], ["y", ""]],
            "fragment": "f",
            "method": "POST",
        },
        [],
    ),
    (
        "request",
        {"url": "http://a/b?x=1", "query_string": {"z": "2"}},
        {"url": "http://a/b", "query_string": [["z", "2"]]},
        [],
    ),
    ("request", {"query_string": "?a=%20b+c"}, {"query_string": [["a", " b c"]]}, []),
    (
        "request",
        {"headers": [["x-request-id", "1"], ["ACCEPT", "a"], ["Accept", "b"]]},
        {"headers": {"X-Request-Id": "1", "Accept": "a, b"}},
        [],
    ),
    ("request", {"headers": {"cookie": "a=1; b=x=y"}}, {"cookies": {"a": "1", "b": "x=y"}}, []),
    (
        "request",
        {"cookies": [["a", "1"]], "headers": {"Cookie": "b=2"}},
        {"cookies": {"a": "1"}},
        [],
    ),
    (
        "request",
        {"data": '{"a": 1}'},
        {"data": {"a": 1}, "inferred_content_type": "application/json"},
        [],
    ),
    (
        "request",
        {"data": "a=1&b=2&a=3"},
        {
            "data": {"a": ["1", "3"], "b": "2"},
            "inferred_content_type": "application/x-www-form-urlencoded",
        },
        [],
    ),
    ("request", {"data": "just text"}, {"data": "just text"}, []),
    ("request", {"data": '{"a": '}, {"data": '{"a": '}, []),
    ("request", {"url": 5}, None, ["request.url"]),
    ("request", "x", None, ["request"]),
    ("sentry.interfaces.Http", {"url": "http://a/"}, {"url": "http://a/"}, []),
]
KEPT_AS = {
    "sentry.interfaces.Exception": "exception",
    "sentry.interfaces.Message": "logentry",
    "sentry.interfaces.Http": "request",
    "message": "logentry",
    "site": "tags",
    "server_name": "tags",
}


@pytest.mark.parametrize(("name", "value", "kept", "noted"), NESTED)
def test_nested_attribute(name, value, kept, noted):
    event = clean({name: value})
    names = [where for _, where in errors(event)]
    assert (event.get(KEPT_AS.get(name, name)), names) == (kept, noted)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"exception": [EXCEPTION]}, "error"),
        ({"exception": [EXCEPTION], "type": "default"}, "error"),
        ({"message": "x", "type": "error"}, "default"),
        ({"type": "transaction"}, "transaction"),
        ({"type": "feedback", "contexts": {"feedback": {"message": "m"}}}, "feedback"),
        ({"type": "csp", "csp": {"effective_directive": "img-src"}}, "csp"),
        ({"type": "csp"}, "default"),
        ({"type": ["csp"]}, "default"),
    ],
)
def test_the_type_follows_from_the_body(body, kind):
    assert clean(body)["type"] == kind


def test_transactions_are_information():
    assert clean({"type": "transaction"})["level"] == "info"


@pytest.mark.parametrize(
    ("header", "body", "found"),
    [
        (ID, "f" * 32, ID),
        (None, "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0", "fc6d8c0c43fc4630ad850ee518f1b9d0"),
    ],
)
def test_the_id_of_the_header_wins(header, body, found):
    context = Context(received=RECEIVED, event_id=header)
    assert normalise({"event_id": body}, context)["event_id"] == found


@pytest.mark.parametrize("value", [None, "", "0" * 32, "xyz", 5, "f" * 31])
def test_an_id_that_is_none_is_replaced(value):
    first, second = (normalise({"event_id": value}, CONTEXT) for _ in range(2))
    assert len(first["event_id"]) == 32
    assert first["event_id"] != second["event_id"]


def test_the_environment_may_be_a_tag():
    assert clean({"tags": {"environment": "qa"}})["environment"] == "qa"
    event = clean({"environment": "prod", "tags": {"environment": "qa", "a": "1"}})
    assert (event["environment"], event["tags"]) == ("prod", {"a": "1"})


def test_the_modern_spelling_wins_over_the_old():
    event = clean({"user": {"id": "new"}, "sentry.interfaces.User": {"id": "old"}})
    assert event["user"] == {"id": "new"}
    assert errors(event) == [("unknown_attribute", "sentry.interfaces.User")]


def test_unknown_attributes_are_dropped_and_noted():
    event = clean({"colour": "red", "_meta": {}, "received": 1, "errors": ["x"]})
    assert errors(event) == [("unknown_attribute", "colour")]
    assert "colour" not in event


def test_notes_are_bounded_and_show_short_values_only():
    event = clean({"tags": {f"bad?{n}": "v" for n in range(300)}})
    assert len(event["errors"]) == 100
    event = clean({"level": "secret" * 100, "dist": "a b"})
    assert event["errors"] == [
        {"type": "invalid_data", "name": "dist", "value": "a b"},
        {"type": "invalid_data", "name": "level", "value": "text of 600 characters"},
    ]


@pytest.mark.parametrize(
    ("platform", "infer", "address", "found"),
    [
        ("javascript", None, None, "203.0.113.9"),
        ("cocoa", None, None, "203.0.113.9"),
        ("python", None, None, None),
        ("python", "auto", None, "203.0.113.9"),
        ("javascript", "never", None, None),
        ("javascript", "never", "{{auto}}", None),
        ("javascript", None, "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_address_of_the_client_is_the_users_where_that_is_so(platform, infer, address, found):
    settings = {"settings": {"infer_ip": infer}} if infer else {}
    event = clean({"platform": platform, "sdk": settings, "user": {"ip_address": address}})
    assert event.get("user", {}).get("ip_address") == found


def test_the_remote_address_of_the_request_is_the_users():
    event = clean({"request": {"env": {"REMOTE_ADDR": "198.51.100.9"}}})
    assert event["user"] == {"ip_address": "198.51.100.9"}


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ({"id": "1", "username": "u"}, "id:1"),
        ({"username": "u", "email": "e"}, "username:u"),
        ({"email": "e", "ip_address": "::1"}, "email:e"),
        ({"ip_address": "::1"}, "ip:::1"),
        ({"name": "n"}, None),
        (None, None),
    ],
)
def test_the_first_thing_known_identifies_the_user(user, found):
    assert identity(clean({"user": user})) == found


def test_sessions_use_the_same_rules_for_names():
    assert [release_name(" a "), release_name("a/b"), release_name(None)] == ["a", None, None]
    assert [environment_name("qa"), environment_name("none")] == ["qa", None]


CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
AGENTS = [
    (CHROME + "Chrome/126.0 Safari/537.36", ("Chrome", "126.0"), ("Windows", "10"), None),
    (CHROME + "Chrome/126.0 Safari/537.36 Edg/126.1", ("Edge", "126.1"), ("Windows", "10"), None),
    (CHROME + "Chrome/126.0 Safari/537.36 OPR/99.0", ("Opera", "99.0"), ("Windows", "10"), None),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
        ("Firefox", "127.0"),
        ("Linux", None),
        None,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.4 Safari/605.1.15",
        ("Safari", "17.4"),
        ("macOS", "10.15.7"),
        None,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        ("Safari", "17.5"),
        ("iOS", "17.5"),
        "iPhone",
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/125.0 Mobile Safari/537.36",
        ("Chrome", "125.0"),
        ("Android", "14"),
        "Pixel 8",
    ),
    (
        "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
        ("IE", "11.0"),
        ("Windows", "7"),
        None,
    ),
    ("sentry.python/2.75.0", None, None, None),
]


@pytest.mark.parametrize(("agent", "browser", "system", "device"), AGENTS)
def test_browser_and_system_come_from_the_user_agent(agent, browser, system, device):
    found = clean({"request": {"headers": {"user-agent": agent}}})["contexts"]

    def named(name: str) -> tuple[str, str | None] | None:
        context = found.get(name)
        return (context["name"], context.get("version")) if context else None

    assert (named("browser"), named("os")) == (browser, system)
    assert found.get("device", {}).get("family") == device


def test_what_the_client_says_about_its_system_stays():
    event = clean(
        {
            "request": {"headers": {"User-Agent": AGENTS[0][0]}},
            "contexts": {"os": {"name": "Plan 9"}},
        }
    )
    assert event["contexts"]["os"] == {"type": "os", "name": "Plan 9"}


def test_the_connections_user_agent_counts_for_browsers_only():
    context = Context(received=RECEIVED, user_agent=AGENTS[0][0])
    assert "browser" in clean({"platform": "javascript"}, context)["contexts"]
    assert "browser" not in clean({"platform": "python"}, context)["contexts"]
