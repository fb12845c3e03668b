"""Which events share an issue when causes, callers, templates or engines are what differs."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.grouping.engines import fault

Event = dict[str, Any]


def at(function: str, file: str, line: str = "", *, app: bool = True, **more: Any) -> Any:
    return {"function": function, "filename": file, "context_line": line, "in_app": app, **more}


def raised(kind: str, value: str, *frames: Any, **more: Any) -> Any:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, **trace, **more}


def event(platform: str, *exceptions: Any) -> Event:
    return {"platform": platform, "exception": {"values": list(exceptions)}}


PARSE = at("arrival", "booking.py", "return strptime(raw)")
STRPTIME = at("strptime", "_strptime.py", "raise ValueError(x)", app=False)
GROUP = {"mechanism": {"is_exception_group": True}}
KEY = raised("KeyError", "'eta'", at("eta", "jobs.py", "return stop['eta']"))
SAVE = at("save", "Store.cs")
DRIVER = at("read", "Driver.cs", app=False, module="Npgsql.Driver")


def saved(why: str) -> Event:
    cause, wrapper = raised("PgException", why, DRIVER), raised("UpdateException", "failed", SAVE)
    return event("csharp", cause, wrapper)


def read(name: str) -> Event:
    line = f'host = require("{name}")'
    frames = [at("connect", "mail.py", line), at("require", "conf.py", "raise Missing(name)")]
    return event("python", raised("Missing", f"{name} is not set", *frames))


def called_by(caller: str, name: str) -> Event:
    found = read(name)
    found["exception"]["values"][0]["stacktrace"]["frames"].insert(0, at(caller, "web.py"))
    return found


def template(name: str, line: str) -> Event:
    kind = "Attempt to read property 'name' on null"
    return event("php", raised("ErrorException", kind, at("include", name, line)))


def in_cart(kind: str, value: str) -> Event:
    return event("javascript", raised(kind, value, at("rows", "cart.ts", "{items.map((i) => i)}")))


OLD, NEW = f"{'0a' * 20}.php", f"{'9f' * 20}.php"

SAME = [
    pytest.param(
        event("python", raised("ValueError", "x", PARSE, STRPTIME)),
        event("python", raised("ValueError", "x", at("create", "web.py"), PARSE, STRPTIME)),
        id="a function that called a library, whoever called the function",
    ),
    pytest.param(
        event("python", KEY),
        event("python", KEY, raised("ExceptionGroup", "1 error", at("run", "a.py"), **GROUP)),
        id="an exception alone and in a group",
    ),
    pytest.param(
        read("SMTP"),
        called_by("page", "SMTP"),
        id="the line that names what is missing, whoever called",
    ),
    pytest.param(
        template(OLD, "e($order->name)"),
        template(NEW, "e($order->name)"),
        id="a template that was compiled again",
    ),
    pytest.param(
        in_cart("TypeError", "Cannot read properties of undefined (reading 'map')"),
        in_cart("TypeError", "items is undefined"),
        id="an engine that names the object, not the property",
    ),
    pytest.param(
        in_cart("QuotaExceededError", "The quota has been exceeded."),
        in_cart("NS_ERROR_DOM_QUOTA_REACHED", "Persistent storage maximum size reached"),
        id="an engine that has a type of its own",
    ),
    pytest.param(
        event("javascript", raised("ChunkLoadError", "Loading chunk 7 failed.\n(error: x)")),
        in_cart("TypeError", "Failed to fetch dynamically imported module: https://a.b/c.js"),
        id="files of a build that is gone",
    ),
    pytest.param(
        event("python", raised("E", "x", at("top", "a.html", module="/srv/r1/tpl/a.html"))),
        event("python", raised("E", "x", at("top", "a.html", module="/opt/tpl/a.html"))),
        id="a path in place of the module",
    ),
]

DIFFERENT = [
    pytest.param(
        saved('violates unique constraint "sku"'),
        saved('violates foreign key constraint "order"'),
        id="causes that only a library saw",
    ),
    pytest.param(read("SMTP"), read("BUCKET"), id="one helper asked for two things"),
    pytest.param(
        template(OLD, "e($order->name)"),
        template(OLD, "e($author->name)"),
        id="two compiled templates",
    ),
    pytest.param(
        event("php", raised("Error", "Call to a member function a() on null", at("f", "x.php"))),
        event("php", raised("TypeError", "Call to a member function a() on null")),
        id="a mistake found by PHP, with and without its place",
    ),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_same_issue(first: Event, second: Event) -> None:
    assert group(first) == group(second)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_different_issues(first: Event, second: Event) -> None:
    assert group(first).hash != group(second).hash


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (
            "access total",
            [
                "Cannot read properties of undefined (reading 'total')",
                "Cannot read property 'total' of null",
                "undefined is not an object (evaluating 'e.cart.total')",
                "null is not an object (evaluating 'e.total = t')",
                """can't access property "total", e.cart is undefined""",
                "undefined is not an object (evaluating 'e.map(t=>t.cart).total')",
            ],
        ),
        ("access", ["undefined is not an object (evaluating 'e[t]')"]),
        ("destructure", ["e.cart is undefined", "Right side of assignment cannot be destructured"]),
        ("call add", ["t.add is not a function", "e.add is not a function. (In 'e.add(1)')"]),
        ("call", ["t is not a function", "ab is not a function"]),
        ("iterate", ["e is not iterable", "undefined is not a function (near '...t...')"]),
        ("name gtag", ["gtag is not defined", "Can't find variable: gtag"]),
        ("json", ["Unexpected token < in JSON at position 0", "JSON Parse error: Unexpected EOF"]),
        ("network", ["Failed to fetch", "NetworkError when attempting to fetch resource."]),
        ("", ["no such service: mixer", ""]),
    ],
)
def test_engines_say_one_thing_in_many_ways(said: str, values: list[str]) -> None:
    assert {fault(value) for value in values} == {said}
