"""The place of an event in the words of its programmers."""

from typing import Any

import pytest

from jentry.ingest.titles import describe

HASH = "3f0c9a1be77d21a09be1c3f0c9a1be77"


def culprit(platform: str, *frames: dict[str, Any], **event: Any) -> str:
    trace = {"frames": [{"in_app": True} | frame for frame in frames]}
    exception = {"type": "E", "stacktrace": trace}
    return describe({"platform": platform, "exception": {"values": [exception]}} | event).culprit


# platform, module, file, function: what is shown
PLACES = [
    ("python", "shop.cart", "shop/cart.py", "total", "shop.cart in total"),
    ("python", "shop.env", "shop/env.py", "require", "shop.env in require"),
    ("python", "sql._row", "", "sql._row.Result.one", "sql._row in Result.one"),
    ("python", "", "templates/cart.html", "top-level template code", "templates/cart.html"),
    ("elixir", "Elixir.Shop.Cart", "", "Shop.Cart.total/1", "Shop.Cart in total/1"),
    ("elixir", "Shop.Cart", "", "anonymous fn/1 in Shop.Cart.rows/2", "Shop.Cart in rows/2"),
    ("perl", "Shop::Cart", "", "Shop::Cart::title", "Shop::Cart in title"),
    ("ruby", "Shop::Cart", "", "Shop::Cart::title", "Shop::Cart in title"),
    ("ruby", "", "app/models/cart.rb", "Cart#total", "app/models/cart.rb in total"),
    ("ruby", "", "app/models.rb", "block in Cart#total", "app/models.rb in Cart#total"),
    ("ruby", "", "lib/cart.rb", "block (2 levels) in total", "lib/cart.rb in total"),
    ("ruby", "", "lib/crane.rb", "block in <class:Crane>", "lib/crane.rb"),
    ("ruby", "", "lib/tasks/feed.rake", "block in <main>", "lib/tasks/feed.rake"),
    (
        *("ruby", "", "app/views/users/index.html.erb"),
        "_app_views_users_index_html_erb___428834622891881_66314",
        "app/views/users/index.html.erb",
    ),
    ("php", "", "/src/Cart.php", "App\\Cart::total", "/src/Cart.php in total"),
    ("php", "", "/src/all.php", "App\\Cart::total", "/src/all.php in Cart::total"),
    ("php", "", "/src/all.php", "App\\to_int", "/src/all.php in to_int"),
    ("php", "", "/src/Cart.php", "{closure:App\\Cart::sum():12}", "/src/Cart.php in sum"),
    ("php", "", "/src/a.php", "{closure:/src/a.php:12}", "/src/a.php in {closure}"),
    ("php", "", "/a.php", "class@anonymous\x00/a.php:1$0::run", "/a.php in run"),
    ("php", "", "/a.php", "class@anonymous\ufffd/a.php:1$0::run", "/a.php in run"),
    ("php", "", "/theme/header.php", "include_once", "/theme/header.php"),
    ("php", "", "/tpl/a.html.twig", f"__TwigTemplate_{HASH}::{{closure}}", "/tpl/a.html.twig"),
    ("php", "", "/tpl/a.html.twig", "Twig\\Template::display", "/tpl/a.html.twig"),
    ("csharp", "Shop.Order+<SaveAsync>d__19", "", "MoveNext", "Shop.Order in SaveAsync"),
    ("csharp", "Shop.Order+<>c__DisplayClass3_0", "", "<Run>b__1", "Shop.Order in Run"),
    ("csharp", "Shop.Order+<>c+<<Run>b__3_0>d", "", "MoveNext", "Shop.Order in Run"),
    ("csharp", "Program", "", "<<Main>$>g__Share|0_2", "Program in Share"),
    ("csharp", "Shop.Cache`1[[System.String, Lib]]", "", "Get(List`1 x)", "Shop.Cache in Get"),
    ("csharp", "Shop.Rows", "", "MoveNext", "Shop.Rows in MoveNext"),
    (
        *("csharp", "AspNetCoreGeneratedDocument.Views_Cart_Index", "D:\\src\\Cart\\Index.cshtml"),
        *("ExecuteAsync", "D:/src/Cart/Index.cshtml"),
    ),
    ("java", "app.Profile$load$1", "", "invokeSuspend", "app.Profile in load"),
    ("java", "app.Profile$1", "", "invokeSuspend", "app.Profile in invokeSuspend"),
    ("java", "app.Rows$Page", "", "remove", "app.Rows$Page in remove"),
    ("java", "app.Totals", "", "lambda$sum$2", "app.Totals in sum"),
    ("java", "app.Cart$$Lambda$14/0x0008", "", "apply", "app.Cart$$Lambda in apply"),
    ("go", "shop/cart", "", "(*Cart).Sum.func1.1", "shop/cart in (*Cart).Sum"),
    ("go", "shop/must", "", "Must[...]", "shop/must in Must"),
    ("dart", "", "cart.dart", "Cart.drop.<anonymous closure>", "cart.dart in Cart.drop"),
    ("dart", "", "cart.dart", "Cart.drop.<fn>", "cart.dart in Cart.drop"),
    ("rust", "", "", "shop::cart::total::h4646b202899955b8", "shop::cart::total"),
    ("native", "", "", "shop::pull::{{closure}}::hee5cdad73adce6d5", "shop::pull"),
    ("native", "", "", "<shop::Lines as core::Iterator>::next", "shop::Lines::next"),
    ("native", "", "", "Pool::work(int)::{lambda(int)#1}::operator()(int) const", "Pool::work"),
    ("native", "", "", "Pool::work()::$_0::operator()() const", "Pool::work"),
    ("cocoa", "", "", "closure #1 in Store.refresh()", "Store.refresh"),
    ("cocoa", "", "", "-[Page drawRow:]", "-[Page drawRow:]"),
    ("cfml", "", "/app/cart.cfm", "?", "/app/cart.cfm"),
    ("node", "lib:cart", "lib/cart.js", "async Cart.total", "Cart.total(lib:cart)"),
    ("node", "lib:cart", "lib/cart.js", "Object.total", "total(lib:cart)"),
    ("node", "lib:cart", "lib/cart.js", "IncomingMessage.?", "cart.js:7"),
    ("node", "lib:cart", "lib/cart.js", "Timeout._onTimeout", "cart.js:7"),
    ("node", "lib:cart", "lib/cart.js", "Wrap.finish [as done]", "Wrap.finish(lib:cart)"),
    ("node", "lib:cart", "lib/cart.js", "Object.r [as pay]", "pay(lib:cart)"),
    ("node", "lib:cart", "lib/cart.js", "Cart.[Symbol.iterator]", "[Symbol.iterator](lib:cart)"),
    ("javascript", "", "/a.js", "HTMLButtonElement.<anonymous>", "a.js:7"),
    ("javascript", "", "https://shop.example/a.js?v=2#x", "pay", "pay(/a.js)"),
    ("javascript", "", "webpack://shop/./src/cart.ts", "pay", "pay(src/cart.ts)"),
    ("javascript", "", "app:///src/cart.ts", "pay", "pay(src/cart.ts)"),
    ("other", "", "/srv" * 50 + "/c.x", "pay", "..." + ("/srv" * 50 + "/c.x")[-117:] + " in pay"),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "module", "file", "function", "place"), PLACES)
