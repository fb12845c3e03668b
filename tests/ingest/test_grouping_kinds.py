"""Kinds of events that once were put together, or named, wrongly: each reported in public."""

from typing import Any

import pytest

from jentry import clock
from jentry.ingest.grouping import group
from jentry.ingest.grouping.in_app import is_library
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.normalise import Context, normalise
from jentry.ingest.titles import describe

Event = dict[str, Any]


def error(*exceptions: Any, platform: str = "python", **members: Any) -> Event:
    return {"platform": platform, "exception": {"values": list(exceptions)}, **members}


def raised(kind: str, *frames: Any, value: str = "bad", **members: Any) -> Event:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, **trace, **members}


def at(function: str, file: str = "shop/cart.py", **members: Any) -> Event:
    return {"function": function, "filename": file, "lineno": 7, **members}


def child(number: int, source: str, parent: int = 0) -> Event:
    return {"type": "chained", "exception_id": number, "parent_id": parent, "source": source}


@pytest.fixture
def context():
    return Context(received=clock.now())


ROOT = {"type": "generic", "exception_id": 0, "is_exception_group": True}
KEY = raised("KeyError", at("charge"), mechanism=child(1, "exceptions[0]"))
OS = raised("OSError", at("send"), mechanism=child(2, "exceptions[1]"))
GROUP = raised("ExceptionGroup", at("main"), mechanism=ROOT)
CAUSED = raised("Error", at("save"), mechanism=ROOT)
THREADS = {"values": [{"id": 1, "stacktrace": {"frames": [at("wait")]}}]}


@pytest.mark.parametrize(
    ("event", "title", "culprit"),
    [
        (error(KEY, GROUP), "KeyError: bad", "shop/cart.py in charge"),
        (error(OS, KEY, GROUP), "KeyError: bad and 1 more", "shop/cart.py in charge"),
        (
            error(
                raised("AggregateError", mechanism={"exception_id": 0}),
                raised("E", mechanism=child(1, "errors[0]")),
            ),
            "E: bad",
            "",
        ),
        (
            error(raised("Cause", mechanism=child(1, "cause")), CAUSED),
            "Error: bad",
            "shop/cart.py in save",
        ),
        (error(GROUP), "ExceptionGroup: bad", "shop/cart.py in main"),
    ],
)
def test_a_group_of_exceptions_is_called_by_what_it_carries(event, title, culprit):
    found = describe(event)
    assert (found.title, found.culprit) == (title, culprit)


def test_a_group_is_found_by_all_that_it_carries():
    assert describe(error(OS, KEY, GROUP)).others == ("OSError: bad", "ExceptionGroup: bad")


def crash(function: str) -> Event:
    thread = {"id": 7, "crashed": True, "stacktrace": {"frames": [at(function)]}}
    return error(raised("SIGSEGV"), threads={"values": [*THREADS["values"], thread]})


def test_the_stack_of_a_thread_counts_where_only_it_has_one():
    assert group(crash("load")).hash != group(crash("play")).hash
    assert describe(crash("load")).culprit == "shop/cart.py in load"
    told = error(raised("E", at("own")), threads=THREADS)
    assert group(told) == group(error(raised("E", at("own"))))


def test_of_too_many_threads_the_one_that_crashed_stays(context):
    threads = [{"id": n, "crashed": n == 280} for n in range(300)]
    kept = normalise(error(raised("E"), threads=threads), context)["threads"]["values"]
    assert len(kept) == 250
    assert [t["id"] for t in kept if t["crashed"]] == [280]


@pytest.mark.parametrize(
    ("platform", "one", "other"),
    [
        ("dart", "minified:aQ", "minified:c7"),
        ("ruby", "#<Class:0x00007f26ba0fa270>", "#<Class:0x00007f73d7438d00>"),
        ("javascript", "Xt", "e"),
        ("php", "Exception@anonymous\0/srv/1/a.php:3$0", "Exception@anonymous\0/srv/2/a.php:3$1"),
        ("java", "a.Err$$EnhancerBySpringCGLIB$$3f2a", "a.Err$$EnhancerBySpringCGLIB$$a1"),
    ],
)
def test_types_that_a_build_invents_do_not_split(platform, one, other):
    place = at("checkout", "cart.x")
    hashes = {group(error(raised(t, place), platform=platform)).hash for t in (one, other)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("task: <Task name='Task-465' x>", "task: <Task name='Task-<number>' x>"),
        ("lost on 'worker-17'", "lost on <quoted>"),
        ("relation 'plays_2026_01' is not there", "relation 'plays_<number>' is not there"),
        ("took 1m30.5s, then 2h5m10s", "took <duration>, then <duration>"),
        ("took 1 hour 30 minutes of 2 days, 3:04:05", "took <duration> of <duration>"),
        ("limit PT1.5S", "limit <duration>"),
        ("{:DOWN, #Reference<0.771.33.1>, #PID<0.9.0>}", "{:DOWN, <reference>, <reference>}"),
        ("resolve host api.acme.de, db.foo.fr", "resolve host <host>, <host>"),
        ("connect to foo.it, www.acme.pl", "connect to <host>, <host>"),
        ("this.cart.id of cart.py and shop.at(x)", "this.cart.id of cart.py and shop.at(x)"),
        ("No module named 'psycopg2'", "No module named 'psycopg2'"),
    ],
)
def test_what_counts_instances_does_not_count(message, expected):
    assert parametrise(message) == expected


