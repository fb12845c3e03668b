"""What platforms call one and the same differently, and what only looks alike."""

from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Frame = dict[str, Any]


def event(platform: str, kind: str, value: str, *frames: Frame, **members: Any) -> Event:
    raised = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"platform": platform, "exception": {"values": [raised]}, **members}


def own(function: str, filename: str = "", module: str = "", **members: Any) -> Frame:
    found = {"function": function, "filename": filename, "module": module, "in_app": True}
    return {name: value for name, value in (found | members).items() if value != ""}


def lib(function: str, **members: Any) -> Frame:
    return own(function, **members) | {"in_app": False}


def native(kind: str, *functions: str, package: str = "/opt/p/player", **members: Any) -> Event:
    frames = [{"function": name, "package": package, **members} for name in functions]
    return event("native", kind, "x", *frames)


def dart(platform: str, kind: str = "_CastError", **frame: Any) -> Event:
    found = own("build", "cart.dart", platform="dart") | frame
    return event(platform, kind, "bad", found, sdk={"name": "sentry.dart.flutter"})


def aot(start: int, offset: int) -> Event:
    frame = {"instruction_addr": hex(start + offset), "platform": "native", "in_app": True}
    images = [{"image_addr": hex(start), "image_size": 9000, "code_file": "libapp.so"}]
    return event(
        "other",
        "StateError",
        "No element",
        frame,
        sdk={"name": "sentry.dart.flutter"},
        debug_meta={"images": images},
    )


def blade(kind: str) -> Event:
    return event("php", kind, "x (View: /a/cart/row.blade.php)", own("render", "/a/Cart.php"))


def passed(caller: str) -> Event:
    said = "cell(): Argument #1 must be of type string, null given, called in /a/x.php on line 3"
    frames = own(caller, "/src/Export/Job.php"), own("App\\Sheet::cell", "/src/Export/Sheet.php")
    return event("php", "TypeError", said, *frames)


def handler(name: str, **members: Any) -> Event:
    return event("node", "Error", "no such order", own("", f"/srv/routes/{name}.js", **members))


def proxied(proxy: str, method: str) -> Event:
    frames = own("pay", module="com.acme.Checkout"), lib(method, module=proxy), lib("invoke")
    return event("java", "RetryableException", "Read timed out", *frames)


def async_inner(module: str) -> Event:
    return event("csharp", "System.FormatException", "bad", own("MoveNext", module=module))


def erb(function: str) -> Event:
    return event("ruby", "KeyError", "key not found", own(function, "app/views/a/b.html.erb"))


def sandbox(mark: str, template: str) -> Event:
    module = f"Mojo::Template::Sandbox::{mark * 32}"
    return event("perl", "E", "gone", own("__ANON__", f"template {template}.html.ep", module))


def told(text: str, logger: str) -> Event:
    return {"platform": "java", "logger": logger, "logentry": {"formatted": text}}


def missing(line: str) -> Event:
    frame = own("pay", "shop/pay.py", "shop.pay", context_line=line)
    return event("python", "AttributeError", "'NoneType' object has no attribute 'token'", frame)


def route(path: str) -> Event:
    url = f"https://a.example/_next/static/chunks/app/{path}.js"
    frame = own("Table", url, abs_path=url, lineno=1, colno=900)
    return event("javascript", "TypeError", "x.rows is not a function", frame)


def component(name: str) -> Event:
    url = f"https://a.example/src/components/{name}.vue"
    frame = own("_sfc_render", url, abs_path=url, lineno=21, colno=9)
    return event("javascript", "TypeError", "Cannot read properties of null (reading 'a')", frame)


def money(caller: str) -> Event:
    urls = [f"https://a.example/assets/{name}" for name in ("cart-BxY3kQ9z.js", "cash-Qw8rTy2u.js")]
    frames = [
        own(function, url, abs_path=url, lineno=1, colno=900)
        for function, url in zip((caller, "formatMoney"), urls, strict=True)
    ]
    return event("javascript", "RangeError", "Invalid currency code : ", *frames)


