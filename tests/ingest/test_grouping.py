"""Which events share an issue. First the list of what must hold."""

import copy
from typing import Any

import pytest

from jentry.ingest.grouping import VERSION, group

Event = dict[str, Any]


def frame(function: str = "f", module: str = "shop.cart", **members: Any) -> dict[str, Any]:
    file = f"{module.replace('.', '/')}.py"
    return {
        "function": function,
        "module": module,
        "filename": file,
        "abs_path": f"/srv/app/{file}",
        "lineno": 10,
        "in_app": True,
        **members,
    }


def exception(kind: str = "ValueError", value: str = "bad 17", *frames: Any, **more: Any) -> Any:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, **trace, **more}


def error(*exceptions: dict[str, Any], **members: Any) -> Event:
    values = list(exceptions) or [exception("ValueError", "bad 17", frame("g"), frame("f"))]
    return {"platform": "python", "exception": {"values": values}, **members}


def message(text: str, **members: Any) -> Event:
    return {"platform": "python", "logentry": {"formatted": text}, **members}


def bare(kind: str, value: str) -> Event:
    return error(exception(kind, value))


def crash(*frames: Any, kind: str = "TypeError", value: str = "bad 17") -> Event:
    return error(exception(kind, value, *frames))


UUID_A, UUID_B = "7d1f0000-1111-4222-8333-abcdefabcdef", "00000000-9999-4222-8333-0123456789ab"
RAISE_A = frame("tax", context_line='raise ValueError(f"unknown country {c}")')
RAISE_B = frame("tax", context_line='raise ValueError("rate is negative")')
WRAPPER = exception("ServiceError", "could not store order 7", frame("store", "shop.service"))
PROXY = frame("show", "com.acme.Cart$$EnhancerBySpringCGLIB$$3f2a91bc")
OTHER_PROXY = frame("show", "com.acme.Cart$$EnhancerBySpringCGLIB$$90ab12cd")
LIBRARY = frame("connect", "driver", in_app=False)

SAME = [
    pytest.param(
        crash(frame(lineno=10, colno=3)), crash(frame(lineno=99, colno=8)), id="line shift"
    ),
    pytest.param(
        crash(frame(), value="bad 17"), crash(frame(), value="bad 99"), id="number in the message"
    ),
    pytest.param(
        message(f"task {UUID_A} lost 5"), message(f"task {UUID_B} lost 77"), id="uuid and number"
    ),
    *(
        pytest.param(error(), error(**{name: value}), id=name)
        for name, value in {
            "release": "2.0",
            "environment": "staging",
            "level": "fatal",
            "transaction": "GET /y",
            "user": {"id": "7"},
            "server_name": "web-2",
            "tags": {"a": "b"},
        }.items()
    ),
    pytest.param(
        crash(frame("walk"), kind="KeyError"),
        crash(frame("walk"), frame("walk"), frame("walk"), kind="KeyError"),
        id="depth of a recursion",
    ),
    pytest.param(
        crash(*[frame("a"), frame("b")] * 9, kind="RecursionError"),
        crash(*[frame("a"), frame("b")] * 7, frame("a"), kind="RecursionError"),
        id="endless recursion, wherever the stack ended",
    ),
    pytest.param(
        error(fingerprint=["db-down"]),
        crash(frame("other"), kind="E") | {"fingerprint": ["db-down"]},
        id="equal fingerprints",
    ),
    pytest.param({}, {"platform": "python", "level": "info"}, id="empty events"),
    pytest.param(error(), error(fingerprint=["{{ default }}"]), id="the default fingerprint"),
    pytest.param(error(), error(fingerprint=[]), id="an empty fingerprint"),
    pytest.param(
        crash(frame(abs_path="/srv/releases/20261101/shop/cart.py")),
        crash(frame(abs_path="C:\\app\\shop\\cart.py")),
        id="another folder",
    ),
    pytest.param(
        crash(frame("mean"), frame("page")),
        crash(frame("mean"), frame("page"), LIBRARY),
        id="a library frame below",
    ),
    pytest.param(
        crash(frame("cart_page", "shop.web"), frame("total")),
        crash(frame("mail", "shop.jobs"), frame("total")),
        id="one mistake, reached by two paths",
    ),
    pytest.param(
        error(exception("ConnectionError", "down", frame("send")), WRAPPER),
        error(*[exception("ConnectionError", "down", frame("send"))] * 3, WRAPPER),
        id="any number of retries",
    ),
    pytest.param(
        crash(PROXY, kind="E") | {"platform": "java"},
        crash(OTHER_PROXY, kind="E") | {"platform": "java"},
        id="generated classes",
    ),
    pytest.param(
        error(exception("ValueError", "unknown country Narnia", RAISE_A)),
        error(exception("ValueError", "pays inconnu Narnia", RAISE_A)),
        id="a message in another language",
    ),
    pytest.param(
        bare("OSError", "cannot open '/tmp/x1'"),
        bare("OSError", "cannot open '/srv/b'"),
        id="a path in the message",
    ),
    pytest.param(
        bare("OSError", "[Errno 2] No such file or directory: '/a'"),
        bare("OSError", "[Errno 2] Datei oder Verzeichnis nicht gefunden: '/b'"),
        id="an error of the system in two languages",
    ),
    pytest.param(
        message("user ann lost 3", logentry={"message": "user %s lost %d", "formatted": "x"}),
        message("user bob lost 4", logentry={"message": "user %s lost %d", "formatted": "y"}),
        id="one template",
    ),
]

