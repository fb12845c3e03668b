"""One bug in other engines, builds and versions of a language; bugs that only look like it."""

from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Frame = dict[str, Any]


def raised(platform: str, kind: str, value: str, *frames: Frame) -> Event:
    trace = {"frames": [{"in_app": True} | frame for frame in frames]}
    exception = {"type": kind, "value": value, "stacktrace": trace}
    return {"platform": platform, "exception": {"values": [exception]}}


def script(name: str, function: str = "t", column: int = 9000) -> Frame:
    url = f"https://shop.example/assets/{name}"
    return {"filename": url, "abs_path": url, "function": function, "lineno": 1, "colno": column}


def page(value: str, *frames: Frame, kind: str = "TypeError") -> Event:
    return raised("javascript", kind, value, *(frames or (script("cart-BxY3kQ9z.js"),)))


def asked(chunk: str, shared: str = "index-BxY3kQ9z.js") -> Event:
    caller = script(f"{chunk}-QUUAOLDR.js", "async f")
    return page("Request failed", caller, script(shared, "a"), kind="HttpError")


def source(path: str) -> Event:
    return page("x is not a function", {"filename": path, "function": "Row", "lineno": 3})


def ruby(function: str, file: str) -> Event:
    frame = {"function": function, "filename": file, "abs_path": f"/srv/{file}", "lineno": 7}
    return raised("ruby", "NoMethodError", "undefined method 'amount' for nil", frame)


def dart(kind: str, function: str) -> Event:
    frame = {"function": function, "package": "shop", "filename": "page.dart"}
    return raised("dart", kind, "Null check operator used on a null value", frame)


def rendered(platform: str, value: str, **frame: Any) -> Event:
    return raised(platform, "RenderError", value, {"function": "render", **frame})


def twig(name: str, digits: str) -> Event:
    value = f'Attribute "x" does not exist in "{name}" at line 4.'
    function = f"__TwigTemplate_{digits * 32}::doDisplay"
    return rendered("php", value, function=function, filename=f"/cache/{digits * 32}.php")


def helped(helper: str, caller: str) -> Event:
    by = {"function": caller, "module": f"shop.{caller}", "context_line": f"x = {helper}(y)"}
    raises = {"context_line": 'raise LookupError("nothing there")'}
    at = {"function": helper, "module": "shop.core"} | raises
    return raised("python", "PaymentError", "nothing there", by, at)


def made(constructor: Frame | None = None) -> Event:
    frames = [script("cart.js", "pay", 9), script("cart.js", "charge", 9)]
    return page("declined", *frames, *([constructor] if constructor else []), kind="CardError")


def local(function: str) -> Event:
    frame = {"function": function, "module": "Program"}
    return raised("csharp", "System.DivideByZeroException", "x", frame)