def number(caller: str) -> Event:
    frames = own(caller, module="Acme.Web"), own("Acme.Params.int!/2", module="Acme.Params")
    return event("elixir", "ArgumentError", "not an integer", *frames, lib("binary_to_integer/1"))


GAMES = "C:\\Games\\Arena-Win64-Shipping.exe", "/opt/Arena-Linux-Shipping"


def labelled(version: str, caller: str = "home") -> Event:
    frame = own("call", "app/components/station_card.rb")
    around = own(caller, "app/controllers/pages_controller.rb")
    if version == "3.4":
        frame, around = frame | {"module": "StationCard"}, around | {"module": "PagesController"}
    return event("ruby", "NoMethodError", "undefined method 'name' for nil", around, frame)


def closure(platform: str, caller: str) -> Event:
    nameless = "?" if platform == "node" else f"{{closure:{caller}():7}}"
    file = "dist/playlist.js" if platform == "node" else "/src/Playlist.php"
    frames = own(caller, file), lib("map", filename="map"), own(nameless, file)
    return event(platform, "TypeError", "Cannot read properties of undefined", *frames)


def gateway(caller: str) -> Event:
    frames = own(f"{caller}.run", f"dist/{caller}.js"), own("Gateway.get", "dist/gateway.js")
    return event("node", "TypeError", "fetch failed", *frames, lib("fetch", filename="node:undici"))


def toolkit(name: str) -> Event:
    return event("perl", "Template::Exception", f"file error - {name}: not found", own("show"))


def duplicate(constraint: str, after: str = "DETAIL: Key (a)=(1) already exists.") -> Event:
    said = f'ERROR: duplicate key value violates unique constraint "{constraint}"\n{after}'
    return event("ruby", "PG::UniqueViolation", said, own("keep!", "app/services/rows.rb"))


def refused(code: str) -> Event:
    values = [
        {"type": "ConnectionRefusedError", "value": f"[{code}] as the system says it"},
        {"type": "Lost", "value": "x", "stacktrace": {"frames": [own("poll", module="tx")]}},
    ]
    return {"platform": "python", "exception": {"values": values}}


def razor(filename: str) -> Event:
    frame = own("BuildRenderTree", filename, "Shop.Web.SiloCard")
    return event("csharp", "System.NullReferenceException", "x", frame)


def begun(function: str) -> Event:
    frame = own(function, "cmd/apply.go", "shop.example/cmd")
    return event("go", "*time.ParseError", "bad", frame)


def stored(said: str, platform: str = "java") -> Event:
    cause = {"type": "DatabaseException", "value": said}
    found = event(platform, "SQLException", said, own("insert", module="shop.Dao"))
    found["exception"]["values"].insert(0, cause)
    return found


def unmapped(name: str) -> Event:
    said = f"var.undef error - undefined variable: a.b\n at {name} line 25"
    return event("perl", "Template::Exception", said, own("show"))


def twig(said: str) -> Event:
    said = f'{said} in "event/show.html.twig" at line 3.'
    return event("php", "Twig\\Error\\RuntimeError", said, own("show", "/src/EventController.php"))


