"""Markdown of hostile events means nothing but what we say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jentry.presentation.markdown import block, code, escaped, markdown

ISSUE = {
    "id": 7, "title": "E: *x*", "count": 1284, "user_count": 1, "culprit": "shop in pay",
    "first_seen": "2026-11-01T10:00:00.000Z", "last_seen": "2026-11-02T10:00:00.000Z",
}  # fmt: skip
EVENT = {
    "id": "ab" * 16, "timestamp": "2026-11-02T10:00:00.000Z", "platform": "python",
    "level": "error", "message": "E: *x*", "release": "shop@1", "environment": None,
    "type": "error", "tags": {"a|b": "``` evil"},
    "user": {"id": "[Filtered]", "email": "kim@example.com"},
    "exception": {"values": [{
        "type": "E", "value": "```\n# heading",
        "stacktrace": {"frames": [{
            "filename": "shop/pay.py", "function": "pay", "lineno": 3, "in_app": True,
            "context_line": "raise E", "pre_context": ["try:"], "post_context": [],
            "vars": {"token": "[Filtered]", "n": "'3'"},
        }]},
    }]},
    "breadcrumbs": {"values": [
        {"timestamp": "2026-11-02T09:59:58.000Z", "category": "query", "message": "SELECT 1"},
    ]},
    "contexts": {"runtime": {"name": "CPython", "type": "runtime"}},
}  # fmt: skip


def test_everything_a_ticket_needs_is_there():
    text = markdown(EVENT, ISSUE, "http://jentry.test/projects/1/issues/7")
    for part in (
        "# E: \\*x\\*\n",
        "[#7](http://jentry.test/projects/1/issues/7)",
        "1,284 events, 1 user",
        "- Release: `shop@1`",
        'File "shop/pay.py", line 3, in pay',
        ">     3  raise E",
        "n = '3'",
        "−2.00 s query: SELECT 1",
        "- `a|b`: ```` ``` evil ````",
        "- `name`: `CPython`",
        "kim@example.com",
    ):
        assert part in text, part
    assert "Filtered" not in text


def test_no_text_of_the_event_leaves_its_fence():
    lines = markdown(EVENT, ISSUE, "http://jentry.test/").splitlines()
    fence, outside = "", []
    for line in lines:
        found = re.match("`{3,}", line)
        if found and not fence:
            fence = found[0]
        elif line == fence:
            fence = ""
        elif not fence:
            outside.append(line)
    assert fence == ""
    headings = [line for line in outside if line.startswith("#")]
    assert "# heading" not in headings
    assert headings[0] == "# E: \\*x\\*"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("", "` `"), ("a\nb", "`a b`"),
    ],
)  # fmt: skip
def test_code_in_a_line(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[x](http://evil.test)", "\\[x\\](http\\://evil.test)"),
        ("<script>&amp;", "\\<script\\>\\&amp;"),
        ("a\n# b", "a \\# b"),
        ("www.evil.test", "www\\.evil.test"),
    ],
)
def test_signs_are_escaped(text, expected):
    assert escaped(text) == expected


@given(st.text(alphabet="`\n ab"))
def test_a_fence_is_longer_than_every_run_of_backticks_inside(text):
    first, *_, last = block(text).splitlines()
    assert first == last
    assert len(first) > max((len(run) for run in re.findall("`+", text)), default=0)
