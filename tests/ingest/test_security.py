import json

import pytest

from jentry.errors import BadRequest, UnsupportedMediaType
from jentry.ingest.security import (
    CONTENT_TYPES,
    clean,
    csp_culprit,
    csp_key,
    csp_title,
    is_browser_internal,
    reports,
)

CHROME = {
    "csp-report": {
        "document-uri": "https://shop.example/cart?x=1",
        "referrer": "https://search.example/",
        "violated-directive": "img-src 'self' https://shop.example data:",
        "effective-directive": "img-src",
        "original-policy": "img-src 'self'; report-uri /csp",
        "disposition": "enforce",
        "blocked-uri": "https://cdn.example/a.png",
        "source-file": "https://shop.example/app.js",
        "line-number": 12,
        "column-number": "7",
        "status-code": 200,
        "script-sample": "",
        "unknown": {"a": 1},
    }
}
REPORTING_API = [
    {
        "type": "csp-violation",
        "age": 5,
        "url": "https://shop.example/cart",
        "user_agent": "Firefox/150",
        "body": {
            "blockedURL": "inline",
            "columnNumber": 7,
            "disposition": "report",
            "documentURL": "https://shop.example/cart",
            "effectiveDirective": "script-src-elem",
            "lineNumber": 12,
            "originalPolicy": "script-src 'none'",
            "referrer": "",
            "sample": "alert(1)",
            "sourceFile": "https://shop.example/cart",
            "statusCode": 200,
        },
    },
    {"type": "deprecation", "body": {"id": "x"}},
]


def read(report, query=None, headers=None, content_type="application/csp-report"):
    return reports(json.dumps(report).encode(), content_type, query or {}, headers or {})


def test_a_csp_report_becomes_an_event():
    query = {"sentry_key": "k", "sentry_release": "shop@1", "sentry_environment": "staging"}
    assert read(CHROME, query, {"user-agent": "Chrome/156"}) == [
        {
            "type": "csp",
            "logger": "csp",
            "level": "error",
            "message": "Blocked 'image' from 'cdn.example'",
            "csp": {
                "document_uri": "https://shop.example/cart?x=1",
                "referrer": "https://search.example/",
                "violated_directive": "img-src 'self' https://shop.example data:",
                "effective_directive": "img-src",
                "original_policy": "img-src 'self'; report-uri /csp",
                "disposition": "enforce",
                "blocked_uri": "https://cdn.example/a.png",
                "source_file": "https://shop.example/app.js",
                "line_number": 12,
                "column_number": 7,
                "status_code": 200,
            },
            "request": {
                "url": "https://shop.example/cart?x=1",
                "headers": {"User-Agent": "Chrome/156", "Referer": "https://search.example/"},
            },
            "tags": {"effective-directive": "img-src", "blocked-uri": "cdn.example"},
            "user": {"ip_address": "{{auto}}"},
            "release": "shop@1",
            "environment": "staging",
        }
    ]


def test_the_reporting_api_gives_an_event_for_each_violation():
    events = read(REPORTING_API, headers={"user-agent": "proxy"}, content_type=CONTENT_TYPES[2])
    assert events == [
        {
            "type": "csp",
            "logger": "csp",
            "level": "error",
            "message": "Blocked unsafe 'script' element",
            "csp": {
                "document_uri": "https://shop.example/cart",
                "effective_directive": "script-src-elem",
                "original_policy": "script-src 'none'",
                "disposition": "report",
                "blocked_uri": "inline",
                "source_file": "https://shop.example/cart",
                "script_sample": "alert(1)",
                "line_number": 12,
                "column_number": 7,
                "status_code": 200,
            },
            "request": {
                "url": "https://shop.example/cart",
                "headers": {"User-Agent": "Firefox/150"},
            },
            "tags": {"effective-directive": "script-src-elem", "blocked-uri": "'unsafe-inline'"},
            "user": {"ip_address": "{{auto}}"},
        }
    ]


