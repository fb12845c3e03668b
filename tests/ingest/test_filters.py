"""Inbound filters: their patterns, and what each of them looks at."""

import pytest

from jentry.ingest.filters import matching_rule
from jentry.store.project_settings import Filters


def matches(pattern, text):
    event = {"release": text, "contexts": {}}
    return matching_rule(event, Filters(releases=(pattern,)), None) == "releases"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("shop@1", "shop@1", True),
        ("SHOP@1", "shop@1", True),
        ("shop@1", "shop@1.0", False),
        ("shop@1", "my-shop@1", False),
        ("shop@*", "shop@", True),
        ("*@1", "shop@1", True),
        ("*@1", "shop@1@2", False),
        ("*@1", "shop@1@1", True),
        ("*", "x\ny", True),
        ("**", "x", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*bc*c", "abc", False),
        ("a*b", "ab-b-", False),
        ("*b?d*", "abbcd", True),
        ("?", "x", True),
        ("?", "xy", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("(a|b)+", "(a|b)+", True),
        ("größe*", "GRÖSSE-1", True),
        ("größe*", "GRÖßE-1", True),
    ],
)
def test_a_pattern_has_two_special_characters(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["*a" * 150 + "b", "*a*" * 100 + "b", "*?a" * 100 + "b"])
def test_no_pattern_takes_for_ever(pattern):
    assert not matches(pattern, "a" * 200)
    assert matches(f"{pattern}*", "a" * 200 + "b")


def error(*exceptions, **more):
    values = [{"type": kind, "value": value, **rest} for kind, value, rest in exceptions]
    return {"exception": {"values": values}, "contexts": {}, **more}


def frames(*files):
    return {"stacktrace": {"frames": [{"abs_path": file} for file in files]}}


def browsed(url=None, **headers):
    found = {"headers": [[name.replace("_", "-"), value] for name, value in headers.items()]}
    return {"contexts": {}, "request": found | ({"url": url} if url else {})}


AGENT = (
    "Mozilla/5.0 (Linux; Android 10; {}) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        pytest.param(error(("Error", "read ECONNRESET", {}), ("FetchError", "failed", {})),
                     "messages", id="the message of a cause"),
        pytest.param(error(("E", "x", {})) | {"logentry": {"formatted": "got ECONNRESET"}},
                     "messages", id="a log message"),
        pytest.param(error(("E", "x", frames("chrome-extension://a/i.js", "<anonymous>"))),
                     "browser_extensions", id="an extension calls a built-in"),
        pytest.param(error(("E", "x", frames("moz-extension://a/i.js")), ("F", "y", {})),
                     "browser_extensions", id="an extension is the cause"),
        pytest.param(error(("E", "x", frames("chrome-extension://a/i.js", "https://shop.test/a.js"))),
                     None, id="an extension that only calls the site"),
        pytest.param(browsed(User_Agent="AWS Security Scanner"), "web_crawlers", id="a scanner"),
        pytest.param(browsed(User_Agent="Mozilla/5.0 (compatible; Googlebot/2.1)"),
                     "web_crawlers", id="a crawler"),
        pytest.param(browsed(User_Agent=AGENT.format("CUBOT X30")), None, id="a phone called bot"),
        pytest.param(browsed(User_Agent="Slackbot-LinkExpanding 1.0"), None, id="a preview"),
        pytest.param(browsed("http://localhost:3000/a"), "localhost", id="localhost"),
        pytest.param(browsed("http://shop.localhost/"), "localhost", id="below localhost"),
        pytest.param(browsed("http://127.8.0.1/"), "localhost", id="a loopback address"),
        pytest.param(browsed("http://[::1]:8000/"), "localhost", id="that of IPv6"),
        pytest.param(browsed(Host="localhost:3000"), "localhost", id="the Host header"),
        pytest.param(browsed("https://shop.test/", Host="localhost"), None, id="the address first"),
        pytest.param(browsed("https://localhost.shop.test/"), None, id="a name that begins so"),
        pytest.param({"contexts": {}, "user": {"ip_address": "::ffff:127.0.0.1"}},
                     "localhost", id="the user's address"),
        pytest.param({"contexts": {}, "user": {"id": "7"}}, None, id="a server on this machine"),
    ],
)  # fmt: skip
def test_what_a_rule_looks_at(event, rule):
    wanted = Filters(
        browser_extensions=True, web_crawlers=True, localhost=True, messages=("*ECONNRESET*",)
    )
    assert matching_rule(event, wanted, "127.0.0.1") == rule
