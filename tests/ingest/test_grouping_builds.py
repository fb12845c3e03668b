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


def asked(what: str) -> Event:
    return page(f"Request to {what}", script("http-X1.js"), kind="HttpError")


def shared(chunk: str, by: str = "index") -> Event:
    frames = script(f"{chunk}-QUUAOLDR.js"), script(f"{by}-BxY3kQ9z.js", "a", 700)
    return page("x.y is not a function", *frames)


def refused(status: int) -> Event:
    return page(f"Request failed with status code {status}", script("index-X1.js"), kind="Error")


def helped(caller: str) -> Event:
    frames = script("app.1.js", caller, 4), script("app.1.js", "request", 4)
    return page("Request failed", *frames, kind="HttpError")


def said(value: str, *frames: Frame) -> Event:
    return page(value, *(frames or (script("cart-X1.js", "a"),)), kind="CartError")


def made(constructor: Frame | None = None) -> Event:
    frames = [script("cart.js", "pay", 9), script("cart.js", "charge", 9)]
    return page("declined", *frames, *([constructor] if constructor else []), kind="CardError")


def local(function: str) -> Event:
    frame = {"function": function, "module": "Program"}
    return raised("csharp", "System.DivideByZeroException", "x", frame)


LATE = "context deadline exceeded"
WAITED = " (Client.Timeout exceeded while awaiting headers)"


def svelte(route: str, chunk: str) -> Event:
    at = "https://shop.example/_app/immutable/"
    return page(
        "Cannot read properties of null (reading 'style')",
        *(
            {"filename": f"{at}{file}.js", "function": "f", "lineno": 1, "colno": 9000}
            for file in (f"chunks/{chunk}", f"nodes/{route}")
        ),
    )


def undecoded(field: str) -> Event:
    value = f"json: cannot unmarshal string into Go struct field {field} of type int"
    bind = {"function": "Bind", "module": "shop.example/web"}
    return raised("go", "*json.UnmarshalTypeError", value, bind)


def failed(value: str) -> Event:
    return raised("cocoa", "NSURLErrorDomain", value, {"function": "Client.load()"})


def released(caller: str) -> Event:
    own = ({"function": name, "package": "/opt/radio"} for name in (caller, "Pool::release"))
    abort = {"function": "abort", "package": "/usr/lib/libc.so.6", "in_app": False}
    return raised("native", "SIGABRT", "Abort", *own, abort)


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
        page("undefined is not an object (evaluating 'n.lines')"),
    ),
    "iterable variable": (
        page("e is not iterable"),
        page("undefined is not an object (evaluating 'n')"),
        page("Spread syntax requires ...iterable not be null or undefined"),
    ),
    "setter": (
        page("Cannot set properties of undefined (setting 'blocked')"),
        page("undefined is not an object (evaluating 's.state.blocked=!0')"),
    ),
    "callback in what is evaluated": (
        page("Cannot read properties of undefined (reading 'minutes')"),
        page("undefined is not an object (evaluating 'e.find(e=>!e.done).minutes')"),
    ),
    "destructured": (
        page("Cannot destructure property 'code' of 'e.label' as it is undefined."),
        page("e.label is undefined"),
        page("Right side of assignment cannot be destructured"),
    ),
    "getters": (
        page("x.y is not a function", script("app.1.js", "get driver")),
        page("x.y is not a function", script("app.1.js", "driver")),
    ),
    "document": (
        page("Failed to execute 'removeChild' on 'Node': The node to be", kind="NotFoundError"),
        page("Node.removeChild: The node to be removed is not a child", kind="NotFoundError"),
        page("The object can not be found here.", kind="NotFoundError"),
    ),
    "digits": (
        page("toFixed() digits argument must be between 0 and 100", kind="RangeError"),
        page("toFixed() argument must be between 0 and 100", kind="RangeError"),
        page("precision 120 out of range", kind="RangeError"),
    ),
    "what a program says, with any caller": (
        said("a team needs an owner", script("cart-X1.js", "checkOwner"), script("cart-X1.js")),
        said("a team needs an owner", script("cart-X1.js", "async b"), script("cart-X1.js")),
        said("a team needs an owner"),
    ),
    "ids and servers of a route": (
        asked("https://a.example/api/orders/17?x=1 failed"),
        asked("https://b.example/api/orders/18/lines failed"),
    ),
    "errors of a server": (refused(502), refused(503)),
    "columns of a build": (
        page("x.y is not a function", script("app.1.js"), script("cart-X1.js", "row", 149)),
        page("x.y is not a function", script("app.1.js"), script("cart-X1.js", "row", 308)),
    ),
    "hooks": (
        page(
            "x.y is not a function", script("app.1.js", "Object.a [as useReducer]"), script("b.js")
        ),
        page("x.y is not a function", script("app.1.js", "a"), script("b.js")),
    ),
    "builtins that raise": (
        page("JSON.parse: bad", script("app.1.js"), kind="SyntaxError"),
        page(
            "Unexpected token in JSON at position 1",
            script("app.1.js"),
            {"filename": "<anonymous>", "function": "JSON.parse"},
            kind="SyntaxError",
        ),
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
        for made in ("BxY3kQ9z", "QUUAOLDR", "ABcdefgh", "_jzIysDl", "mf_rmjVS", "X1", "Y2a")
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
    "timeouts of Go's client": (
        raised("go", "*url.Error", f"Get: {LATE}", {"function": "Load", "module": "shop"}),
        raised("go", "*url.Error", f"Get: {LATE}{WAITED}", {"function": "Load", "module": "shop"}),
    ),
    "chunks of SvelteKit": (svelte("7.BmA8zd3k", "CYgJF_JY"), svelte("7.CH2qkq1x", "BTqzdNpx")),
    "local functions": (local("<<Main>$>g__Share|0_0"), local("<Main>g__Share|1_2")),
}
JOINS = {  # different bugs
    "chunks": (page("x.y is not a function"), page("x.y is not a function", script("mail-X1.js"))),
    "numbered chunks": tuple(
        page("x.y is not a function", script(f"{number}.3f2a91bc.chunk.js"))
        for number in (237, 348)
    ),
    "chunks numbered by two digits": tuple(
        page("x.y is not a function", script(f"{number}.3f2a91bc.js")) for number in (44, 75)
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
    "fields that JSON gives wrongly": (undecoded("Play.seconds"), undecoded("Station.khz")),
    "routes of SvelteKit": (svelte("7.BmA8zd3k", "CYgJF_JY"), svelte("9.BmA8zd3k", "CYgJF_JY")),
    "codes of one domain": (failed("Offline. (Code: -1009)"), failed("Late. (Code: -1001)")),
    "who gives memory back twice": (released("Playlist::clear"), released("Recorder::stop")),
    "routes": (asked("/api/orders/17 failed"), asked("/api/carts/17 failed")),
    "collections": (asked("/missing/orders/17"), asked("/missing/carts/17")),
    "callers of a shared chunk": (shared("account"), shared("product")),
    "callers of a chunk of helpers": (shared("account", "http"), shared("product", "http")),
    "statuses": tuple(refused(status) for status in (401, 404, 502)),
    "callers of a helper that says nothing": (helped("open"), helped("save")),
    "what a program says": (said("a team needs an owner"), said("the item is out of stock")),
}


@pytest.mark.parametrize("events", SPLITS.values(), ids=SPLITS)
def test_one_bug_is_one_issue(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == 1


@pytest.mark.parametrize("events", JOINS.values(), ids=JOINS)
def test_bugs_that_look_alike_are_issues_of_their_own(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == len(events)
