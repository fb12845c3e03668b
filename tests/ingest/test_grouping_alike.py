"""Names, words and messages that vary without meaning, and such that do mean something."""

from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Place = tuple[str, str]  # module and function

ONE: list[tuple[str, list[Place]]] = [
    ("java", [("jdk.proxy2.$Proxy31", "total"), ("com.sun.proxy.$Proxy112", "total")]),
    ("java", [("shop.CartKt", "total$lambda$0"), ("shop.CartKt", "total$lambda-3")]),
    ("java", [("shop.Cart", "total$default"), ("shop.Cart", "total")]),
    ("java", [("shop.Cart", "pay-3xK9pQz"), ("shop.Cart", "pay-a81Vc02")]),
    ("java", [("shop.Cart", "pay$app_debug"), ("shop.Cart", "pay$app_release")]),
    ("java", [("shop.Cart$_total_closure1", "doCall"), ("shop.Cart$_total_closure4", "doCall")]),
    ("java", [("shop.Cart_Subclass", "total$$superforward2"), ("shop.Cart", "total")]),
    ("java", [("shop.Cart_ClientProxy", "total"), ("shop.Cart", "total")]),
    ("java", [("Script1", "run"), ("Script27", "run")]),
    ("java", [("shop.U$HibernateProxy$Xk29", "name"), ("shop.U$HibernateProxy$q8Wv", "name")]),
    ("java", [("shop.Cart", "$anonfun$total$1"), ("shop.Cart", "$anonfun$total$4")]),
    ("csharp", [("Shop.Cart+<Total>d__4", "MoveNext"), ("Shop.Cart", "Total")]),
    ("csharp", [("Shop.Cart+<Total>d__4", "MoveNext"), ("Shop.Cart.<Total>d__9", "MoveNext")]),
    ("csharp", [("Castle.Proxies.CartProxy", "Total"), ("Castle.Proxies.CartProxy_3", "Total")]),
    ("csharp", [("<>f__AnonymousType0`2", "Hash"), ("<>f__AnonymousType5`2", "Hash")]),
    ("go", [("acme/shop/v2", "Total"), ("acme/shop/v3", "Total"), ("acme/shop", "Total")]),
    ("go", [("acme/shop", "Run.func1"), ("acme/shop", "Run.func2.1"), ("acme/shop", "Run.func3")]),
    ("php", [("", "App\\Cart::total"), ("", "Proxies\\__CG__\\App\\Cart::total")]),
    ("php", [("", "ContainerXq12Abc\\getCart::do"), ("", "ContainerB9kLm3z\\getCart::do")]),
    ("rust", [("", "shop::total::{closure#0}"), ("", "shop::total::{{closure}}")]),
    ("native", [("", f"_ZN4shop5total17h{mark * 8}E") for mark in ("0a", "b1")]),
    ("native", [("", "_RNvNtCs1234_4shop5total"), ("", "_RNvNtCsabXd_4shop5total")]),
    ("cocoa", [("", "closure #1 in Cart.total()"), ("", "closure #2 (Int) in Cart.total()")]),
    ("cocoa", [("", "partial apply for closure #1 in Cart.total()"), ("", "Cart.total()")]),
    ("cocoa", [("", "specialized Cart.total()"), ("", "@objc Cart.total()")]),
    ("cocoa", [("", "(1) await resume partial function for Cart.total()"), ("", "Cart.total()")]),
    ("cocoa", [("", "$s4Shop4CartC5totalyyFyycfU_"), ("", "$s4Shop4CartC5totalyyFyycfU0_")]),
    ("elixir", [("Shop", "anonymous fn/1 in Shop.total/1"), ("Shop", "-total/1-fun-0-")]),
    ("elixir", [("Shop.Cart", "Shop.Cart.total/1"), ("Shop.Cart", "-total/1-lc$^0/1-0-")]),
    ("perl", [("Shop::Cart", "Shop::__ANON__"), ("Shop::Cart", "Shop::__ANON__[lib/Cart.pm:12]")]),
]  # fmt: skip