CHAIN = "The remote certificate is invalid because of errors in the certificate chain: NotTimeValid"
SAME = {
    "a component of Blazor": [razor("SiloCard.razor"), razor("Components/SiloCard.razor")],
    "an index of Dart, by its version": [
        dart("dart", "IndexError"),
        dart("dart", "RangeError"),
    ],
    "what Phoenix overrides": [
        event(
            "elixir",
            "KeyError",
            "x",
            own('Shop.Card."render (overridable 1)"/1', module="Shop.Card"),
        ),
        event(
            "elixir",
            "KeyError",
            "x",
            own("anonymous fn/2 in Shop.Card.render/1", module="Shop.Card"),
        ),
    ],
    "functions of a package of Go": [begun("init.func3"), begun("glob..func3")],
    "a state that newer drivers of MySQL tell": [
        stored("Error 1213: Deadlock found", "go"),
        stored("Error 1213 (40001): Deadlock found", "go"),
    ],
    "what Oracle says": [
        stored("ORA-01555: snapshot too old"),
        stored("ORA-01555: Snapshot zu alt\nhttps://a.example/"),
    ],
    "a constraint of Oracle": [
        stored("ORA-00001: unique constraint (WP.MAIL_UK) violated"),
        stored("ORA-00001: Unique Constraint (WP.MAIL_UK) verletzt"),
    ],
    "a certificate, by the version of .NET": [
        stored(CHAIN, "csharp"),
        stored(
            "The remote certificate is invalid according to the validation procedure.", "csharp"
        ),
    ],
    "a timeout of Node, by its version": [
        stored("Connect Timeout Error", "node"),
        stored(
            "Connect Timeout Error (attempted address: a.example:443, timeout: 10000ms)", "node"
        ),
    ],
    "versions in the name of a type of C++": [
        native("nlohmann::json_abi_v3_11_2::detail::parse_error", "player::run"),
        native("nlohmann::detail::parse_error", "player::run"),
    ],
    "a class that Ruby 3.4 tells in its own member": [labelled("3.3"), labelled("3.4")],
    "details of PostgreSQL": [
        event("csharp", "Npgsql.PostgresException", f"23505: duplicate key\nDETAIL: {said}")
        for said in ("Key (a)=(1) already exists.", "Detail redacted as it may be sensitive.")
    ],
    "a refused connection": [refused("Errno 111"), refused("WinError 10061")],
    "a fault of memory on three systems": [
        native("SIGSEGV", "player::run"),
        native("EXCEPTION_ACCESS_VIOLATION_READ", "player::run", package="C:\\P\\player.exe"),
        native("EXC_BAD_ACCESS", "player::run", package="/Applications/P.app/MacOS/Player"),
    ],
    "an exception of C++": [
        native("SIGABRT", "player::run"),
        native("Unhandled C++ Exception", "player::run"),
    ],
    "an abort on two systems": [
        native("SIGABRT", "player::run"),
        native("EXCEPTION_NONCONTINUABLE_EXCEPTION", "player::run"),
    ],
    "what hung, by the version of the client": [
        event("cocoa", kind, "x", own("Player.load()", package="/Applications/P.app/P"))
        for kind in ("App Hanging", "App Hang Fully Blocked", "Fatal App Hang Non Fully Blocked")
    ],
    "a library of its own": [
        native("SIGSEGV", "pos_write", package=package)
        for package in ("/opt/p/libpos.so.2", "/P.app/libpos.2.dylib", "C:\\P\\pos.dll")
    ],
    "one game": [native("SIGSEGV", "player::run", package=package) for package in GAMES],
    "the C library of another system": [
        event("native", "SIGSEGV", "x", own("player::run", package="/opt/p"), frame)
        for frame in (
            {"function": "_int_free", "package": "/usr/lib64/libc.so.6"},
            {"function": "free", "package": "/lib/x86_64-linux-gnu/libc.so.6"},
        )
    ],
    "what Dart calls its platform": [dart("other"), dart("dart")],
    "a build of Dart anywhere in memory": [aot(0x7000, 0x10), aot(0x9000, 0x10)],
    "Blade": [
        blade("Illuminate\\View\\ViewException"),
        blade("Spatie\\LaravelIgnition\\Exceptions\\ViewException"),
        blade("Facade\\Ignition\\Exceptions\\ViewException"),
    ],
    "numbers of asynchronous local functions": [
        async_inner("A.Csv+<<Read>g__Line|7_0>d"),
        async_inner("A.Csv+<<Read>g__Line|9_1>d"),
    ],
    "numbers of asynchronous lambdas": [
        async_inner("A.Csv+<>c__DisplayClass3_0+<<Read>b__0>d"),
        async_inner("A.Csv+<>c__DisplayClass5_0+<<Read>b__2>d"),
    ],
    "a template of Ruby": [
        erb("_app_views_a_b_html_erb__2876104223190342013_47120"),
        erb("#<Class:0x00007f3a1c0a2b10>#_app_views_a_b_html_erb___77120934882_9980"),
    ],
    "a template of Mojolicious": [sandbox("1", "list"), sandbox("f", "list")],
    "a proxy of Java": [
        proxied("jdk.proxy2.$Proxy143", "charge"),
        proxied("com.sun.proxy.$Proxy9", "charge"),
    ],
    "a logger per instance": [told("lost", "shop.conn.1"), told("lost", "shop.conn.22")],
    "a logger that is no place": [told("lost", "root"), told("lost", "main")],
    "builds of a route": [route("orders/page-0011223344556677"), route("orders/page-99aabbccddee")],
}