@pytest.mark.parametrize(
    ("report", "kind", "message"),
    [
        (
            {"expect-ct-report": {"hostname": "a.example", "port": 443}},
            "expectct",
            "Expect-CT failed for 'a.example'",
        ),
        (
            {"expect-staple-report": {"hostname": "a.example", "port": 443}},
            "expectstaple",
            "Expect-Staple failed for 'a.example'",
        ),
        (
            {"hostname": "a.example", "port": 443, "known-pins": ["x"]},
            "hpkp",
            "Public key pinning validation failed for 'a.example'",
        ),
    ],
)
def test_reports_about_certificates_become_events(report, kind, message):
    body = report if kind == "hpkp" else next(iter(report.values()))
    assert read(report, content_type="application/json") == [
        {
            "type": kind,
            "logger": "csp",
            "level": "error",
            "message": message,
            "culprit": "a.example",
            "request": {"url": "https://a.example/", "headers": {}},
            kind: body,
            "user": {"ip_address": "{{auto}}"},
        }
    ]


def test_another_port_stands_in_the_address():
    [event] = read({"expect-ct-report": {"hostname": "a.example", "port": 8443}})
    assert event["request"]["url"] == "https://a.example:8443/"


@pytest.mark.parametrize("content_type", [*CONTENT_TYPES, "Application/CSP-Report; charset=utf-8"])
def test_the_content_types_of_reports_are_taken(content_type):
    assert len(read(CHROME, content_type=content_type)) == 1


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-sentry-envelope"])
def test_other_content_types_are_refused(content_type):
    with pytest.raises(UnsupportedMediaType):
        read(CHROME, content_type=content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"7",
        b'"csp-report"',
        b"{}",
        b'{"csp-report": 1}',
        b'{"csp-report": {}}',
        b'{"csp-report": {"effective-directive": 7, "violated-directive": " "}}',
        b'{"expect-ct-report": {"hostname": 7}}',
        b'{"type": 7}',
        b"[1]",
        b'[{"type": "csp-violation", "body": {}}]',
        b"[" + b'{"type":"x"},' * 100 + b'{"type":"x"}]',
    ],
)
def test_what_is_no_report_is_refused(body):
    with pytest.raises(BadRequest):
        reports(body, "application/json", {}, {})


@pytest.mark.parametrize("body", [b"[]", b'{"type": "deprecation"}', b'[{"type": "crash"}]'])
def test_other_things_that_browsers_report_are_ignored(body):
    assert reports(body, "application/reports+json", {}, {}) == []


def test_a_bad_report_does_not_sink_its_neighbours():
    bad = {"type": "csp-violation", "body": {}}
    assert read([bad, 7, *REPORTING_API]) == read(REPORTING_API)


def test_empty_names_in_the_query_are_nothing():
    [event] = read(CHROME, {"sentry_release": "", "sentry_environment": " "})
    assert "release" not in event
    assert "environment" not in event


def test_cleaning_a_clean_report_changes_nothing():
    for report in (CHROME["csp-report"], REPORTING_API[0]["body"]):
        assert clean(clean(report)) == clean(report)


def test_long_members_are_cut():
    csp = clean({"effective-directive": "x" * 999, "blocked-uri": "h" * 9999})
    assert {name: len(text) for name, text in csp.items()} == {
        "effective_directive": 64,
        "blocked_uri": 2048,
    }


def csp(directive: str, blocked: str, violated: str = "", document: str = "https://a.example/x"):
    return clean(
        {
            "effective_directive": directive,
            "blocked_uri": blocked,
            "violated_directive": violated,
            "document_uri": document,
        }
    )


