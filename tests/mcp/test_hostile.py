"""Events that try to speak to the agent: nothing of theirs stands outside of the fence."""

import json
import re
import zlib

import factories
import pytest
from hostile_events import MARK, ORDERS, escapes, payload, split
from hypothesis import given, settings
from hypothesis import strategies as st

from jentry.mcp import fence


@pytest.fixture(params=ORDERS, ids=range(len(ORDERS)))
def hostile(request, mcp, db):
    """The text, on an issue of its own, with a release, tags, a comment and a regression."""
    text = request.param
    plain = text.replace("\x00", "\ufffd")
    release = factories.release(db, mcp.project, plain[:190])
    issue = factories.issue(db, mcp.project, title=plain[:250], culprit=plain[:190],
                            first_release_id=release, last_release_id=release)  # fmt: skip
    key = factories.insert(db, "tag_keys", project_id=mcp.project, key=plain[:190])
    tag = factories.insert(db, "tags", project_id=mcp.project, key=plain[:190], value=plain[:190])
    factories.insert_row(db, "issue_tags", issue, key, tag, 3, factories.AT)
    factories.insert(db, "comments", issue_id=issue, user_id=mcp.owner, text=plain,
                     created_at=factories.AT)  # fmt: skip
    factories.insert(db, "issue_returns", issue_id=issue, substatus="regressed",
                     release_id=release, created_at=factories.AT, event_id=b"0" * 16)  # fmt: skip
    for _ in range(2):
        factories.event(
            db, issue, payload(plain, factories.AT), release_id=release, environment=plain[:60]
        )
    (event,) = db.execute(
        "SELECT event_id FROM events WHERE issue_id = ? LIMIT 1", (issue,)
    ).fetchone()
    return issue, event.hex()


def test_nothing_of_theirs_stands_outside_of_the_fence(mcp, hostile):
    issue, event = hostile
    every = ["all_frames", "variables", "breadcrumbs", "request", "headers", "user", "contexts",
             "extra", "sdk"]  # fmt: skip
    met = 0
    for tool, arguments in (
        ("find_issues", {"search": "ZQXJ"}),
        ("find_issues", {"project": "shop", "status": "all"}),
        ("get_issue", {"issue": str(issue)}),
        ("get_event", {"issue": str(issue), "show": every, "max_bytes": 32_768}),
        ("get_event", {"issue": str(issue), "event": event}),
        ("list_events", {"issue": str(issue)}),
        ("history", {"issue": str(issue)}),
        ("releases", {"project": "shop"}),
        ("where_is_my_event", {"event": event}),
    ):
        result = mcp.ask("tools/call", name=tool, arguments=arguments)["result"]
        assert "isError" not in result, (tool, result)
        (part,) = result["content"]
        assert escapes(part["text"]) == [], tool
        met += MARK in json.dumps(split(part["text"])[1])
    assert met == 9  # the text was there to be met


def test_an_answer_is_as_long_as_it_may_be(mcp, hostile):
    issue, _ = hostile
    for most in (2048, 4096, 16_384):
        result = mcp.ask("tools/call", name="get_event",
                         arguments={"issue": str(issue), "max_bytes": most,
                                    "show": ["variables", "contexts", "breadcrumbs"]})  # fmt: skip
        assert len(result["result"]["content"][0]["text"].encode()) <= most


def test_addresses_of_people_are_left_out_unless_asked_for(mcp, db):
    sent = {
        "exception": {"values": [{"type": "Mail", "value": "to kim@person.test from 203.0.113.7"}]},
        "user": {"email": "kim@person.test", "ip_address": "203.0.113.7"},
    }
    factories.event(db, mcp.issue, sent, timestamp=factories.ago(hours=1))
    about = {"issue": str(mcp.issue)}
    for tool in ("get_issue", "get_event", "list_events"):
        assert "person.test" not in str(mcp.call(tool, **about)[1])
        assert "203.0.113.7" not in str(mcp.call(tool, **about)[1])
    assert "kim@person.test" in str(mcp.call("get_event", show=["user"], **about)[1])


def test_two_answers_have_two_fences():
    first, second = (fence.answer({}, ["x"]).splitlines()[-1] for _ in range(2))
    assert first != second
    assert re.fullmatch("[0-9a-f]{16}", first)


TEXTS = st.text(max_size=300) | st.sampled_from(ORDERS)
HELD = st.recursive(
    TEXTS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(HELD, st.integers(300, 9000))
@settings(max_examples=300, deadline=None)
def test_a_fence_holds_whatever_is_put_into_it(held, most):
    text = fence.answer({"id": 1}, held, most)
    outside, reported = split(text)
    assert escapes(text) == []
    if reported is not None:
        assert zlib.crc32(outside.split("\n\n")[0].encode()) == zlib.crc32(
            fence.answer({"id": 1}).encode()
        )
