"""What compilers, clients and libraries of the JVM make of one mistake, or of two."""

from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Frame = dict[str, Any]
Raised = dict[str, Any]
Place = tuple[str, str]  # module and function


def raised(kind: str, value: str, *frames: Frame) -> Raised:
    return {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}


def event(*exceptions: Raised) -> Event:
    return {"platform": "java", "exception": {"values": list(exceptions)}}


def own(module: str, function: str, filename: str = "Shop.java") -> Frame:
    return {"module": module, "function": function, "filename": filename, "in_app": True}


def told_nothing(module: str, function: str, filename: str = "Lib.java") -> Frame:
    return {"module": module, "function": function, "filename": filename}


def issues(*events: Event) -> int:
    return len({group(found).hash for found in events})


ONE: list[tuple[str, list[Place]]] = [
    ("Cart.scala", [("shop.Cart$$anonfun$total$1", "apply"), ("shop.Cart", "$anonfun$total$4")]),
    ("Cart.scala", [("shop.Cart$$anonfun$total$1", "apply$mcII$sp"), ("shop.Cart", "total")]),
    (
        "Cart.scala",
        [("shop.Cart$$anonfun$total$1$$anonfun$apply$2", "apply"), ("shop.Cart", "total")],
    ),
    (
        "Cart.scala",
        [("shop.Cart$$anonfun$shop$Cart$$total$1", "apply"), ("shop.Cart", "shop$Cart$$total")],
    ),
    ("Cart.scala", [("shop.Cart$", "$anonfun$total$1$adapted"), ("shop.Cart$", "total")]),
    ("Cart.scala", [("shop.Cart$class", "total"), ("shop.Cart", "total$")]),
    ("cart.clj", [("shop.cart$total", "invokeStatic"), ("shop.cart$total", "doInvoke")]),
    (
        "cart.clj",
        [("shop.cart$total$fn__13279$fn__13280", "invoke"), ("shop.cart$total", "invoke")],
    ),
    (
        "cart.clj",
        [
            ("shop.cart$total$iter__1__2$fn__3", "invoke"),
            ("shop.cart$total$fn__1$state_machine__2__auto____3$fn__4", "invoke"),
        ],
    ),
    ("Cart.groovy", [("shop.Cart$_total_closure1", "doCall"), ("shop.Cart", "total")]),
    ("Cart.groovy", [("shop.Cart$_total_closure1$_closure3", "doCall"), ("shop.Cart", "total")]),
]

TWO: list[tuple[str, list[Place]]] = [
    ("Cart.scala", [("shop.Cart$$anonfun$total$1", "apply"), ("shop.Cart", "$anonfun$load$1")]),
    ("Cart.scala", [("shop.Cart$", "total"), ("shop.Order$", "total")]),
    ("Cart.scala", [("shop.Cart$$anonfun$1", "apply"), ("shop.Cart", "total")]),
    ("cart.clj", [("shop.cart$total", "invoke"), ("shop.cart$load", "invoke")]),
    ("cart.clj", [("shop.cart$fn__12", "invoke"), ("shop.order$fn__12", "invoke")]),
    ("cart.clj", [("shop.cart.Csv", "export"), ("shop.cart.Json", "export")]),
    ("Cart.groovy", [("shop.Cart$_total_closure1", "doCall"), ("shop.Cart", "doCall")]),
    ("Cart.java", [("shop.Cart$total", "invoke"), ("shop.Cart$load", "invoke")]),
]


def at(filename: str, place: Place) -> Event:
    return event(raised("CartEmpty", "no items", own(*place, filename)))


@pytest.mark.parametrize(("filename", "places"), ONE)
def test_a_closure_is_the_function_that_it_is_in(filename: str, places: list[Place]) -> None:
    assert issues(*(at(filename, place) for place in places)) == 1


@pytest.mark.parametrize(("filename", "places"), TWO)
def test_what_a_programmer_named_apart_is_apart(filename: str, places: list[Place]) -> None:
    assert issues(*(at(filename, place) for place in places)) == len(places)


def test_an_object_of_scala_that_checks_is_no_place() -> None:
    check = own("shop.Checks$", "nonEmpty", "Checks.scala")
    found = [
        event(raised("NoSuchElementException", f"no {name}", own("shop.Cart", name), check))
        for name in ("rows", "offers")
    ]
    assert issues(*found) == 2


def test_beside_frames_that_are_told_of_none_other_is_the_applications() -> None:
    """The client was told what is, and says nothing of the rest."""
    library = told_nothing("acme.driver.Pool", "read")
    found = [
        event(raised("PoolException", "gone", own("shop.Cart", name), library))
        for name in ("rows", "offers")
    ]
    assert issues(*found) == 2
    newer = told_nothing("acme.driver.Pool", "readOnce")
    other = raised("PoolException", "gone", own("shop.Cart", "rows"), newer)
    assert issues(found[0], event(other)) == 1


def test_where_nothing_is_told_what_is_no_known_library_is() -> None:
    places = ("shop.Cart", "total"), ("shop.Cart", "load")
    known = told_nothing("clojure.lang.Numbers", "add")
    found = [event(raised("PoolException", "gone", told_nothing(*at), known)) for at in places]
    assert issues(*found) == 2


WAITED = "CompletionException", "ExecutionException", "UncheckedExecutionException"