TWO: list[tuple[str, list[Place]]] = [
    ("java", [("shop.Cart$_total_closure1", "doCall"), ("shop.Cart$_load_closure1", "doCall")]),
    ("java", [("shop.CartKt", "total$lambda$0"), ("shop.CartKt", "load$lambda$0")]),
    ("java", [("shop.Cart", "is-valid"), ("shop.Cart", "is-empty")]),
    ("java", [("shop.Cart", "$anonfun$total$1"), ("shop.Cart", "$anonfun$load$1")]),
    ("csharp", [("Shop.Cart+<Total>d__4", "MoveNext"), ("Shop.Cart+<Load>d__4", "MoveNext")]),
    ("csharp", [("Shop.CartIterator", "MoveNext"), ("Shop.RowIterator", "MoveNext")]),
    ("go", [("acme/shop", "(*Cart).Total"), ("acme/shop", "(*Order).Total")]),
    ("go", [("acme/shop/video", "Total"), ("acme/shop", "Total")]),
    ("php", [("", "App\\Cart\\Total::handle"), ("", "App\\Order\\Total::handle")]),
    ("php", [("", "Container\\Cart::do"), ("", "Container\\Order::do")]),
    ("native", [("", f"_ZN4shop{name}17h{'0a' * 8}E") for name in ("5total", "4load")]),
    ("cocoa", [("", "closure #1 in Cart.total()"), ("", "closure #1 in Cart.load()")]),
    ("cocoa", [("", "$s4Shop4CartC5totalyyFyycfU_"), ("", "$s4Shop4CartC4loadyyFyycfU_")]),
    ("elixir", [("Shop.Cart", "-total/1-fun-0-"), ("Shop.Cart", "-load/1-fun-0-")]),
    ("elixir", [("Shop.Cart", "Shop.Cart.total/1"), ("Shop.Cart", "Shop.Cart.total/2")]),
]  # fmt: skip


def at(platform: str, place: Place) -> Event:
    frame = {"module": place[0], "function": place[1], "in_app": True, "filename": "shop.x"}
    return raised(platform, "CartEmpty", "no items", frame)


def raised(platform: str, kind: str, value: str, *frames: Event) -> Event:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"platform": platform, "exception": {"values": [{"type": kind, "value": value} | trace]}}


def issues(*events: Event) -> int:
    return len({group(event).hash for event in events})


@pytest.mark.parametrize(("platform", "places"), ONE)
def test_what_a_compiler_adds_to_a_name_does_not_split(platform: str, places: list[Place]) -> None:
    assert issues(*(at(platform, place) for place in places)) == 1


@pytest.mark.parametrize(("platform", "places"), TWO)
def test_what_a_programmer_named_apart_is_apart(platform: str, places: list[Place]) -> None:
    assert issues(*(at(platform, place) for place in places)) == len(places)


@pytest.mark.parametrize(
    ("platform", "one", "other"),
    [
        ("python", "PatternError", "error"),
        ("python", "timeout", "TimeoutError"),
        ("dart", "_CastError", "TypeError"),
    ],
)
def test_a_type_that_a_version_of_the_language_renamed_is_one(platform, one, other) -> None:
    frame = {"module": "shop.cart", "function": "total", "in_app": True, "filename": "shop.x"}
    assert issues(*(raised(platform, kind, "no items", frame) for kind in (one, other))) == 1


MINIFIED = {
    "function": "xt",
    "filename": "https://shop.example/assets/cart-BxY3kQ9z.js",
    "lineno": 1,
    "colno": 900,
    "in_app": True,
}