SPLITS = {  # the same bug
    "date": (
        page("Invalid time value", kind="RangeError"),
        page("Invalid Date", kind="RangeError"),
        page("invalid date", kind="RangeError"),
    ),
    "uri": (
        page("URI malformed", kind="URIError"),
        page("malformed URI sequence", kind="URIError"),
        page("URI error", kind="URIError"),
    ),
    "iterable": (
        page("e.lines is not iterable"),
        page("can't access property Symbol.iterator, t.lines is undefined"),
    ),
    "cycle": (
        page("Converting circular structure to JSON\n    --> starting at object"),
        page("cyclic object value"),
        page("JSON.stringify cannot serialize cyclic structures."),
    ),
    "callers that an engine leaves out": (
        page("URI malformed", script("index-a.js", "open"), script("cart-BxY3kQ9z.js")),
        page("URI malformed", script("cart-BxY3kQ9z.js")),
    ),
    "handlers": (
        page("URI malformed", script("app.1.js", "e.onclick"), script("app.1.js")),
        page("URI malformed", script("app.1.js")),
    ),
    "hashes of chunks": tuple(
        page("x.y is not a function", script(f"cart-{made}.js"))
        for made in ("BxY3kQ9z", "QUUAOLDR", "ABcdefgh", "X1", "Y2a")
    ),
    "constructors": (made(), made(script("cart.js", "new CardError", 9))),
    "chunks of servers": tuple(
        raised("node", "E", "x", {"function": "CartPage", "module": number, "filename": "a.js"})
        for number in ("100", "214")
    ),
    "ruby 3.4": (
        ruby("total", "app/models/cart.rb"),
        ruby("block in Cart#total", "app/models/cart.rb"),
        ruby("Shop::Cart#total", "app/models/cart.rb"),
    ),
    "ruby files": (
        ruby("<top (required)>", "lib/tasks/a.rake"),
        ruby("block (2 levels) in <main>", "lib/tasks/a.rake"),
    ),
    "dart in browsers": (
        dart("_TypeError", "Page.build.<anonymous closure>"),
        dart("TypeError", "Page.build.<fn>"),
    ),
    "twig's builds": (twig("cart/show.html.twig", "a"), twig("cart/show.html.twig", "b")),
    "servers": (
        {"logentry": {"formatted": "lost db-1.internal:5432"}},
        {"logentry": {"formatted": "lost 10.0.0.7:5432"}},
    ),
    "references": tuple(
        {"logentry": {"formatted": f"job {reference} stalled"}}
        for reference in ("0f9", "18c1", "7")
    )[:2],
    "local functions": (local("<<Main>$>g__Share|0_0"), local("<Main>g__Share|1_2")),
}
JOINS = {  # different bugs
    "chunks": (page("x.y is not a function"), page("x.y is not a function", script("mail-X1.js"))),
    "numbered chunks": tuple(
        page("x.y is not a function", script(f"{number}.3f2a91bc.chunk.js"))
        for number in (237, 348)
    ),
    "callers of a shared chunk": (asked("account"), asked("product")),
    "callers of a chunk of helpers": (
        asked("account", "http-X1.js"),
        asked("product", "http-X1.js"),
    ),
    "sources of one name": (
        source("webpack:///./src/cart/Row.tsx"),
        source("webpack:///./src/mail/Row.tsx"),
    ),
    "controllers of one name": (
        ruby("index", "app/controllers/admin/carts_controller.rb"),
        ruby("index", "app/controllers/shop/carts_controller.rb"),
    ),
    "classes in one file of Ruby": (
        ruby("Cart#total", "app/models.rb"),
        ruby("Order#total", "app/models.rb"),
    ),
    "twig": (twig("cart/show.html.twig", "a"), twig("mail/show.html.twig", "a")),
    "blade": tuple(
        rendered("php", f'Property "x" on null (View: /srv/views/{name}.blade.php)')
        for name in ("cart", "mail")
    ),
    "ejs": tuple(
        rendered("node", f"/srv/views/{name}.ejs:3\n    2| <h1>\n >> 3| <%= a.b %>\n\nx")
        for name in ("cart", "mail")
    ),
    "pug": tuple(
        rendered("node", f"/srv/views/{name}.pug:3\n    2| h1\n  > 3| p= a.b\n\nx")
        for name in ("cart", "mail")
    ),
    "nunjucks": tuple(
        rendered("node", f"(/srv/views/{name}.njk) [Line 1, Column 20]\n  Error: x")
        for name in ("cart", "mail")
    ),
    "go": tuple(
        rendered("go", f'template: {name}.html:3:5: executing "x" at <.A>: nil')
        for name in ("cart", "mail")
    ),
    "helpers": (helped("to_cents", "ship"), helped("to_cents", "refund")),
    "helpers that give up": (helped("abort_if", "ship"), helped("abort_if", "refund")),
}


@pytest.mark.parametrize("events", SPLITS.values(), ids=SPLITS)
def test_one_bug_is_one_issue(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == 1


@pytest.mark.parametrize("events", JOINS.values(), ids=JOINS)
def test_bugs_that_look_alike_are_issues_of_their_own(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == len(events)
