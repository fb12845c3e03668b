"""One bug of a page as Chrome, Firefox and Safari tell it; bugs that only look like one."""

import json
from pathlib import Path
from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Frame = dict[str, Any]

CYCLE = "Converting circular structure to JSON\n    --> starting at object"
ANGULAR = "Http failure response for https://shop.example"
BAD_URL = "Failed to construct 'WebSocket': The URL 'x' is invalid."
UNMATCHED = "The string did not match the expected pattern."
REACT = "Minified React error #{}; visit https://react.example/error"
JQUERY = {"filename": "/js/jquery-3.7.1.min.js", "function": "fireWith", "colno": 9000}
UNDERSCORE = {"filename": "/js/underscore-min.js", "function": "f", "lineno": 6, "colno": 900}
SDK = {
    "filename": "/11.12.0/bundle.min.js",
    "abs_path": "https://browser.sentry-cdn.com/11.12.0/bundle.min.js",
    "function": "Object.apply",
}
PLAIN = {"filename": "https://shop.example/js/cart.js", "function": "?", "lineno": 9, "colno": 20}
NATIVE = {"filename": "[native code]", "function": "?"}
HTML = "Unexpected token '<', \"<html>\" is not valid JSON"
FOUND = {
    "filename": "src/Cart.tsx",
    "function": "Cart",
    "context_line": "  show(lines.find(line => line.id === id).price)",
}
# The words of Chrome, Firefox and Safari.
WORKER = (
    "Uncaught TypeError: Cannot read properties of null (reading 'seat')",
    'TypeError: can\'t access property "seat" of null',
    "TypeError: null is not an object (evaluating 'null.seat')",
)


def script(name: str, function: str = "?") -> Frame:
    url = f"https://shop.example/assets/{name}-BxY3kQ9z.js"
    return {"filename": url, "function": function, "lineno": 1, "colno": 9000, "in_app": True}


def page(value: str, *frames: Frame, kind: str = "TypeError") -> Event:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"platform": "javascript", "exception": {"values": [exception]}}


def missed(*frames: Frame) -> Event:
    return page("Cannot read properties of undefined (reading 'price')", *frames)


def missing(value: str) -> Event:
    return page(value, script("cart"))


def said(value: str, *frames: Frame) -> Event:
    return page(value, *frames, kind="Error")


def bounded(event: Event, *frames: Frame) -> Event:
    """As React's client sends what a boundary caught: with a cause that tells of components."""
    [raised] = event["exception"]["values"]
    cause = {"type": f"React ErrorBoundary {raised['type']}", "value": raised["value"]}
    tree = cause | {"stacktrace": {"frames": list(frames)}}
    return event | {"exception": {"values": [tree, raised]}}


def called(kind: str, event: Event, wrapped: str = "") -> Event:
    """As the SDK sends what was raised in something that it has wrapped."""
    [raised] = event["exception"]["values"]
    mechanism = {"type": kind, "data": {"function": wrapped} if wrapped else {}}
    return event | {"exception": {"values": [raised | {"mechanism": mechanism}]}}


def told(value: str, platform: str = "javascript") -> Event:
    return {"platform": platform, "logentry": {"formatted": value}}


