"""Type, title and culprit of an event."""

from typing import Any

import pytest

from jentry.ingest.titles import describe

APP = {"function": "renderList", "filename": "app/components/List.tsx", "in_app": True}
LIBRARY = {"function": "dispatch", "filename": "node_modules/react/index.js", "in_app": False}


def error(**exception: Any) -> dict[str, Any]:
    return {"platform": "python", "exception": {"values": [exception]}}


def trace(*frames: dict[str, Any]) -> dict[str, Any]:
    return {"frames": list(frames)}


SYNTHETIC = {"type": "generic", "synthetic": True}


@pytest.mark.parametrize(
    ("event", "title"),
    [
        pytest.param(error(type="E", value="bad 17"), "E: bad 17", id="type and value"),
        pytest.param(error(type="E", value="a\nb"), "E: a", id="only the first line"),
        pytest.param(error(type="E", value="\n \n  b"), "E: b", id="that is not blank"),
        pytest.param(error(type="E", value=""), "E", id="no value"),
        pytest.param(error(type="*errors.errorString"), "*errors.errorString", id="type alone"),
        pytest.param(error(value="lost"), "Error: lost", id="no type"),
        pytest.param(
            error(type="E", value="x" * 200), "E: " + "x" * 97 + "...", id="a long value is cut"
        ),
        pytest.param(
            error(type="T" * 250, value="value"), "T" * 250 + ": ...", id="255 characters in all"
        ),
        pytest.param(
            error(type="Error", value="thrown", mechanism=SYNTHETIC), "thrown", id="synthetic"
        ),
        pytest.param(
            error(type="Error", mechanism=SYNTHETIC) | {"logentry": {"formatted": "said"}},
            "said",
            id="synthetic without a value: the message",
        ),
        pytest.param(
            error(type="Error", mechanism=SYNTHETIC, stacktrace=trace(LIBRARY, APP)),
            "renderList",
            id="synthetic without any text: the function",
        ),
        pytest.param(error(mechanism=SYNTHETIC), "<unknown>", id="synthetic without anything"),
        pytest.param({"logentry": {"formatted": "msg 5"}}, "msg 5", id="a message"),
        pytest.param({"logentry": {"message": "msg %s"}}, "msg %s", id="an unformatted message"),
        pytest.param(
            {"logentry": {"formatted": "m" * 300}}, "m" * 252 + "...", id="a long message is cut"
        ),
        pytest.param({"logentry": {"formatted": " \n "}}, "<unlabeled event>", id="blank message"),
        pytest.param({}, "<unlabeled event>", id="nothing"),
        pytest.param(
            {"exception": {"values": [{"type": "Cause"}, {"type": "Thrown"}]}},
            "Thrown",
            id="the thrown exception comes last",
        ),
        pytest.param(
            {
                "type": "csp",
                "csp": {
                    "effective_directive": "img-src",
                    "blocked_uri": "https://cdn.example.com/a.png",
                    "document_uri": "https://shop.example.com/",
                },
            },
            "Blocked 'image' from 'cdn.example.com'",
            id="a CSP report",
        ),
        pytest.param(
            {"type": "expectct", "logentry": {"formatted": "Expect-CT failed for 'example.com'"}},
            "Expect-CT failed for 'example.com'",
            id="a certificate report",
        ),
    ],
)
def test_title(event: dict[str, Any], title: str) -> None:
    assert describe(event).title == title


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (error(type="E"), "error"),
        ({"type": "default", "exception": {"values": [{"type": "E"}]}}, "error"),
        ({"logentry": {"formatted": "x"}}, "default"),
        ({"type": "error"}, "default"),
        ({"type": "transaction"}, "default"),
        ({"type": "hpkp"}, "hpkp"),
        ({"type": "csp", "csp": {"effective_directive": "img-src"}}, "csp"),
    ],
)
def test_type(event: dict[str, Any], kind: str) -> None:
    assert describe(event).type == kind


PLACES = {
    "javascript": "renderList(app/components/List.tsx)",
    "node": "renderList(app/components/List.tsx)",
    "native": "renderList",
    "cocoa": "renderList",
    "python": "app/components/List.tsx in renderList",
    "other": "app/components/List.tsx in renderList",
}


@pytest.mark.parametrize(("platform", "culprit"), PLACES.items())
def test_culprit_is_the_last_frame_of_the_application(platform: str, culprit: str) -> None:
    event = error(type="E", stacktrace=trace(APP, LIBRARY)) | {"platform": platform}
    assert describe(event).culprit == culprit


BARE = {"function": "f"}
FALLBACKS = {"transaction": "GET /x", "culprit": "old", "request": {"url": "https://a.example/"}}


@pytest.mark.parametrize(
    ("event", "culprit"),
    [
        pytest.param(
            error(type="E", stacktrace=trace(APP | {"module": "app.list"})),
            "app.list in renderList",
            id="the module beats the file",
        ),
        pytest.param(
            error(type="E", stacktrace=trace(LIBRARY)),
            "node_modules/react/index.js in dispatch",
            id="without frames of the application the crash site",
        ),
        pytest.param(
            error(type="E", stacktrace=trace({"filename": "a.py", "in_app": True})),
            "a.py in ?",
            id="no function",
        ),
        pytest.param(error(type="E", stacktrace=trace(BARE)), "", id="neither module nor file"),
        pytest.param(
            error(type="E", stacktrace=trace(APP)) | FALLBACKS,
            "app/components/List.tsx in renderList",
            id="the stack comes first",
        ),
        pytest.param(error(type="E") | FALLBACKS, "GET /x", id="then the transaction"),
        pytest.param(
            error(type="E") | FALLBACKS | {"transaction": None}, "old", id="then what was sent"
        ),
        pytest.param(
            {"request": {"url": "https://a.example/"}}, "https://a.example/", id="then the address"
        ),
        pytest.param(
            {"stacktrace": trace(APP)}, "app/components/List.tsx in renderList", id="bare trace"
        ),
        pytest.param(
            error(type="E", mechanism=SYNTHETIC, stacktrace=trace(APP)), "", id="synthetic"
        ),
        pytest.param({"transaction": "t" * 300}, "t" * 200, id="200 characters"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_culprit(event: dict[str, Any], culprit: str) -> None:
    assert describe(event).culprit == culprit


def test_what_an_engine_has_built_in_is_no_culprit() -> None:
    built_in = {"function": "Array.map", "filename": "<anonymous>", "in_app": True}
    event = error(type="E", stacktrace=trace(APP, built_in)) | {"platform": "javascript"}
    assert describe(event).culprit == "renderList(app/components/List.tsx)"