@pytest.mark.parametrize(
    "kind", [*WAITED, "InvocationTargetException", "java.util.concurrent.ExecutionException"]
)
def test_who_waited_for_a_task_is_no_place(kind: str) -> None:
    cause = raised("CartEmpty", "no items", own("shop.Cart", "total"))
    waits = [raised(kind, "x", own("shop.Jobs", name)) for name in ("mail", "report")]
    assert issues(*(event(cause, wait) for wait in waits)) == 1


def test_who_waited_is_the_place_where_the_cause_has_none() -> None:
    cause = raised("SocketTimeout", "late", told_nothing("java.net.Socket", "read"))
    waits = [raised(WAITED[0], "x", own("shop.Jobs", name)) for name in ("mail", "report")]
    assert issues(*(event(cause, wait) for wait in waits)) == 2


def test_what_wraps_an_error_otherwise_has_a_place() -> None:
    cause = raised("CartEmpty", "no items", own("shop.Cart", "total"))
    wraps = [raised("JobFailed", "x", own("shop.Jobs", name)) for name in ("mail", "report")]
    assert issues(*(event(cause, wrap) for wrap in wraps)) == 2


@pytest.mark.parametrize(
    ("kind", "issue_count"),
    [("JsonException", 1), ("ParseException", 1), ("XmlException", 1), ("ServiceException", 2)],
)
def test_a_type_that_tells_of_bad_data_needs_no_text(kind: str, issue_count: int) -> None:
    reader = told_nothing("java.text.Reader", "next")
    texts = "expected a comma", "unknown character"
    found = [event(raised(kind, said, own("shop.Feed", "update"), reader)) for said in texts]
    assert issues(*found) == issue_count


def test_templates_of_velocity_are_apart() -> None:
    text = "Variable $name has not been set at mail/{}.vm[line 1, column 20]"
    kind, frame = "MethodInvocationException", own("shop.Mail", "render")
    found = [event(raised(kind, text.format(name), frame)) for name in ("bill", "letter")]
    assert issues(*found) == 2
    moved = event(raised(kind, text.format("bill").replace("line 1", "line 7"), frame))
    assert issues(found[0], moved) == 1


def test_a_method_that_is_called_eval_is_a_place() -> None:
    places = [own("shop.Formula", "eval"), own("shop.Rule", "eval")]
    found = [event(raised("FormulaBroken", "x", own("shop.Main", "run"), at)) for at in places]
    assert issues(*found) == 2


TIME, FORMATTER = "java.time.temporal.ChronoField", "java.time.format.DateTimeFormatter"


def unreadable(caller: str, kind: str = "DateTimeParseException") -> Event:
    """A text that has the form of a date, but month 13."""
    call = own("shop.Feed", caller)
    cause = raised("DateTimeException", "month: 13", call, told_nothing(TIME, "check"))
    return event(cause, raised(kind, "month: 13", call, told_nothing(FORMATTER, "parse")))


def test_what_a_reader_found_in_a_text_does_not_count() -> None:
    frames = own("shop.Feed", "update"), told_nothing(FORMATTER, "parse")
    other = event(raised("DateTimeParseException", "x at index 0", *frames))
    assert issues(unreadable("update"), other) == 1
    assert issues(unreadable("update"), unreadable("load")) == 2
    own_type = event(raised("FeedFailed", "x at index 0", *frames))
    assert issues(unreadable("update", "FeedFailed"), own_type) == 2


def test_what_kotlin_raises_of_null_is_one() -> None:
    kinds = "KotlinNullPointerException", "NullPointerException"
    assert issues(*(event(raised(kind, "", own("shop.Cart", "total"))) for kind in kinds)) == 1


def failed(said: str) -> Event:
    call = own("shop.Fares", "load"), told_nothing("retrofit2.OkHttpCall", "execute")
    return event(raised("HttpException", said, *call))


def test_a_status_is_one_with_and_without_its_words() -> None:
    """HTTP/2 has none."""
    assert issues(*map(failed, ("HTTP 503 Service Unavailable", "HTTP 503 ", "HTTP 502"))) == 1
    assert issues(failed("HTTP 503 "), failed("HTTP 404 Not Found")) == 2


def obfuscated(build: int, said: str, kind: str = "a") -> Event:
    file = ("SourceFile", "r8-map-id-4f1c9d2a")[build]
    return event(raised(kind, said, told_nothing(("b.c", "d.e")[build], "a", file)))


def test_an_error_whose_type_a_build_shortened_counts_by_what_it_says() -> None:
    conflict = "note {} changed on the server"
    found = [obfuscated(build, conflict.format(40 + build)) for build in (0, 1)]
    assert issues(*found) == 1
    assert issues(found[0], obfuscated(0, "no note is selected")) == 2
    for kind in ("a", "NullPointerException"):
        assert issues(*(obfuscated(build, "", kind) for build in (0, 1))) == 2


def test_a_method_that_a_build_shortened_is_none_in_files_of_old_and_new_builds() -> None:
    found = []
    for file, method in (("SourceFile", "a"), ("r8-map-id-4f1c9d2ab7e0", "b")):
        frames = own("shop.ui.Rows", "onClick", file), own("shop.ui.Rows", method, file)
        found.append(event(raised("IndexOutOfBoundsException", "no row", *frames)))
    assert issues(*found) == 1