DIFFERENT = [
    pytest.param(crash(frame("f")), crash(frame("g")), id="another crash function"),
    pytest.param(crash(frame(), kind="E"), crash(frame(), kind="F"), id="another type"),
    pytest.param(bare("E", "same"), bare("F", "same"), id="another type without a stack"),
    pytest.param(bare("E", "no rows"), bare("E", "no space"), id="another value without a stack"),
    pytest.param(message("disk full"), message("disk gone"), id="another message"),
    pytest.param(message("boom"), bare("E", "boom"), id="a message and an exception"),
    pytest.param(
        error(exception("KeyError", "'a'", frame("load")), WRAPPER),
        error(exception("OSError", "gone", frame("send")), WRAPPER),
        id="one wrapper, two causes",
    ),
    pytest.param(
        crash(frame("mail"), frame("fetch_json", "shop.http"), kind="ApiError"),
        crash(frame("stock"), frame("fetch_json", "shop.http"), kind="ApiError"),
        id="one helper, two callers",
    ),
    pytest.param(
        crash(frame("geo"), frame("get", context_line="d = d[p]")),
        crash(frame("owner"), frame("get", context_line="d = d[p]")),
        id="a helper that looks up what callers ask for",
    ),
    pytest.param(
        crash(frame("total"), frame("__getattr__"), kind="KeyError"),
        crash(frame("label"), frame("__getattr__"), kind="KeyError"),
        id="a method that the language calls",
    ),
    pytest.param(
        error(exception("ValueError", "x", RAISE_A)),
        error(exception("ValueError", "y", RAISE_B)),
        id="two raises in one function",
    ),
    pytest.param(
        crash(frame("<lambda>", context_line="key=lambda x: x.date.year")),
        crash(frame("<lambda>", context_line="key=lambda x: x.owner.name")),
        id="two lambdas",
    ),
    pytest.param(error(fingerprint=["a"]), error(fingerprint=["a", "b"]), id="another fingerprint"),
    pytest.param(error(fingerprint=["a", "b"]), error(fingerprint=["ab"]), id="values are apart"),
    pytest.param(error(), error(fingerprint=["{{ default }}", "x"]), id="a hybrid"),
    pytest.param(
        crash(frame("f")) | {"fingerprint": ["{{default}}", "x"]},
        crash(frame("g")) | {"fingerprint": ["{{default}}", "x"]},
        id="hybrids with other stacks",
    ),
    pytest.param(error(checksum="a" * 32), error(checksum="b" * 32), id="another checksum"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_same_issue(first: Event, second: Event) -> None:
    assert group(first) == group(second)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_different_issues(first: Event, second: Event) -> None:
    assert group(first).hash != group(second).hash


MAPPED = {"platform": "javascript"}


def script(function: str, column: int = 31000, file: str = "main.3f2a91bc.js") -> dict[str, Any]:
    url = f"https://shop.example.com/assets/{file}"
    return {"function": function, "filename": url, "abs_path": url, "colno": column, "lineno": 1}


def page(value: str, *frames: Any, kind: str = "TypeError") -> Event:
    return error(exception(kind, value, *frames)) | MAPPED


def test_two_builds_of_a_bundle_are_one_issue() -> None:
    reading = "Cannot read properties of undefined (reading 'price')"
    first = page(reading, script("t"), script("e.renderCart"), script("Ue"))
    second = page(reading, *(script(f, 70, "main.99aa.js") for f in ("n", "o.renderCart", "X")))
    assert group(first) == group(second)
    other = page("Cannot read properties of undefined (reading 'tax')", script("e.renderCart"))
    assert group(first).hash != group(other).hash


@pytest.mark.parametrize(
    "value",
    [
        "Cannot read properties of null (reading 'map')",
        "Cannot read properties of undefined (reading 'map')",
        'can\'t access property "map", items is undefined',
        "undefined is not an object (evaluating 'items.map')",
    ],
)
def test_engines_of_browsers_agree(value: str) -> None:
    frames = [frame("renderList", "list", abs_path="app:///src/list.js")]
    assert group(page(value, *frames)).components == {
        "by": "stack",
        "values": [{"type": "TypeError", "frames": ["list | renderList"], "words": ["access map"]}],
    }


def test_children_of_a_group_count_once_in_any_order() -> None:
    def event(*children: Any) -> Event:
        mechanism = {"is_exception_group": True, "exception_id": 0}
        return error(*children, exception("ExceptionGroup", "2", frame("run"), mechanism=mechanism))

    a, b = exception("KeyError", "'a'", frame("a")), exception("OSError", "x", frame("b"))
    assert group(event(a, b)) == group(event(b, a, b))
    assert group(event(a, b)).hash != group(event(a)).hash


def test_the_explanation_is_what_was_hashed() -> None:
    found = group(error(exception("ValueError", "x", frame("page", "shop.web"), RAISE_A)))
    assert found.version == VERSION
    assert len(found.hash) == 32
    assert found.components == {
        "by": "stack",
        "values": [
            {"type": "ValueError", "frames": ["shop.cart | tax"], "words": ["unknown country"]}
        ],
    }
    assert group(message("job 7 of 9")).components == {
        "by": "message",
        "values": ["job <number> of <number>"],
    }
    assert group({}).components == {"by": "fallback", "values": []}


def test_a_long_explanation_is_shortened_and_the_hash_is_not() -> None:
    long = [exception(f"E{n}", "x", frame("f" * 150, "m" * 150)) for n in range(50)]
    one, two = error(*long), error(*long[:-1], exception("Other"))
    assert group(one).hash != group(two).hash
    assert len(repr(group(one).components)) < 4096


def test_grouping_leaves_the_event_alone() -> None:
    event = error(fingerprint=["{{ default }}", "{{ transaction }}"], transaction="GET /x")
    before = copy.deepcopy(event)
    group(event)
    assert event == before


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ("{{ transaction }}", "GET /x"),
        ("{{type}}", "ValueError"),
        ("{{ error.value }}", "bad 17"),
        ("{{ function }}", "f"),
        ("{{ stack.module }}", "shop.cart"),
        ("{{ stack.abs_path }}", "/srv/app/shop/cart.py"),
        ("{{ level }}", "<no-level>"),
        ("{{ stack.package }}", "<no-package>"),
        ("{{ tags.server }}", "eu-1"),
        ("{{ tags.missing }}", "<no-value-for-tag-missing>"),
        ("{{ nonsense }}", "{{ nonsense }}"),
        ("a {{ type }} b", "a ValueError b"),
    ],
)
def test_variables_of_a_fingerprint(sent: str, values: str) -> None:
    event = error(transaction="GET /x", tags={"server": "eu-1"}, fingerprint=[sent])
    assert group(event).components == {"by": "fingerprint", "values": [values]}


def test_a_message_with_a_trace_groups_by_the_message_and_a_bare_trace_by_itself() -> None:
    trace = {"stacktrace": {"frames": [frame("f"), LIBRARY]}}
    assert group(message("lost 5", **trace)) == group(message("lost 6"))
    assert group({"platform": "python", **trace}).components == {
        "by": "stack",
        "values": [{"frames": ["shop.cart | f"]}],
    }
    threads = {"threads": {"values": [{"id": 1}, {"id": 2, "crashed": True, **trace}]}}
    assert group({"platform": "python", **threads}).components["by"] == "stack"


def test_csp_reports_group_by_directive_and_host() -> None:
    csp = {"effective_directive": "img-src", "blocked_uri": "https://cdn.example.com/a.png"}
    event = {"type": "csp", "csp": csp}
    assert group(event).components == {"by": "csp", "values": ["img-src", "cdn.example.com"]}