@pytest.mark.parametrize(
    ("report", "title", "blocked"),
    [
        (
            csp("script-src", "https://x.example/a"),
            "Blocked 'script' from 'x.example'",
            "x.example",
        ),
        (csp("style-src", "http://X.example:81?q"), "Blocked 'style' from 'x.example:81'", None),
        (csp("img-src", "https://u:p@x.example"), "Blocked 'image' from 'x.example'", "x.example"),
        (csp("font-src", "data"), "Blocked 'font' from 'data:'", "data:"),
        (csp("font-src", "data:font/woff;base64,AA"), "Blocked 'font' from 'data:'", "data:"),
        (csp("worker-src", "blob:https://a.example/1"), "Blocked 'worker' from 'blob:'", "blob:"),
        (csp("connect-src", "wss://x.example/s"), "Blocked 'connect' from 'wss://x.example'", None),
        (csp("frame-src", "https://x.example"), "Blocked 'frame' from 'x.example'", None),
        (csp("child-src", "https://x.example"), "Blocked 'child' from 'x.example'", None),
        (csp("base-uri", "https://x.example"), "Blocked 'base-uri' from 'x.example'", None),
        (csp("form-action", "https://x.example"), "Blocked 'form' action to 'x.example'", None),
        (csp("script-src-elem", "https://x.example"), "Blocked 'script' from 'x.example'", None),
        (csp("img-src", ""), "Blocked inline 'image'", "'self'"),
        (csp("img-src", "self"), "Blocked inline 'image'", "'self'"),
        (csp("img-src", "'self'"), "Blocked inline 'image'", "'self'"),
        (csp("img-src", "https://A.example/b.png"), "Blocked inline 'image'", "'self'"),
        (csp("form-action", "self"), "Blocked inline 'form'", "'self'"),
        (csp("script-src", ""), "Blocked unsafe (eval() or inline) 'script'", "'self'"),
        (
            csp("script-src", "self", "script-src 'unsafe-inline'"),
            "Blocked unsafe inline 'script'",
            "'unsafe-inline'",
        ),
        (
            csp("script-src", "", "script-src 'unsafe-eval'"),
            "Blocked unsafe eval() 'script'",
            "'unsafe-eval'",
        ),
        (csp("script-src", "inline"), "Blocked unsafe inline 'script'", "'unsafe-inline'"),
        (csp("script-src", "eval"), "Blocked unsafe eval() 'script'", "'unsafe-eval'"),
        (csp("script-src-elem", "inline"), "Blocked unsafe 'script' element", "'unsafe-inline'"),
        (csp("script-src-attr", "inline"), "Blocked inline script attribute", "'unsafe-inline'"),
        (csp("style-src-elem", "inline"), "Blocked 'style' or 'link' element", "'unsafe-inline'"),
        (csp("style-src-attr", "inline"), "Blocked inline 'style'", "'unsafe-inline'"),
        (csp("", "https://x.example", "IMG-SRC 'none'"), "Blocked 'image' from 'x.example'", None),
    ],
)
def test_a_title_says_what_was_blocked(report, title, blocked):
    assert csp_title(report) == title
    if blocked is not None:
        assert csp_key(report) == [report["effective_directive"], blocked]


@pytest.mark.parametrize(
    ("report", "culprit"),
    [
        (
            csp("img-src", "", "img-src https://cdn.example  http://x.example data: 'none'"),
            "img-src cdn.example x.example data: 'none'",
        ),
        (csp("img-src", "", "img-src https://a.example"), "img-src 'self'"),
        (csp("img-src", "", "img-src localhost:80", "http://localhost:80/"), "img-src 'self'"),
        (csp("img-src", "", "img-src a.example"), "img-src 'self'"),
        (csp("img-src", ""), "img-src"),
        (csp("img-src", "", "img-src " + "x" * 300), "img-src " + "x" * 192),
    ],
)
def test_the_culprit_is_the_rule_that_was_broken(report, culprit):
    assert csp_culprit(report) == culprit


@pytest.mark.parametrize("report", [{}, {"blocked_uri": 7, "effective_directive": [], "x": None}])
def test_titles_take_any_report(report):
    assert csp_key(report) == ["", "'self'"]
    assert (csp_title(report), csp_culprit(report)) == ("Blocked inline ''", "")


@pytest.mark.parametrize(
    ("source", "blocked", "expected"),
    [
        ("chrome-extension://abc/x.js", "inline", True),
        ("moz-extension", "inline", True),
        ("https://a.example/x.js", "safari-web-extension://abc", True),
        ("", "about", True),
        ("", "About:blank", True),
        ("resource://gre/x", "", True),
        ("https://a.example/x.js", "https://chrome.example/", False),
        ("", "data:text/plain,chrome:", False),
        ("", "chromecast", False),
        ("", "", False),
    ],
)
def test_reports_of_the_browser_itself_are_told_apart(source, blocked, expected):
    report = {"effective-directive": "img-src", "source-file": source, "blocked-uri": blocked}
    [event] = read({"csp-report": report})
    assert is_browser_internal(event) is expected


def test_an_event_without_csp_is_not_of_the_browser():
    assert is_browser_internal({"message": "x"}) is False
    assert is_browser_internal({"csp": "chrome:"}) is False