def test_place(platform: str, module: str, file: str, function: str, place: str) -> None:
    frame = {"function": function, "lineno": 7}
    frame |= {name: text for name, text in (("module", module), ("filename", file)) if text}
    assert culprit(platform, frame) == place


CALLER = {"function": "render", "module": "shop.mail", "filename": "/src/mail.php"}


@pytest.mark.parametrize(
    ("platform", "frame", "place"),
    [
        (
            "php",
            {"filename": f"/views/{HASH}.php", "function": "require"},
            "/src/mail.php in render",
        ),
        ("python", {"module": f"__jinja_cache_{HASH}", "function": "root"}, "shop.mail in render"),
        ("perl", {"module": f"Sandbox::{HASH}", "function": "__ANON__"}, "shop.mail in render"),
        ("javascript", {"filename": "[native code]", "function": "toFixed"}, "render(shop.mail)"),
        (
            "node",
            {"filename": "eval at f (/a.js:1:2)", "function": "anonymous0"},
            "render(shop.mail)",
        ),
        ("javascript", {"filename": "index 0", "function": "Promise.all"}, "render(shop.mail)"),
        (
            "javascript",
            {"abs_path": "https://js.sentry-cdn.com/1.min.js", "filename": "/1.min.js"}
            | {"function": "n"},
            "render(shop.mail)",
        ),
    ],
)
def test_what_no_programmer_wrote_is_no_place(
    platform: str, frame: dict[str, Any], place: str
) -> None:
    if platform == "php":
        assert (
            culprit(platform, {"filename": "/src/mail.php", "function": "render"}, frame) == place
        )
    else:
        assert culprit(platform, CALLER, frame) == place
    assert culprit(platform, frame, transaction="GET /mail") == "GET /mail"


@pytest.mark.parametrize(
    ("platform", "maker"), [("javascript", "E"), ("node", "new E"), ("php", "E::__construct")]
)
def test_who_made_the_exception_is_no_place(platform: str, maker: str) -> None:
    made = {"filename": "/src/errors.php", "function": maker}
    found = culprit(platform, CALLER, made)
    assert "render" in found
    assert "errors" in culprit(platform, made)


def test_an_image_without_symbols_is_named() -> None:
    assert culprit("native", {"package": "/usr/lib/libmix.so"}) == "libmix.so"


def test_methods_of_the_language_stand_where_they_are_called() -> None:
    line = {"filename": "lib/cart.rb", "abs_path": "/srv/lib/cart.rb", "lineno": 4}
    total, plus = line | {"function": "total"}, line | {"function": "+"}
    assert culprit("ruby", total, plus) == "lib/cart.rb in total"
    assert culprit("ruby", total, plus | {"lineno": 9}) == "lib/cart.rb in +"


def test_what_recovered_from_a_panic_is_no_place() -> None:
    pay = {"module": "shop", "function": "Pay"}
    panic = {"module": "runtime", "function": "gopanic", "in_app": False}
    recovered = {"module": "shop/web", "function": "Recover.func1"}
    assert culprit("go", pay, panic, recovered) == "shop in Pay"
