"""Values, breadcrumbs, requests, reports, texts: what is shown of each."""

import shlex
import time

import pytest

from jentry.presentation import (
    activity,
    crumbs,
    grouping,
    highlight,
    request,
    sections,
    text,
    times,
)
from jentry.presentation.values import plain, value

RLO = "\u202e"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f"a{RLO}b", "a\\u202eb"),
        ("a\x00b\x1b[0m", "a\\u0000b\\u001b[0m"),
        ("né\t\n👩‍💻", "né\t\n👩‍💻"),
        ("\U000e0041", "\\U000e0041"),
    ],
)  # fmt: skip
def test_what_is_unseen_is_shown(raw, expected):
    assert text.visible(raw) == expected


@pytest.mark.parametrize(
    ("raw", "is_link"),
    [
        ("https://a.test/x", True), ("javascript:alert(1)", False), ("data:text/html,x", False),
        ("http://", False), ("//a.test", False), ("https://a.test/ x", False), (None, False),
        (f"https://a.test/{RLO}", False), ("http://[", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_are_links(raw, is_link):
    assert (text.web_address(raw) is not None) is is_link


@pytest.mark.parametrize(
    ("raw", "shown", "kinds"),
    [
        ("'abc'", "'abc'", ["string"]),
        ("abc", "abc", [""]),
        ("None", "None", ["null"]),
        ("42", "42", ["number"]),
        (None, "null", ["null"]),
        ("[Filtered]", "Filtered", ["filtered"]),
        ("a=[Filtered]&b", "a=Filtered&b", ["", "filtered", ""]),
        ({"'id'": "'pi'", "k": "[Filtered]"}, "{'id': 'pi', \"k\": Filtered}",
         ["", "", "string", "", "filtered", ""]),
        ([1, "x"], '[1, "x"]', ["", "", "number", "", "string", ""]),
    ],
)  # fmt: skip
def test_a_value_in_pieces(raw, shown, kinds):
    found = value(raw, is_code=True)
    assert ("".join(piece.text for piece in found.pieces), found.rest) == (shown, "")
    assert [piece.kind for piece in found.pieces] == kinds


def test_a_long_value_is_clamped_and_nothing_of_it_is_lost():
    raw = {f"key{n}": "x" * 50 for n in range(100)}
    found = value(raw)
    shown = "".join(piece.text for piece in found.pieces)
    assert len(shown) == 400
    assert shown + found.rest == plain(raw)
    assert found.length == len(plain(raw))


def crumb(**raw):
    event = {"timestamp": "2026-11-02T10:00:00.000Z", "breadcrumbs": {"values": [raw]}}
    return crumbs.crumbs(event)[0]


def test_breadcrumbs_say_what_happened():
    http = crumb(
        type="http", category="httplib", timestamp="2026-11-02T09:59:57.590Z",
        data={"url": "https://a.test", "method": "get", "status_code": 200, "x": 1},
    )  # fmt: skip
    assert (http.before, http.icon, http.message, http.result) == (
        "−2.41 s", "globe", "GET https://a.test", "200",
    )  # fmt: skip
    assert [name for name, _ in http.data] == ["x"]
    warned = crumb(category="auth", level="warning", message="slow")
    assert (warned.icon, warned.result, warned.before) == ("warn", "warning", "")
    moved = crumb(category="navigation", data={"from": "/a", "to": "/b"})
    assert moved.message == "/a → /b"


def test_the_newest_forty_are_shown_at_once():
    found = [crumb(message=str(n)) for n in range(100)]
    earlier, newest = crumbs.earlier(found)
    assert (len(earlier), newest[0].message, newest[-1].message) == (60, "60", "99")


REQUEST = {
    "url": "https://shop.test/orders", "method": "POST",
    "query_string": [["q", "a b"], ["token", "[Filtered]"]],
    "headers": {
        "Authorization": "[Filtered]", "User-Agent": "it's", "Host": "shop.test",
        "X-Bad": "a\r\nEvil: 1",
    },
    "cookies": {"sid": "[Filtered]", "theme": "dark"},
    "data": {"card": "[Filtered]", "n": 2},
}  # fmt: skip


def test_curl_leaves_out_what_was_filtered_and_quotes_the_rest():
    found = request.request({"request": REQUEST})
    assert shlex.split(found.curl.replace("\\\n", " ")) == [
        "curl", "-X", "POST", "-H", "User-Agent: it's", "-H", "X-Bad: a Evil: 1",
        "-b", "theme=dark", "--data-raw", '{"n": 2}', "https://shop.test/orders?q=a%20b",
    ]  # fmt: skip
    assert found.url == "https://shop.test/orders?q=a%20b&token=[Filtered]"
    assert found.link is None  # following it would not repeat a POST
    assert [heading for heading, _ in found.sections] == ["Query", "Headers", "Cookies"]


def test_a_form_is_sent_as_a_form():
    raw = {"url": "http://a.test", "data": {"a": "1 2"}, "method": "GET"}
    form = request.curl(raw | {"inferred_content_type": "application/x-www-form-urlencoded"})
    assert "--data-raw a=1+2" in form
    assert request.request({"request": None}) is None


def test_a_policy_report_says_what_was_blocked():
    found = sections.report({
        "type": "csp",
        "report": {
            "effective_directive": "img-src", "blocked_uri": "https://evil.test/x.png",
            "original_policy": "default-src 'self'; img-src 'self' data:", "disposition": "report",
            "document_uri": "https://shop.test/", "line_number": 3, "column_number": 9,
        },
    })  # fmt: skip
    assert found.sentence == ("The policy would block https://evil.test/x.png because of img-src.")
    assert found.policy == [
        ("default-src", "'self'", False), ("img-src", "'self' data:", True),
    ]  # fmt: skip
    assert found.link == "https://shop.test/"
    assert ("Line", value("3:9")) in found.pairs
    assert sections.report({"type": "error", "report": None}) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"), (b"\xff\xd8\xffrest", "image/jpeg"),
        (b"GIF89arest", "image/gif"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"RIFF\0\0\0\0WAVE", None), (b"", None),
    ],
)  # fmt: skip
def test_a_picture_is_what_its_bytes_say(data, expected):
    assert sections.image_type(data) == expected


@pytest.mark.parametrize(
    ("kind", "meta", "words"),
    [
        ("resolve", {}, "resolved this"),
        ("resolve", {"inRelease": "a@1"}, "resolved this in a@1"),
        ("resolve", {"inNextRelease": True}, "resolved this in the next release"),
        ("ignore", {}, "ignored this"),
        ("ignore", {"ignoreDuration": 1440}, "ignored this for 1 day"),
        ("ignore", {"ignoreCount": 5}, "ignored this until 5 more events"),
        ("ignore", {"ignoreUserCount": 1, "ignoreUserWindow": 60},
         "ignored this until 1 more user within 1 hour"),
        ("unresolve", {}, "reopened this"),
    ],
)  # fmt: skip
def test_a_change_of_status_in_words(kind, meta, words):
    assert said(f"issue.{kind}", statusDetails=meta) == words


def said(kind, user_id=3, **meta):
    at = "2026-11-02T10:00:00.000Z"
    found = activity.act({"type": kind, "user_id": user_id, "meta": meta, "created_at": at})
    return f"{found.words} {found.code}".strip()


def test_activity_in_words():
    assert said("issue.ignore", substatus="archived_forever") == "ignored this for ever"
    assert said("issue.assign", assigneeUserId=3) == "took this"
    assert said("issue.assign", assigneeUserId=4) == "assigned this to"
    assert said("issue.regress", None, release="a@2") == "Regressed in a@2"
    by_itself = said("issue.unresolve", None, via="system")
    assert by_itself == "Reopened: the condition was met"


def test_links_in_a_comment():
    said = "see https://a.test/x). And javascript:alert(1)"
    pieces = activity.linked(said)
    assert pieces == [
        ("see ", None), ("https://a.test/x", "https://a.test/x"),
        ("). And javascript:alert(1)", None),
    ]  # fmt: skip


def test_why_events_are_together():
    sentence, lines = grouping.reason({
        "by": "stack",
        "values": [{"type": "E", "frames": ["pay | charge", "view"], "words": ["broke"]}],
    })  # fmt: skip
    assert sentence == "Events are together because they were raised at the same place."
    assert lines == [
        "E",
        "  in charge of pay",
        "  called from view",
        "  at the words: broke",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "less than a minute"), (60, "1 min"), (2280, "38 min"), (3600, "1 hour"),
        (9 * 86400, "9 days"), (35 * 86400, "5 weeks"), (86400, "1 day"), (220 * 86400, "7 months"),
        (800 * 86400, "2 years"),
    ],
)  # fmt: skip
def test_spans_as_people_say_them(seconds, words):
    assert times.span(seconds) == words


HOSTILE = ["a<" * 120, "(" * 240, "'" * 240, "/*" * 120, "${" * 120, "\\" * 240]


def test_no_source_takes_long_to_colour():
    """A few thousand characters at most: some lexers take the square of it."""
    languages = sorted({*highlight.ENDINGS})
    begin = time.process_time()
    highlight.lines(["x = 1"] * 10, "a.py", "python")
    for line in HOSTILE:
        for ending in languages:
            source = [line] * 200
            assert len(highlight.lines(source, f"a.{ending}", "")) == 200
    assert all("<span" not in line for line in highlight.lines(["x" * 300], "a.py", "python"))
    assert time.process_time() - begin < 60  # each of 300 a fifth of a second: none coloured
