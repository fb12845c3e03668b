"""GitLab refuses an answer of more than 1 MB: large events are shortened, which is told."""

import json

import factories
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples
from sentry_members import EVENT, check_one

from jentry.sentry_api import event_shapes
from jentry.sentry_api.shortened import MOST, SAID, fitted

GITLAB = 1_000_000  # bytes
LINE = "x" * 4000
FRAME = {
    "filename": "shop/pay.py", "function": "pay", "lineno": 12, "in_app": True,
    "pre_context": ["a", "b"], "context_line": "raise", "post_context": ["c"],
    "vars": {"amount": "5"},
}  # fmt: skip


def deep(depth):
    return {"a": deep(depth - 1), "b": [LINE]} if depth else LINE


def raised(*frames, count=1):
    return {"exception": {"values": [
        {"type": "KeyError", "value": "'a'", "stacktrace": {"frames": list(frames)}}
    ] * count}}  # fmt: skip


LARGE = {
    "variables": raised(FRAME | {"vars": {f"v{n}": LINE for n in range(500)}}, FRAME),
    "frames": raised(*[FRAME | {"function": f"f{n}"} for n in range(9000)], FRAME),
    "exceptions": raised(FRAME, count=6000),
    "breadcrumbs": raised(FRAME) | {"breadcrumbs": [{"message": LINE}] * 400},
    "extra": raised(FRAME) | {"extra": {f"k{n}": LINE for n in range(400)}},
    "contexts": raised(FRAME) | {"contexts": {f"k{n}": {"a": LINE} for n in range(400)}},
    "a body": raised(FRAME) | {"request": {"url": "https://x.test/", "data": "x" * 1_500_000}},
    "a message": raised(FRAME) | {"logentry": {"formatted": "x" * 1_500_000}},
    "modules": raised(FRAME) | {"modules": {f"m{n}": "1" for n in range(90_000)}},
    "what is nested": raised(FRAME) | {"extra": deep(60), "contexts": {"a": deep(400)}},
    "all of it": {"extra": {f"k{n}": deep(8) for n in range(60)}} | raised(
        *[FRAME | {"vars": {f"v{n}": deep(5) for n in range(60)}}] * 30, FRAME),
}  # fmt: skip


@pytest.mark.parametrize("payload", LARGE.values(), ids=LARGE)
def test_a_large_event_is_shortened_and_says_so(world, db, payload):
    factories.event(db, world.first, payload, event_id=bytes.fromhex(EVENT[:-1] + "2"))
    answer = world.get(f"/issues/{world.first}/events/latest/")
    assert len(answer.data) <= MOST < GITLAB
    assert answer.json["errors"] == [SAID]
    for entry in answer.json["entries"]:
        if entry["type"] == "exception":
            frame = entry["data"]["values"][-1]["stacktrace"]["frames"][-1]
            assert (frame["function"], frame["context"][-2]) == ("pay", [12, "raise"])
    assert answer.json["entries"] or "vars" in str(payload)
    whole = world.get(f"/projects/acme/shop/events/{EVENT[:-1]}2/json/")
    assert (len(whole.data) > MOST, whole.json["errors"]) == (True, [])


@pytest.mark.parametrize("letter", ["x", "\u5b57"])
def test_an_event_that_fits_is_left_alone(world, db, letter):
    payload = raised(FRAME | {"vars": {f"v{n}": letter * 1600 for n in range(100)}})
    factories.event(db, world.first, payload, event_id=bytes.fromhex(EVENT[:-1] + "2"))
    answer = world.get(f"/issues/{world.first}/events/latest/")
    assert len(answer.data) < MOST
    shown = answer.json
    (error,) = shown["entries"][0]["data"]["values"]
    assert (len(error["stacktrace"]["frames"][0]["vars"]), shown["errors"]) == (100, [])


def test_a_page_of_issues_is_below_what_gitlab_takes(world, db):
    for number in range(100):
        issue = factories.issue(db, world.project, title=f"{number}: " + "ä" * 250,
                                culprit="ö" * 250)  # fmt: skip
        for hour in range(24):
            factories.insert_row(db, "issue_hours", issue, f"2026-11-20T{hour:02}", 10**9)
    answer = world.get("/projects/acme/shop/issues/?query=&limit=100")
    assert len(answer.json) == 100
    assert len(answer.data) < GITLAB


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(LINE * 20),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=30,
)


SENT = ("extra", "contexts", "request", "user", "modules", "exception", "breadcrumbs", "threads",
        "errors", "logentry", "sdk")  # fmt: skip


@given(st.dictionaries(st.sampled_from(SENT), JSON))
@settings(max_examples=examples(60), deadline=None)
def test_whatever_was_sent_fits_and_has_its_members(sent):
    row = dict.fromkeys(event_shapes.UNSAID) | {
        "id": EVENT, "issue_id": 1, "project_id": 1, "message": "x", "type": "error",
        "level": "error", "platform": None, "culprit": "", "timestamp": factories.AT,
        "received_at": factories.AT, "tags": {},
    }  # fmt: skip
    event = event_shapes.event(row | sent, full=True)
    for beside in (None, {"eventId": EVENT}):
        written = fitted(event, beside)
        assert len(written) <= MOST
        found = json.loads(written)
        check_one("event", found["event"] if beside else found)