ONE = {
    "a mistake in a worker": tuple(said(words, script("work")) for words in WORKER),
    "a mistake in a worker, told as a message": tuple(map(told, WORKER)),
    "a promise that nobody caught": (
        told("Uncaught (in promise) TypeError: x.seat is not a function"),
        told("TypeError: y.seat is not a function. (In 'y.seat()', 'y.seat' is undefined)"),
    ),
    "who awaited": (
        missed(script("main", "async Object.onclick"), script("cart")),
        missed(script("main"), script("mail", "async b"), script("cart")),
        missed(script("main"), script("mail", "async*load"), script("cart")),
        missed(script("cart")),
    ),
    "fields of a class": (
        missed(script("cart", "new t"), script("cart", "<instance_members_initializer>")),
        missed(script("cart", "t"), script("cart", "t<")),
    ),
    "fields of the class itself": (
        missed(script("cart", "<static_initializer>")),
        missed(script("cart", "t<")),
    ),
    "a date, where Safari leaves out who only returned it": (
        page(
            "Invalid time value", script("main"), script("cart"), script("days"), kind="RangeError"
        ),
        page("Invalid Date", script("main"), script("cart"), kind="RangeError"),
    ),
    "a function that nothing has": (
        missing("t.cart.lines.map is not a function"),
        missing("(intermediate value).cart.lines.map is not a function"),
        missing("e.cart.lines.map is not a function. (In 'e.cart.lines.map(a=>a.id)', 'x' is 3)"),
    ),
    "a function that nothing has, to go through what it gives": (
        missing("t.lines is not a function or its return value is not iterable"),
        missing("e.lines is not a function"),
    ),
    "an object that a call did not find": (
        page("Cannot read properties of undefined (reading 'price')", FOUND),
        page("lines.find(...) is undefined", FOUND),
    ),
    "an error whose class Firefox names": (
        said("Request failed", script("main", "request")),
        said("Request failed", script("main", "request"), script("main", "Bc")),
    ),
    "an answer below which a library tells of the request": (
        said("Request failed", script("main", "XMLHttpRequest.T"), script("main", "ht")),
        said(
            "Request failed",
            script("main", "Re.request"),
            script("main", "XMLHttpRequest.T"),
            script("main", "ht"),
        ),
    ),
    "a type of the language with a text that tells, from wherever it was called": (
        page("Invariant failed: a tree needs a site", script("trees"), script("kernel")),
        page("Invariant failed: a tree needs a site", script("kernel")),
    ),
    "a message that tells, in whatever script a bundler put who raised it": (
        said("Seat 7 needs a ticket", script("main"), script("cart")),
        said("Seat 8 needs a ticket", script("main"), script("seats")),
        said("Seat 9 needs a ticket", script("seats"), script("shared")),
    ),
    "a number of React, whatever page it leads to": (
        said(REACT.format(418) + "s/418?args[]=HTML for the full message", script("main")),
        said(REACT.format(418) + "-decoder.html?invariant=418 for more", script("main")),
    ),
    "a status, by HTTP/1 and HTTP/2": (
        said("503 Service Unavailable", script("cart")),
        said("502", script("cart")),
    ),
    "a status after a colon, by HTTP/1 and HTTP/2": (
        said("HTTP 404: Not Found", script("cart")),
        said("HTTP 404: ", script("cart")),
    ),
    "a module that webpack has put into several scripts": (
        missed(script("381"), script("974")),
        missed(script("381"), script("787")),
        missed(script("381")),
    ),
    "a message of such a module": (
        said("A ticket is required", script("381"), script("974")),
        said("A ticket is required", script("381"), script("787")),
        said("A ticket is required", script("381")),
    ),
    "what a function of the browser does not take": (
        page(BAD_URL, script("cart"), kind="SyntaxError"),
        page("An invalid or illegal string was specified", script("cart"), kind="SyntaxError"),
        page(UNMATCHED, script("cart"), {"filename": "[native code]"}, kind="SyntaxError"),
    ),
    "a call that Safari leaves out, of a function with a name": (
        page(CYCLE, script("main"), script("cart", "export")),
        page("JSON.stringify cannot serialize cyclic structures.", script("main")),
    ),
    "who only hands a click on": (
        missed(script("main", "onClick"), script("main")),
        missed(script("main", "onMouseDown"), script("main")),
        missed(script("main")),
    ),
    "an answer to Angular, by HTTP/1 and HTTP/2": (
        said(f"{ANGULAR}/api/carts/7: 500 Internal Server Error", script("main")),
        said(f"{ANGULAR}/api/carts/8?full=1: 500 OK", script("main")),
    ),
    "a recursion without end of a nameless function": (
        page("Maximum call stack size exceeded", *[script("tree")] * 9, kind="RangeError"),
        page("too much recursion", *[script("tree")] * 7, kind="InternalError"),
    ),
    "a mistake that Zone.js reports": (
        told(f"Uncaught (in promise): {WORKER[1]}"),
        told(f"Unhandled Promise rejection: {WORKER[2]}"),
    ),
    "what was to be set, where Safari tells of all that stood there": (
        page("Cannot set properties of null (setting 'saved')", script("cart")),
        page("null is not an object (evaluating 'n.saved=Date.now()')", script("cart")),
    ),
    "what jQuery calls with an answer": (
        missed(JQUERY, script("cart", "Object.success")),
        missed(JQUERY, script("cart")),
    ),
    "what RxJS calls with an answer": (
        missed(script("main", "subscribe"), script("cart", "Object.next")),
        missed(script("main", "subscribe"), script("main", "T._next"), script("cart")),
        missed(script("main", "subscribe"), script("cart")),
    ),
    "a listener that Angular made of a template": (
        missed(script("main", "listen"), script("cart", "Cart_Template_button_click_3_listener")),
        missed(script("main", "listen"), script("cart")),
    ),
    "a component of Angular, in two releases": tuple(
        said("NG02100: InvalidPipeArgument", script("main", name), script("main", "transform"))
        for name in ("CartComponent_For_6_Template", "_CartComponent_Template")
    ),
    "a nameless function that Chrome calls after where it was put": (
        missed(PLAIN | {"function": "shop.cart.total"}),
        missed(PLAIN),
    ),
    "a message with one word of its own, of a helper that only Chrome and Firefox name": (
        said("Missing setting: zone", script("cart"), script("main", "t.need")),
        said("Missing setting: zone", script("cart"), script("main")),
        said("Missing setting: zone", script("cart"), script("main"), script("main")),
    ),
    "a mistake in what a library compiled": (
        missed(script("cart"), UNDERSCORE, UNDERSCORE | {"function": "eval"}),
        missed(script("cart"), UNDERSCORE, UNDERSCORE | {"function": "template"}),
        missed(script("cart")),
    ),
    "a request that failed, through what the SDK puts around it": (
        page("Failed to fetch", script("cart"), SDK),
        page("Load failed", script("cart"), NATIVE),
        page("Load failed", script("cart")),
    ),
    "a request that failed, through a wrapper in the page's own script": (
        page("Failed to fetch", script("cart", "loadCart"), script("cart")),
        page("Load failed", script("cart", "loadCart")),
    ),
    "a mistake of a timer, by older and newer SDKs": (
        called("auto.browser.browserapierrors.setTimeout", missed(script("cart"))),
        called("auto.browser.browserapierrors.setInterval", missed(script("cart"))),
        called("instrument", missed(script("cart")), "setTimeout"),
    ),
    "a mistake of a function with a name, whatever called it": (
        called("auto.browser.browserapierrors.setTimeout", missed(script("cart", "total"))),
        called("auto.browser.global_handlers.onerror", missed(script("cart", "total"))),
    ),
    "a mistake that a boundary of React caught or nobody": (
        missed(script("cart")),
        bounded(missed(script("cart")), script("main", "Suspense"), script("page", "Cart")),
    ),
}
TWO = {
    "methods that are named like a handler": (
        missed(script("main", "onOrderSent"), script("main")),
        missed(script("main", "onOrderPaid"), script("main")),
    ),
    "answers to Angular": (
        said(f"{ANGULAR}/api/carts/7: 500 OK", script("main")),
        said(f"{ANGULAR}/api/seats/7: 500 OK", script("main")),
    ),
    "answers that are no JSON, for two functions": (
        page(HTML, script("main", "loadCart"), kind="SyntaxError"),
        page(HTML, script("main", "loadSeats"), kind="SyntaxError"),
    ),
    "recursions without end of nameless functions": tuple(
        page("too much recursion", *[script(name)] * 9, kind="InternalError")
        for name in ("tree", "menu")
    ),
    "mistakes in one component of React": tuple(
        bounded(missed(script(name)), script("main", "Suspense"), script("page", "Cart"))
        for name in ("cart", "seats")
    ),
    "mistakes of functions without names, by what called them": (
        called("auto.browser.browserapierrors.setTimeout", missed(script("cart"))),
        called("auto.browser.browserapierrors.addEventListener", missed(script("cart"))),
        called("auto.browser.global_handlers.onerror", missed(script("cart"))),
    ),
    "requests of addresses without a host": tuple(
        said(f"Request of {path} failed with 502", script("main"))
        for path in ("/carts/7", "/me/export", "/api/v2/seats/7")
    ),
    "callers of a function in a script of its own, which was handed no number": tuple(
        page("amount.toFixed is not a function", script("main", who), script("money", "money"))
        for who in ("showCart", "showGift")
    ),
    "callers of a function in a script of its own, which was handed nothing": tuple(
        page("null is not an object (evaluating 'e.to.split')", *frames)
        for frames in (
            (script("main", "showCart"), script("chunk", "hours")),
            (script("main", "showGift"), script("chunk", "hours")),
        )
    ),
    "callers of a function in a script of its own, which was handed no date": tuple(
        page("Invalid Date", script("main", who), script("days", "isoDay"), kind="RangeError")
        for who in ("showCart", "showGift")
    ),
    "what Safari says of an answer and of an address": (
        page(UNMATCHED, script("cart"), kind="SyntaxError"),
        page(UNMATCHED, script("cart"), {"filename": "[native code]"}, kind="SyntaxError"),
    ),
    "who asks a script of clients": (
        page("Failed to fetch", script("Stock", "pollStock"), script("api-client", "request")),
        page("Failed to fetch", script("Place", "findPlace"), script("api-client", "request")),
    ),
    "statuses": tuple(said(f"Request failed: {n}", script("cart")) for n in (401, 404, 500)),
    "statuses alone": tuple(said(f"{status}", script("cart")) for status in (401, 404, 500)),
    "numbers of React": (
        said(REACT.format(418), script("main")),
        said(REACT.format(423), script("main")),
    ),
    "numbers of React, told": (told(REACT.format(418)), told(REACT.format(423))),
    "numbers of Angular": (
        said("NG0100: changed after it was checked", script("main")),
        said("NG0201: changed after it was checked", script("main")),
    ),
    "components of which Angular could not render the template": tuple(
        said(
            "NG02100: InvalidPipeArgument",
            script("main", f"_{name}Component_For_6_Template"),
            script("main", "transform"),
        )
        for name in ("Cart", "Seats")
    ),
    "what Angular lacks": (
        said("NG0201: No provider for Cart", script("main")),
        said("NG0201: No provider for Mail", script("main")),
    ),
    "pages of Svelte": (
        said("https://svelte.dev/e/state_unsafe_mutation", script("main")),
        said("https://svelte.dev/e/hydration_failed", script("main")),
    ),
    "answers that are no JSON, for two scripts": (
        page(HTML, script("cart"), script("api"), kind="SyntaxError"),
        page(HTML, script("seats"), script("api"), kind="SyntaxError"),
    ),
    "functions that two lists do not have": (
        missing("e.cart.lines.map is not a function"),
        missing("e.cart.seats.map is not a function"),
    ),
    "a mistake in a script and in a shared one that it calls": (
        missed(script("main"), script("cart")),
        missed(script("cart"), script("chunk")),
    ),
    "mistakes in a worker": (
        told(WORKER[0]),
        told(WORKER[0].replace("seat", "row")),
    ),
    "words of other programs": (
        told("TypeError: x.seat is not a function", "python"),
        told("x.seat is not a function", "python"),
    ),
    "words of other programs, raised": (
        said("TypeError: the seat is lost", script("cart")) | {"platform": "python"},
        said("the seat is lost", script("cart")) | {"platform": "python"},
    ),
    "callers of what awaited itself": (
        missed(script("mail"), script("cart", "async b")),
        missed(script("main"), script("cart", "async b")),
    ),
    "messages that tell": (
        said("Seat 7 needs a ticket", script("cart")),
        said("Seat 7 needs an owner", script("cart")),
    ),
    "a message with one word of its own, in two scripts": (
        said("The ticket is missing", script("cart")),
        said("The ticket is missing", script("seats")),
    ),
    "a message of grammar and ids, in two scripts": (
        said("No ticket with that id", script("cart")),
        said("No ticket with that id", script("seats")),
    ),
}

# A type, and the words of Chromium 150 or 156, Firefox 140 or 153 and WebKit 2.50 for a mistake.
WORDS = [
    json.loads(line)
    for line in Path(__file__).with_name("engine_words.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("events", ONE.values(), ids=ONE)
def test_one_bug_of_a_page_is_one_issue_in_every_engine(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == 1


@pytest.mark.parametrize("events", TWO.values(), ids=TWO)
def test_bugs_of_a_page_that_look_alike_are_two(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == len(events)


@pytest.mark.parametrize(("kind", "words"), [(kind, said) for kind, *said in WORDS])
def test_a_mistake_is_one_in_the_words_of_every_engine(kind: str, words: list[str]) -> None:
    assert len({group(page(said, script("cart"), kind=kind)).hash for said in words}) == 1


@pytest.mark.parametrize(
    "value", ["Cart.add: out of stock", "Value is not an object", "Type errors"]
)
def test_words_of_a_program_are_not_those_of_an_engine(value: str) -> None:
    chrome = "Failed to execute 'add' on 'Cart': out of stock"
    assert group(page(value, script("cart"))).hash != group(page(chrome, script("cart"))).hash