# The words of Chrome, Safari and Firefox.
ENGINES = [
    (
        "TypeError",
        "Cannot assign to read only property 'seat' of object '#<Object>'",
        "Attempted to assign to readonly property.",
        '"seat" is read-only',
    ),
    (
        "TypeError",
        "Cannot add property 1, object is not extensible",
        "Attempting to define property on object that is not extensible.",
        "can't define property 1: Array is not extensible",
    ),
    (
        "TypeError",
        "Cannot read private member #prog from an object whose class did not declare it",
        "Cannot access invalid private field (evaluating 'this.#e')",
        "can't access private field or method: object is not the right class",
    ),
    (
        "TypeError",
        "Right-hand side of 'instanceof' is not callable",
        "Right hand side of instanceof is not an object",
        "invalid 'instanceof' operand e.kind",
    ),
    (
        "TypeError",
        "Cannot use 'in' operator to search for 'seat' in abc",
        "e is not an Object. (evaluating '\"seat\" in e')",
        'cannot use \'in\' operator to search for "seat" in "abc"',
    ),
    (
        "TypeError",
        "Cannot convert a Symbol value to a string",
        "Cannot convert a symbol to a string",
        "can't convert symbol to string",
    ),
    (
        "TypeError",
        "Class constructor e cannot be invoked without 'new'",
        "Cannot call a class constructor e without |new|",
        "class constructors must be invoked with 'new'",
    ),
    (
        "TypeError",
        "Cannot mix BigInt and other types, use explicit conversions",
        "Invalid mix of BigInt and other type in addition.",
        "can't convert BigInt to number",
    ),
    (
        "TypeError",
        "Do not know how to serialize a BigInt",
        "JSON.stringify cannot serialize BigInt.",
        "BigInt value can't be serialized in JSON",
    ),
    (
        "ReferenceError",
        "Cannot access 'first' before initialization",
        "Cannot access 'first' before initialization.",
        "can't access lexical declaration 'first' before initialization",
    ),
    (
        "RangeError",
        "Invalid count value: -1",
        "String.prototype.repeat argument must be greater than or equal to 0 and not be Infinity",
        "repeat count must be non-negative",
    ),
    (
        "RangeError",
        "toString() radix must be between 2 and 36",
        "toString() radix argument must be between 2 and 36",
        "radix must be an integer at least 2 and no greater than 36",
    ),
    (
        "RangeError",
        "Invalid currency code : XX",
        "currency is not a well-formed currency code",
        "invalid currency code in NumberFormat(): XX",
    ),
    (
        "RangeError",
        "Invalid time zone specified: Mars/X",
        "invalid time zone: Mars/X",
        "invalid time zone in DateTimeFormat(): Mars/X",
    ),
    (
        "AggregateError",
        "All promises were rejected",
        "",
        "No Promise in Promise.any was resolved",
    ),
    (
        "TypeError",
        "Cannot destructure property 'seat' of 't.row' as it is undefined.",
        "Right side of assignment cannot be destructured",
        "(destructured parameter).row is undefined",
    ),
]


@pytest.mark.parametrize(("kind", "chrome", "safari", "firefox"), ENGINES)
def test_a_mistake_is_one_in_the_words_of_three_engines(kind, chrome, safari, firefox) -> None:
    said = filter(None, (chrome, safari, firefox))
    assert issues(*(raised("javascript", kind, value, MINIFIED) for value in said)) == 1


def test_mistakes_of_different_words_are_apart_in_one_nameless_function() -> None:
    events = [raised("javascript", kind, chrome, MINIFIED) for kind, chrome, *_ in ENGINES]
    assert issues(*events) >= len(ENGINES) - 1  # read-only and not extensible are one in Safari


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("URIError", "URI malformed", "URI error"),
        ("RangeError", "toFixed() digits argument must be between 0 and 100", "precision 200 out"),
        ("SyntaxError", "Cannot convert x17 to a BigInt", "Failed to parse String to BigInt"),
        ("SyntaxError", "Invalid regular expression: /(/: x", "nothing to repeat"),
    ],
)  # fmt: skip
def test_a_call_that_safari_leaves_out_does_not_split(kind: str, value: str, words: str) -> None:
    caller = MINIFIED | {"filename": "https://shop.example/assets/index-Da0_k1-z.js"}
    events = [
        raised("javascript", kind, value, MINIFIED),
        raised("javascript", kind, words, caller),
        raised("javascript", kind, words),
    ]
    assert issues(*events) == 1