PAIRS = [
    ("cfml", {"filename": "/app/cart/view.cfm"}, {"filename": "/app/user/view.cfm"}),
    (
        "python",
        {"function": "root", "filename": "templates/cart/index.html"},
        {"function": "root", "filename": "templates/user/index.html"},
    ),
    ("native", {"package": "/opt/libaudio.so"}, {"package": "/opt/librender.so"}),
    (
        "native",
        {"instruction_addr": "0x7f001010", "image_addr": "0x7f000000", "package": "/opt/game"},
        {"instruction_addr": "0x7f002020", "image_addr": "0x7f000000", "package": "/opt/game"},
    ),
]


@pytest.mark.parametrize(("platform", "one", "other"), PAIRS)
def test_frames_without_a_function_count_by_where_they_are(platform, one, other):
    hashes = {group(error(raised("E", f), platform=platform)).hash for f in (one, other)}
    assert len(hashes) == 2


def test_an_image_may_be_loaded_anywhere():
    def loaded(start: int) -> Event:
        image = {"image_addr": hex(start), "image_size": 4096, "code_file": "/opt/game"}
        frame = {"instruction_addr": hex(start + 16)}
        return error(raised("E", frame), platform="native", debug_meta={"images": [image]})

    assert group(loaded(0x7F000000)) == group(loaded(0x55000000))
    assert "game | +10" in str(group(loaded(0x7F000000)).components)


@pytest.mark.parametrize(
    ("platform", "path", "library"),
    [
        ("javascript", "https://shop.test/lib/cart.js", False),
        ("javascript", "https://shop.test/static/react-app.js", False),
        ("javascript", "https://shop.test/vendor-portal.js", False),
        ("javascript", "https://shop.test/vendor.3f2a91bc.js", True),
        ("javascript", "https://shop.test/chunk-vendors.js", True),
        ("javascript", "https://shop.test/react-dom.production.min.js", True),
        ("javascript", "https://shop.test/jquery-3.6.0.min.js", True),
        ("dart", "dart:collection/list.dart", True),
        ("dart", "package:flutter/src/widgets/framework.dart", True),
        ("dart", "package:shop/lib/cart.dart", False),
        ("elixir", "lib/shop/cart.ex", False),
        ("elixir", "deps/phoenix/lib/phoenix/router.ex", True),
        ("perl", "/usr/share/perl5/DBI.pm", True),
        ("ruby", "lib/cart.rb", False),
        ("c", "/lib/libc.so.6", True),
    ],
)
def test_whose_file_it_is(platform, path, library):
    assert is_library({"abs_path": path, "filename": path}, platform) is library


@pytest.mark.parametrize(
    ("frame", "culprit"),
    [
        (at("?", "/srv/server.js", module="server"), "server.js:7"),
        (at("Object.<anonymous>", "/srv/server.js"), "server.js:7"),
        (at("<anonymous>", "https://a.test/main.js", colno=9000), "GET /cart"),
        (at("total", "/srv/server.js", module="server"), "total(server)"),
    ],
)
def test_an_arrow_function_is_named_by_its_line(frame, culprit):
    event = error(raised("E", frame), platform="node", transaction="GET /cart")
    assert describe(event).culprit == culprit


def test_the_bundle_is_called_otherwise_on_each_platform():
    names = ("app:///main.jsbundle", "app:///index.android.bundle", "capacitor://localhost/main.js")
    hashes = {
        group(error(raised("TypeError", at("openCart", n)), platform="javascript")).hash
        for n in names
    }
    assert len(hashes) == 1


def of_page(function: str, script: str, column: int) -> Event:
    frame = at(function, f"https://shop.test/assets/{script}", colno=column)
    return error(raised("TypeError", frame, value="e is undefined"), platform="javascript")


ACCOUNT = of_page("r", "account-X1aaaaa1.js", 9000)


def method(name: str, owner: str) -> Event:
    variables = {"self": f"<{owner} object at 0x7f00>"}
    return error(raised("KeyError", at(name, module="shop.models", vars=variables)))


def helped(helper: str, caller: str, kind: str = "DomainError") -> Event:
    return error(raised(kind, at(caller, module="shop.web"), at(helper, module="shop.stock")))


def node(function: str) -> Event:
    return error(raised("TypeError", at(function, "/srv/models.js")), platform="node")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (
            ACCOUNT,
            of_page("t", "product-Y2bbbbbb.js", 9100),
            False,
        ),
        (
            ACCOUNT,
            of_page("t", "account-Y2bbbbbb.js", 9100),
            True,
        ),
        (of_page("total", "cart.js", 3), of_page("total", "order.js", 3), False),
        (of_page("total", "app-de.js", 3), of_page("total", "app-fr.js", 3), True),
        (of_page("open", "main.1.js", 9000), of_page("open", "app.2.js", 9000), True),
        (of_page("open", "user.1.js", 9000), of_page("open", "team.2.js", 9000), False),
        (method("get", "shop.models.Cart"), method("get", "shop.models.Order"), False),
        (method("get", "shop.models.Cart"), method("get", "shop.models.Cart"), True),
        (method("get", "shop.web.Cart"), method("get", "shop.jobs.Order"), True),
        (node("Cart.total"), node("Order.total"), False),
        (node("Object.total"), node("total"), True),
        (helped("ensure_stock", "reserve"), helped("ensure_stock", "remind"), False),
        (helped("ensure_stock", "a", "TypeError"), helped("ensure_stock", "b", "TypeError"), True),
    ],
)
def test_what_looks_alike_is_told_apart(one, other, is_same):
    assert (group(one).hash == group(other).hash) is is_same
