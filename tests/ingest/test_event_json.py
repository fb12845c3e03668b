"""Reading an event by its types is only a short cut: what comes of it is the same."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.ingest import event_json, jsontext
from jentry.ingest.normalise import Context, normalise
from jentry.ingest.normalise.checked import Checked

RECEIVED = datetime(2026, 6, 29, 12, 30, tzinfo=UTC)
CONTEXTS = (
    Context(received=RECEIVED),
    Context(received=RECEIVED, sent_at=datetime(2026, 6, 29, tzinfo=UTC)),
)
ID = "0123456789abcdef0123456789abcdef"
MADE = sorted((Path(__file__).parents[1] / "grouping").glob("*.jsonl"))
# Of clients that send null for a function, a line or the type of a breadcrumb, lines of -2 for
# native methods, or attributes by their names of old.
UNUSUAL = {
    "eleventh_held_perl", "fourteenth_last_elixir", "fourteenth_last_java", "fourteenth_last_php",
    "fourteenth_made_java", "tenth_held_elixir", "thirteenth_held_elixir",
    "thirteenth_held_real_perl", "thirteenth_held_ruby", "thirteenth_last_real_perl",
    "thirteenth_made_elixir", "thirteenth_made_perl", "thirteenth_made_ruby",
    "thirteenth_more_perl", "thirteenth_real_perl", "thirteenth_real_ruby",
    "thirteenth_unseen_real_perl",
}  # fmt: skip
FRAME = {
    "filename": "a.py", "abs_path": "/srv/a.py", "function": "f", "lineno": 3,
    "pre_context": ["x"], "context_line": "y", "post_context": [], "vars": {"a": 1}, "in_app": True,
}  # fmt: skip
CRUMB = {"timestamp": "2026-06-29T12:29:00.5Z", "category": "q", "message": "m", "level": "info"}


def agree(text: bytes) -> bool:
    """Whether the short cut was taken; it has to lead to the same place."""
    quick = event_json.read(text)
    if quick is None:
        return False
    for context in CONTEXTS:
        slow = normalise(jsontext.loads(text), context)
        assert normalise(event_json.read(text), context) == slow
    return True


def event(**attributes: Any) -> bytes:
    return json.dumps({"event_id": ID} | attributes).encode()


def stack(*frames: Any) -> dict[str, Any]:
    return {"values": [{"type": "E", "value": "v", "stacktrace": {"frames": list(frames)}}]}


def frame(**members: Any) -> dict[str, Any]:
    return FRAME | members


@pytest.mark.parametrize(
    "attributes",
    [
        {"exception": stack(FRAME, FRAME)},
        {"exception": stack(FRAME)["values"]},
        {"exception": None, "breadcrumbs": None, "threads": None, "stacktrace": None},
        {"exception": {"values": []}, "breadcrumbs": {"values": []}},
        {"stacktrace": {"frames": [FRAME]}, "exception": [{"type": "E"}]},
        {"stacktrace": {}},
        {"threads": {"values": [{"id": 1, "stacktrace": {"frames": [FRAME]}, "crashed": True}]}},
        {"exception": stack(*[frame(lineno=n) for n in range(300)])},
        {"exception": stack({"function": "f"}, {"filename": "http://x.de/a.js"}, {"abs_path": ""})},
        {"exception": stack(frame(vars={"a": "x" * 3000}), frame(vars={"a": [[[[[[1]]]]]]}))},
        {"exception": stack(frame(data={"a": 1}), frame(data=None))},
        {"exception": stack(frame(unknown=1, function="f" * 512, context_line=""))},
        {"breadcrumbs": {"values": [CRUMB] * 120}},
        {"breadcrumbs": [CRUMB | {"data": {"a": "x" * 3000}}, CRUMB | {"message": "", "data": {}}]},
        {"breadcrumbs": [CRUMB | {"timestamp": t} for t in (1782734400.5, 1, "x", None, [], "")]},
        {"breadcrumbs": [CRUMB | {"other": 1}]},
        {"extra": {"list": [1e300]}, "tags": [["a", 2**64]], "user": {"id": 2**63}},
    ],
)
def test_the_short_cut_leads_to_the_same_place(attributes):
    assert agree(event(**attributes))


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b'"a"', b"\xff", b'{"a":1}', b'{"message":"\\ud800"}',
        b'{"message":"\\u0000"}', b'{"message":"\xff"}', b'{"extra":{"a":1e999}}',
        b'{"extra":' + b"[" * 5000, b'{"sentry.interfaces.User":{}}',
        event(exception={"type": "E"}), event(exception=[None]), event(breadcrumbs=[None]),
        event(exception=stack(None)), event(exception=stack(frame(function=1))),
        event(exception=stack(frame(function="f" * 513))),
        event(exception=stack(frame(lineno=-1))),
        event(exception=stack(frame(pre_context=["x" * 1025]))),
        event(exception=stack(frame(pre_context=["x"] * 51))),
        event(exception=stack(frame(vars=[]))), event(exception=stack(frame(module=None))),
        event(breadcrumbs=[CRUMB | {"level": "log"}]), event(breadcrumbs=[CRUMB | {"data": None}]),
        event(breadcrumbs=[CRUMB | {"ty": "http"}]), event(breadcrumbs={"values": None}),
    ],
)  # fmt: skip
def test_what_is_unusual_is_left_to_the_long_way(text):
    assert event_json.read(text) is None


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_events_of_clients(path):
    lines = path.read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines if r"\u0000" not in line]
    assert events
    quick = [agree(event(**found | {"event_id": ID})) for found in events]
    assert sum(quick) > len(quick) * 0.85 or path.stem in UNUSUAL


def test_long_numbers_keep_their_digits():
    found = event_json.read(event(extra={"a": 2**70, "b": [2**64 - 1]}, user={"id": 2**70}))
    kept = normalise(found, CONTEXTS[0])
    assert kept["extra"] == {"a": str(2**70), "b": [2**64 - 1]}
    assert kept["user"] == {"id": str(2**70)}


def test_what_was_checked_says_so():
    found = event_json.read(event(exception=stack(FRAME), breadcrumbs=[CRUMB]))
    assert found is not None
    assert type(found["exception"]["values"][0]["stacktrace"]["frames"]) is Checked
    assert type(found["breadcrumbs"]) is Checked


TEXTS = st.sampled_from(
    ["", "a", "f" * 600, "x" * 9000, "2026-06-29T12:29:00.5Z", "error", "é" * 300]
)
LEAVES = (
    TEXTS | st.none() | st.booleans() | st.sampled_from([0, -1, 5, 2**53, 2**63 - 1, 0.5, 1e300])
)
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
LINES = st.lists(TEXTS, max_size=3)
BAGS = st.dictionaries(TEXTS, ANY, max_size=3)


def members(**kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mostly of the right kind, now and then of any."""
    return st.fixed_dictionaries({}, optional={n: k | k | k | ANY for n, k in kinds.items()})