SAME_MESSAGES = [
    ("got <User: Ann>", "got <User: Bob>"),
    ("got User(id=3, name='a')", "got User(id=9, name='bb', age=4)"),
    ('got User { id: 3, name: "a" }', 'got User { id: 9, name: "bb" }'),
    ('got #<User id: 3, name: "a">', 'got #<User id: 9, name: "b">'),
    ("bad point (1, 2)", "bad point (3, 4, 5)"),
    ("phone +49 170 1234567 bad", "phone +1 (555) 123-4567 bad"),
    ("on 2024/1/2", "on 2024/11/12"),
    ("order #A-1234 failed", "order #B-9 failed"),
    ("key aGVsbG8gd29ybGQ= bad", "key Zm9vYmFyYmF6cXV4== bad"),
    ("注文12が見つかりません", "注文345が見つかりません"),
    ("заказ №12 не найден", "заказ №345 не найден"),
    ("Betrag 1.234,56 € zu hoch", "Betrag 12,00 € zu hoch"),
    ("Worker celery@worker-3 lost", "Worker celery@worker-11 lost"),
    ("pod shop-7f9c6d5b8-x2x4z evicted", "pod shop-6b8c9d7f54-qq9wz evicted"),
]
OTHER_MESSAGES = [
    ("got <User: Ann>", "got <Order: Ann>"),
    ("pay(id=3) failed", "refund(id=3) failed"),
    ("Payment declined", "Payment accepted"),
    ("SHA1 mismatch", "SHA256 mismatch"),
    ("utf8 error", "utf16 error"),
    ("cron nightly-report failed", "cron daily-cleanup failed"),
    ("注文が見つかりません", "商品が見つかりません"),
]


def logged(text: str) -> Event:
    return {"platform": "python", "logentry": {"formatted": text}}


@pytest.mark.parametrize(("one", "other"), SAME_MESSAGES)
def test_what_varies_in_a_message_does_not_split(one: str, other: str) -> None:
    assert issues(logged(one), logged(other)) == 1


@pytest.mark.parametrize(("one", "other"), OTHER_MESSAGES)
def test_what_a_message_says_is_kept_apart(one: str, other: str) -> None:
    assert issues(logged(one), logged(other)) == 2


def test_a_file_is_told_by_its_folder_where_the_client_names_it_in_its_project() -> None:
    def page(root: str, file: str) -> Event:
        frame = {"filename": f"/{file}", "abs_path": f"{root}/{file}", "in_app": True}
        return raised("php", "ErrorException", "Undefined variable $user", frame)

    assert issues(page("/srv/r1", "admin/index.php"), page("/srv/r2", "admin/index.php")) == 1
    assert issues(page("/srv/r1", "admin/index.php"), page("/srv/r1", "shop/index.php")) == 2


@pytest.mark.parametrize(
    ("platform", "one", "other"),
    [
        ("python", "<ipython-input-12-3fa9c1b2d3e4>", "<ipython-input-7-aa9c1b2d3e4f>"),
        ("python", "/tmp/ipykernel_71/3012345678.py", "/tmp/ipykernel_9/1234567890.py"),
        ("php", "/srv/cart.php(12) : eval()'d code", "/srv/cart.php(99) : eval()'d code"),
        ("node", "/app/.next/server/chunks/123.js", "/app/.next/server/chunks/4567.js"),
    ],
)
def test_code_in_no_file_of_its_own_is_one(platform: str, one: str, other: str) -> None:
    files = ({"filename": file, "function": "total", "in_app": True} for file in (one, other))
    assert issues(*(raised(platform, "CartEmpty", "no items", frame) for frame in files)) == 1


def test_a_task_that_a_timeout_cancelled_is_no_cause_of_its_own() -> None:
    frame = {"module": "shop.cart", "function": "load", "in_app": True, "filename": "shop/cart.py"}
    alone = raised("python", "TimeoutError", "", frame)
    cancelled = raised("python", "CancelledError", "", frame)
    cause = cancelled["exception"]["values"]
    told = {"platform": "python", "exception": {"values": cause + alone["exception"]["values"]}}
    assert issues(alone, told) == 1
    assert issues(alone, cancelled) == 2
