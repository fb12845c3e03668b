"""Type, title and culprit of an event."""

from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
            error(type="T" * 250, value="value"),
            "T" * 117 + "...: value",
            id="a long type leaves room for the value",
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
        pytest.param(
            error(type="SIGABRT", mechanism=SYNTHETIC), "SIGABRT", id="else the type alone"
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


EXCERPT = """/srv/shop/views/cart.ejs:3
    1| <h1>Cart</h1>
    2|
 >> 3| <%= order.name %>
    4| </p>

order is not defined"""

SAID = [
    ("TypeError", EXCERPT, "TypeError: order is not defined"),
    (
        "Error",
        EXCERPT.replace(">> ", "  > ").replace(".ejs", ".pug"),
        "Error: order is not defined",
    ),
    (
        "Template render error",
        "(/srv/shop/views/cart.njk) [Line 1, Column 20]\n  Error: `boom` is undefined",
        "Template render error: Error: `boom` is undefined",
    ),
    (
        "PrismaError",
        "\nInvalid `user.create()` invocation in\n/srv/a.js:4:30\n\n→ 4 user(\nNot unique: `mail`",
        "PrismaError: Invalid `user.create()` invocation: Not unique: `mail`",
    ),
    ("E", "/srv/shop/views/cart.ejs:3", "E: /srv/shop/views/cart.ejs:3"),
    (
        "ZodError",
        '[\n  {\n    "code": "invalid_type",\n    "message": "Required \\"mail\\""\n  }\n]',
        'ZodError: Required "mail"',
    ),
    ("ApiError", '{"error": "Bad Request", "message": "no name"}', "ApiError: no name"),
    ("ApiError", '{"status": 400, "error": "Bad Request"}', "ApiError: Bad Request"),
    ("ApiError", "{'message': 'cut off in the mid", "ApiError: cut off in the mid"),
    ("ApiError", '{\n  "status": 400\n}', 'ApiError: { "status": 400 }'),
    ("ApiError", "[503] down", "ApiError: [503] down"),
    ("AssertionError", "to be equal:\n\n1 !== 2\n", "AssertionError: to be equal: 1 !== 2"),
    ("E", "done:", "E: done:"),
    ("exit", "Task ended\n** (Mint.Error) closed", "exit: Task ended: ** (Mint.Error) closed"),
    ("FormatException", "FormatException: no digit", "FormatException: no digit"),
    ("FormatException", "FormatException: FormatException: no digit", "FormatException: no digit"),
    ("app.errors.Gone", "Gone: page", "app.errors.Gone: page"),
    ("IOException", "java.io.IOException: closed", "IOException: closed"),
    ("Error", "driver.Error: closed", "Error: driver.Error: closed"),
    ("DioException", "DioException [bad response]: 502", "DioException [bad response]: 502"),
    ("PlatformException", "PlatformException(denied, null)", "PlatformException(denied, null)"),
    ("Net::ReadTimeout", "Net::ReadTimeout with #<Socket>", "Net::ReadTimeout with #<Socket>"),
    ("RetryError", "RetryError[<Future>]", "RetryError[<Future>]"),
    ("Forbidden", "Forbidden", "Forbidden"),
    ("Retry", "Retry in 3 s", "Retry: Retry in 3 s"),
    ("KeyError", "KeyErrors seen", "KeyError: KeyErrors seen"),
    ("E", "\x1b[31mno module\x1b[39m found", "E: no module found"),
    ("E", "a\tb\x00c\u202ed", "E: a b c d"),
    ("E", "caf\u00e9 \U0001f9ed", "E: caf\u00e9 \U0001f9ed"),
    (
        "LogicException@anonymous\ufffd/srv/shop/Cart.php:12$0",
        "class@anonymous\x00/srv/shop/Rule.php:3$1f::run() failed",
        "LogicException@anonymous: class@anonymous::run() failed",
    ),
]


@pytest.mark.parametrize(("kind", "value", "title"), SAID)
def test_what_a_title_says(kind: str, value: str, title: str) -> None:
    assert describe(error(type=kind, value=value)).title == title


@given(kind=st.text(), value=st.text())
def test_a_title_is_one_line_that_can_be_read(kind: str, value: str) -> None:
    for event in (error(type=kind, value=value), {"logentry": {"formatted": value}}):
        title = describe(event).title
        assert len(title.splitlines()) == 1
        assert not any(category(character) == "Cc" for character in title)


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
            "a.py",
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