FRAMES = members(
    filename=TEXTS, abs_path=TEXTS, function=TEXTS, lineno=st.integers(0, 99), context_line=TEXTS,
    pre_context=LINES, post_context=LINES, vars=BAGS, in_app=st.booleans(), data=BAGS, other=ANY,
)  # fmt: skip
TRACES = members(type=TEXTS, value=TEXTS, stacktrace=members(frames=st.lists(FRAMES, max_size=3)))
CRUMBS = members(
    timestamp=TEXTS, type=TEXTS, category=TEXTS, message=TEXTS, level=TEXTS, data=BAGS, ty=TEXTS
)
EVENTS = members(
    exception=members(values=st.lists(TRACES, max_size=2)),
    threads=st.lists(TRACES, max_size=2),
    stacktrace=members(frames=st.lists(FRAMES, max_size=2)),
    breadcrumbs=members(values=st.lists(CRUMBS, max_size=3)) | st.lists(CRUMBS, max_size=3),
    contexts=BAGS, extra=BAGS, tags=BAGS, user=BAGS, level=TEXTS, timestamp=TEXTS,
)  # fmt: skip


@settings(
    max_examples=examples(400),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(EVENTS)
def test_any_event_comes_out_the_same(found: dict[str, Any]):
    agree(event(**found | {"event_id": ID}))