DIFFERENT = {
    "what Qt and Unreal ended": [
        native("SIGABRT", "player::open", "QMessageLogger::fatal"),
        native("SIGABRT", "player::save", "_ZNK14QMessageLogger5fatalEPKcz"),
        native("SIGABRT", "player::load", "FDebug::CheckVerifyFailedImpl2"),
    ],
    "who had a text made of nothing": [
        event(
            "native",
            "SIGSEGV",
            "x",
            own(caller, package="/opt/p"),
            own("text::fromLatin", package="/opt/p"),
            lib("strlen", package="/usr/lib/libc.so.6"),
        )
        for caller in ("player::title", "player::card")
    ],
    "constraints of Oracle": [
        stored("ORA-00001: unique constraint (WP.MAIL_UK) violated"),
        stored("ORA-00001: unique constraint (WP.DAY_UK) violated"),
    ],
    "templates that miss a variable": [unmapped("archive/message.tt"), unmapped("leave.tt")],
    "what a template of Twig misses": [
        twig('Variable "venue" does not exist'),
        twig('Impossible to access an attribute ("name") on a null variable'),
    ],
    "closures of a file in PHP": [closure("php", "publish"), closure("php", "preview")],
    "nameless functions of a file": [closure("node", "publish"), closure("node", "preview")],
    "who asks a gateway": [gateway("weather"), gateway("transmitter")],
    "templates of Template Toolkit": [toolkit("show/card.tt"), toolkit("mail/card.tt")],
    "violated constraints": [duplicate("slots_key"), duplicate("jingles_key")],
    "who used what is gone": [
        native("SIGSEGV", "player::Track::open", "player::Node::getName"),
        native("SIGSEGV", "player::List::add", "player::Node::getName"),
    ],
    "addresses of Dart": [aot(0x7000, 0x10), aot(0x7000, 0x80)],
    "who passed a wrong argument": [passed("orders"), passed("users")],
    "nameless handlers": [handler("orders"), handler("invoices")],
    "methods that only the JVM implements": [
        proxied("jdk.proxy2.$Proxy143", "charge"),
        proxied("jdk.proxy2.$Proxy143", "refund"),
    ],
    "local functions": [
        async_inner("A.Csv+<<Read>g__Line|7_0>d"),
        async_inner("A.Csv+<<Read>g__Cell|7_1>d"),
    ],
    "templates of Mojolicious": [sandbox("1", "list"), sandbox("1", "detail")],
    "loggers": [told("lost", "shop.imports.Csv"), told("lost", "shop.exports.Csv")],
    "whose attribute is missing": [missing("a = user.card.token"), missing("a = user.bag.token")],
    "components of Vue": [component("MemberCard"), component("RosterRow")],
    "routes": [route("orders/page-0011223344556677"), route("users/page-0011223344556677")],
    "who formats what is no currency": [money("InvoiceRow"), money("QuoteRow")],
    "who asked for a number": [number("show"), number("edit")],
}


@pytest.mark.parametrize("events", SAME.values(), ids=SAME)
def test_one_bug_is_one_issue(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == 1


@pytest.mark.parametrize("events", DIFFERENT.values(), ids=DIFFERENT)
def test_two_bugs_are_two_issues(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == len(events)
