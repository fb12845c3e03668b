"""Stack traces: which frames are kept, where they are, and how much of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jentry.ingest.normalise import Context, normalise

CONTEXT = Context(received=datetime(2026, 6, 29, tzinfo=UTC))
NAME = "exception.values.0.stacktrace.frames"


def clean(frames: Any) -> tuple[list[dict[str, Any]] | None, list[str]]:
    body = {"exception": {"values": [{"type": "E", "stacktrace": {"frames": frames}}]}}
    event = normalise(body, CONTEXT)
    (exception,) = event["exception"]["values"]
    return exception.get("stacktrace", {}).get("frames"), [e["name"] for e in event["errors"]]


AT = {"filename": "a.py", "abs_path": "/x/a.py"}
FRAMES = [
    (AT | {"lineno": "12", "colno": 3.0}, AT | {"lineno": 12, "colno": 3}, []),
    (AT | {"lineno": -1, "in_app": "yes"}, AT, ["lineno", "in_app"]),
    (AT | {"lineno": None, "module": None}, AT, []),
    (AT | {"vars": ["a", "b"]}, AT | {"vars": {"0": "a", "1": "b"}}, []),
    (AT | {"vars": 5}, AT, ["vars"]),
    (AT | {"pre_context": ["a", None, 5]}, AT | {"pre_context": ["a", "", "5"]}, []),
    (AT | {"function": "f" * 513}, AT | {"function": "f" * 509 + "..."}, ["function"]),
    (AT | {"project_root": "/x"}, AT, []),
    ({"filename": "a.py"}, AT | {"abs_path": "a.py"}, []),
    ({"abs_path": "/x/a.py"}, {"filename": "/x/a.py", "abs_path": "/x/a.py"}, []),
    ({"abs_path": "http://h/b/c.js?v=1"},
     {"filename": "/b/c.js", "abs_path": "http://h/b/c.js?v=1"}, []),
    ({"filename": "http://h/b/c.js?v=1"},
     {"filename": "/b/c.js", "abs_path": "http://h/b/c.js?v=1"}, []),
    ({"filename": "http://h/"}, {"filename": "http://h/", "abs_path": "http://h/"}, []),
    ({"function": "f"}, {"function": "f"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kept", "noted"), FRAMES)
def test_frame(raw, kept, noted):
    assert clean([raw]) == ([kept], [f"{NAME}.0.{name}" for name in noted])


def test_null_frames_go_without_a_word_and_others_with_a_note():
    assert clean([None, AT, "x"]) == ([AT], [f"{NAME}.2"])


@pytest.mark.parametrize("frames", [None, [], [None]])
def test_a_trace_without_frames_is_none(frames):
    assert clean(frames)[0] is None


def test_variables_are_limited_in_depth_and_size():
    deep = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
    frames, noted = clean([AT | {"vars": deep}])
    assert frames == [AT | {"vars": {"a": {"b": {"c": {"d": {"e": '{"f":1}'}}}}}}]
    assert noted == [f"{NAME}.0.vars"]
    frames, _ = clean([AT | {"vars": {"a": "x" * 5000, "b": "y"}}])
    assert list(frames[0]["vars"]) == ["a"]
    assert frames[0]["vars"]["a"].endswith("x...")


def test_of_too_many_frames_those_next_to_the_crash_stay():
    frames, noted = clean([AT | {"lineno": n} for n in range(400)])
    assert [frame["lineno"] for frame in frames] == [*range(50), *range(200, 400)]
    assert noted == [NAME]


def test_beyond_fifty_frames_library_frames_lose_their_details_first():
    raw = [
        AT | {"lineno": n, "in_app": n % 2 == 0, "vars": {"n": n}, "context_line": "x"}
        for n in range(80)
    ]
    frames, noted = clean(raw)
    detailed = [frame["lineno"] for frame in frames if "vars" in frame]
    assert len(detailed) == 50
    assert [n for n in detailed if n % 2 == 0] == list(range(0, 80, 2))
    assert [n for n in detailed if n % 2] == [1, 3, 5, 7, 9, 71, 73, 75, 77, 79]
    assert all("context_line" in frame for frame in frames)
    assert noted == [NAME]


def test_a_lone_trace_belongs_to_the_exception_that_lacks_one():
    trace = {"frames": [AT]}
    event = normalise({"exception": [{"type": "E"}], "stacktrace": trace}, CONTEXT)
    assert "stacktrace" not in event
    assert event["exception"]["values"][0]["stacktrace"] == trace
    two = normalise({"exception": [{"type": "E"}] * 2, "stacktrace": trace}, CONTEXT)
    assert two["stacktrace"] == trace
