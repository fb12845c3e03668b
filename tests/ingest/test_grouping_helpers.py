"""Who is to blame: a function that works for others, or the one that says what is wrong."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.titles import describe

Event = dict[str, Any]
Frame = dict[str, Any]

SAID = "Only 3 left of item 17"
ADDRESS = "https://shop.example/assets/cart-BxY3kQ9z.js"


def raised(platform: str, kind: str, value: str, *frames: Frame) -> Event:
    trace = {"frames": [{"in_app": True} | frame for frame in frames]}
    exception = {"type": kind, "value": value, "stacktrace": trace}
    return {"platform": platform, "exception": {"values": [exception]}}


def at(module: str, function: str, **frame: Any) -> Frame:
    return {"module": module, "function": function, "filename": "a.x", "lineno": 3} | frame


def script(function: str, column: int = 9000) -> Frame:
    return {"function": function, "filename": ADDRESS, "lineno": 1, "colno": column}


def compiled(caller: str, function: str, kind: str = "com.acme.StockError") -> Event:
    frames = at("com.acme.web.Page", caller), at("com.acme.Stock", function)
    return raised("java", kind, SAID, *frames)


def converted(caller: str, function: str) -> Event:
    line = "raise ValueError(f'not an amount: {text}')"
    frames = at("shop.web", caller), at("shop.money", function, context_line=line)
    return raised("python", "ValueError", "not an amount: 'x'", *frames)


def decoded(caller: str) -> Event:
    library = at("json.decoder", "raw_decode", in_app=False)
    frames = at("shop.web", caller), at("shop.money", "parse_amount"), library
    return raised("python", "JSONDecodeError", "Expecting value", *frames)


def beside(path: str, *, is_app: bool) -> Event:
    package = at("botocore.client", "_make_api_call", abs_path=path, in_app=is_app)
    return raised("python", "ClientError", "no such bucket", at("shop.web", "show"), package)


def generated(line: str) -> Event:
    frame = at("shop.dose", "<lambda>", filename="<attrs generated>", context_line=line)
    return raised("python", "TypeError", "not a number", frame)


def answered(path: str) -> Event:
    frame = at("client", "IncomingMessage.?")
    return raised("node", "UpstreamError", f"Upstream {path} responded with 404", frame)


def bundled(function: str) -> Event:
    frame = {"filename": "/srv/dist/server.js", "function": function, "lineno": 1, "colno": 9000}
    return raised("node", "TypeError", "Cannot read properties of null (reading 'x')", frame)


def page(kind: str, value: str, *frames: Frame) -> Event:
    return raised("javascript", kind, value, *(frames or (script("t"),)))


def folded(line: str) -> Event:
    stats = {"self": "<shop.stats.Stats object at 0x7f00>"}
    frame = at("shop.stats", "<lambda>", vars=stats, context_line=line)
    return raised("python", "AttributeError", "no price", frame)


def panicked(caller: str, message: str) -> Event:
    frames = at("", f"shop::{caller}"), at("", "shop::util::to_amount")
    return raised("rust", "panic", message, *frames)


def checked(caller: str, **frame: Any) -> Event:
    frames = at("acme/shop", caller, **frame), at("acme/must", "(*Stack).Pop", **frame)
    return raised("go", "runtime.boundsError", "index out of range [-1]", *frames)


def called(function: str, chunk: str) -> Event:
    caller = script(function) | {"filename": f"https://shop.example/assets/{chunk}-BxY3kQ9z.js"}
    return page("Error", "No element with id 7", caller, script("t"))


SAME = {
    "a package of others beside the application": (
        beside("/var/task/botocore/client.py", is_app=True),
        beside("/usr/lib/python3/site-packages/botocore/client.py", is_app=False),
    ),
    "code that was generated, at whatever line of the module": (
        generated("import attrs"),
        generated("class Dose:"),
    ),
    "a build in Go with its source at hand, and one without": (
        checked("Load", context_line="items := stack.Pop()"),
        checked("Load"),
    ),
    "what Rust says itself, whoever called": (
        panicked("web::show", "index out of bounds: the len is 3 but the index is 7"),
        panicked("jobs::run", "index out of bounds: the len is 1 but the index is 2"),
    ),
    "who awaited, which only Chrome knows": (
        called("async a", "account"),
        called("async b", "product"),
    ),
    "a type made for it says what is wrong, whoever called": (
        compiled("show", "reserve"),
        compiled("rebuild", "reserve"),
    ),
    "an address in the message that a client took for a line of the stack": (
        page("HttpError", "HTTP 404 on /none/1", script("t")),
        page(
            "HttpError",
            "HTTP 404 on /none/2",
            script("t"),
            {"function": "HttpError: HTTP 404 on", "filename": "/none/2"},
        ),
    ),
    "what Safari calls a missing constructor": (
        page("TypeError", "(0 , r.I)(...).Maker is not a constructor"),
        page(
            "TypeError",
            "undefined is not a constructor (evaluating 'new((0,r.I)({a:{v:e}},\"a\").Maker)(e)')",
        ),
    ),
    "what Safari calls an array that cannot be taken apart": (
        page("TypeError", "undefined is not iterable (cannot read property Symbol)"),
        page("TypeError", "undefined is not an object (evaluating '[e,t]')"),
    ),
    "a call that Safari leaves out": (
        page("URIError", "URI malformed"),
        page(
            "URIError", "URI error", {"function": "decodeURIComponent", "filename": "[native code]"}
        ),
    ),
}
DIFFERENT = {
    "a type for anything says nothing": (
        compiled("show", "reserve", "java.lang.IllegalStateException"),
        compiled("rebuild", "reserve", "java.lang.IllegalStateException"),
    ),
    "who carries something for two callers": (compiled("show", "send"), compiled("buy", "send")),
    "who converts what two callers give": (
        converted("show", "parse_amount"),
        converted("buy", "parse_amount"),
    ),
    "who converts by a library, which fails": (decoded("show"), decoded("buy")),
    "panics of a helper": (panicked("web::show", SAID), panicked("jobs::run", SAID)),
    "a package of checks": (checked("Load"), checked("Save")),
    "scripts that call one helper": (called("a", "account"), called("b", "product")),
    "answers to two requests": (answered("/vans/1"), answered("/parcels/1")),
    "methods of three letters in minified code": (bundled("Object.own"), bundled("Object.buy")),
    "lambdas in methods of one object": (
        folded("sum(xs, key=lambda x: x.a)"),
        folded("max(xs, key=lambda x: x.b)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_one_bug_is_one_issue(one: Event, other: Event) -> None:
    assert group(one) == group(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_unrelated_callers_are_two(one: Event, other: Event) -> None:
    assert group(one).hash != group(other).hash


def test_a_business_function_is_one_whoever_called_it() -> None:
    assert group(converted("show", "reserve")) == group(converted("buy", "reserve"))


@pytest.mark.parametrize(
    ("platform", "kind", "value"),
    [
        ("ruby", "FrozenError", 'can\'t modify frozen String: "cargo"'),
        ("ruby", "NoMatchingPatternError", "{:day=>1}"),
        ("php", "UnhandledMatchError", "Unhandled match case 'x'"),
        ("elixir", "FunctionClauseError", "no function clause matching in Shop.Cart.label/1"),
        ("java", "java.lang.NegativeArraySizeException", "-1"),
        ("java", "kotlin.NoWhenBranchMatchedException", ""),
    ],
)
def test_what_the_language_finds_is_a_mistake_of_the_function_itself(
    platform: str, kind: str, value: str
) -> None:
    def found(caller: str) -> Event:
        line = {} if platform == "java" else {"context_line": "price(item)"}
        site = at("shop.cart", "label", lineno=9, **line)
        return raised(platform, kind, value, at("shop.web", caller), site)

    assert group(found("show")).hash == group(found("export")).hash


def test_neither_is_the_culprit_taken_from_the_message() -> None:
    found = describe(
        SAME["an address in the message that a client took for a line of the stack"][1]
    )
    assert "404" not in found.culprit
