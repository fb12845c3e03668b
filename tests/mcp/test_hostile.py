"""Events that try to speak to the agent: nothing of theirs stands outside of the fence."""

import json
import re
import zlib

import factories
import pytest
from hostile_events import MARK, ORDERS, escapes, payload, split
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.mcp import catalog, fence


@pytest.fixture(params=ORDERS, ids=range(len(ORDERS)))
def hostile(request, mcp, db):
    """The text, on an issue of its own, and wherever else somebody may write one."""
    text = request.param
    plain = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
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
    factories.insert(db, "release_commits", release_id=release, position=0, sha="a" * 40,
                     author=plain[:200], message=plain,
                     files=json.dumps([plain[:200]]))  # fmt: skip
    factories.insert(db, "release_deploys", release_id=release, environment=plain[:60],
                     name=plain[:60], deployed_at=factories.AT)  # fmt: skip
    factories.user(db, mcp.org, name=plain[:100])
    factories.view(db, mcp.org, mcp.owner, name=plain[:100], search=plain[:200], shared=1)
    factories.monitor(db, mcp.project, plain[:50])
    db.execute("UPDATE projects SET ownership = ? WHERE id = ?", (plain, mcp.project))
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


def test_a_refusal_quotes_nothing_outside_of_the_fence(mcp):
    """An agent that took an order for its own asks for it."""
    known = {"issue": str(mcp.issue), "project": "shop", "event": "0" * 32, "to": "me", "text": "x",
             "status": "resolved", "expected_status": "unresolved"}  # fmt: skip
    arguments = [(tool, pair) for tool in catalog.TOOLS[::-1] for pair in tool.arguments.items()]
    asked = {name: (tool, about) for tool, (name, about) in arguments}
    for order in ORDERS:
        plain = order.encode("utf-8", "replace").decode()
        for name, (tool, about) in asked.items():
            given = [plain] if about["type"] == "array" else plain[:90]
            others = {need: known[need] for need in tool.needs}
            answer = mcp.ask("tools/call", "/mcp?write=1", name=tool.name,
                             arguments=others | {name: given})  # fmt: skip
            assert escapes(answer["result"]["content"][0]["text"]) == [], (tool.name, name)
        for answer in (
            mcp.ask("tools/call", name="find_issues", arguments={plain: plain}),
            mcp.ask("tools/call", name=plain),
            mcp.ask(plain),
        ):
            assert MARK not in json.dumps(answer)


@pytest.mark.parametrize("hostile", [max(ORDERS, key=len)], indirect=True)
def test_an_answer_is_as_long_as_it_may_be(mcp, hostile):
    issue, _ = hostile
    for most in (2048, 4096, 16_384):
        result = mcp.ask("tools/call", name="get_event",
                         arguments={"issue": str(issue), "max_bytes": most,
                                    "show": ["variables", "contexts", "breadcrumbs"]})  # fmt: skip
        assert len(result["result"]["content"][0]["text"].encode()) <= most


def test_addresses_of_people_are_left_out_unless_asked_for(mcp, db):
    sent = {
        "exception": {"values": [{
            "type": "Mail",
            "value": "kim@person.test, 203.0.113.7, 2001:db8::7: at 12:30:45 in std::a0::b",
        }]},
        "user": {"email": "kim@person.test", "ip_address": "203.0.113.7"},
    }  # fmt: skip
    factories.event(db, mcp.issue, sent, timestamp=factories.ago(hours=1))
    about = {"issue": str(mcp.issue)}
    for tool in ("get_issue", "get_event", "list_events"):
        assert "person.test" not in str(mcp.call(tool, **about)[1])
        assert "203.0.113.7" not in str(mcp.call(tool, **about)[1])
        assert "2001:db8" not in str(mcp.call(tool, **about)[1])
    assert "[address]: at 12:30:45 in std::a0::b" in str(mcp.call("get_event", **about)[1])
    assert "kim@person.test" in str(mcp.call("get_event", show=["user"], **about)[1])


def test_a_release_is_no_address_of_anybody(mcp, db):
    version = "shop@4.1.0.7"
    release = factories.release(db, mcp.project, version)
    db.execute("UPDATE issues SET first_release_id = ?, title = 'shop@4.1 of kim@person.test'",
               (release,))  # fmt: skip
    factories.event(db, mcp.issue, {"release": version}, release_id=release)
    about = {"issue": str(mcp.issue)}
    for tool in ("get_issue", "get_event", "list_events"):
        assert version in str(mcp.call(tool, **about)[1]), tool
    assert mcp.call("get_issue", **about)[1]["first release"] == version
    assert mcp.call("get_issue", **about)[1]["title"] == "shop@4.1 of [mail]"


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
@settings(max_examples=examples(300), deadline=None)
def test_a_fence_holds_whatever_is_put_into_it(held, most):
    text = fence.answer({"id": 1}, held, most)
    outside, reported = split(text)
    assert escapes(text) == []
    if reported is not None:
        assert zlib.crc32(outside.split("\n\n")[0].encode()) == zlib.crc32(
            fence.answer({"id": 1}).encode()
        )
