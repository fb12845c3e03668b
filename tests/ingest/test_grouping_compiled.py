"""Programs of Rust, .NET, C and C++ as their runtimes, compilers and clients tell of them."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.titles import describe

Event = dict[str, Any]
Frame = dict[str, Any]

HASH = "[e28293b1aa0f68bd]"
ASSEMBLY = "Shop, Version=%s, Culture=neutral, PublicKeyToken=null"
CORE = {"package": "System.Private.CoreLib, Version=8.0.0.0", "in_app": False}
EMITTED = {"module": "(unknown)", "function": "lambda_method14", "in_app": True}
GIVEN = "The given key 'a' was not present in the dictionary."
MISSING = "System.Collections.Generic.KeyNotFoundException"


def event(platform: str, sdk: str, *raised: tuple[str, str, list[Frame]], **members: Any) -> Event:
    values = [
        {"type": kind, "value": value} | ({"stacktrace": {"frames": trace}} if trace else {})
        for kind, value, trace in raised
    ]
    return {"platform": platform, "sdk": {"name": sdk}, "exception": {"values": values}} | members


def called(*functions: str, file: str = "", package: str = "shop") -> list[Frame]:
    named = {"in_app": True, "package": package} | ({"filename": file} if file else {})
    return [{"function": function} | named for function in functions]


def panicked(said: str, *functions: str, file: str = "") -> Event:
    return event("native", "sentry.rust", ("panic", said, called(*functions, file=file)))


def failed(kind: str, said: str, *functions: str) -> Event:
    return event("native", "sentry.rust", (kind, said, called(*functions)))


def thrown(kind: str, said: str, *trace: Frame, **members: Any) -> Event:
    return event("csharp", "sentry.dotnet", (kind, said, list(trace)), **members)


def enhanced(function: str, version: str = "1.0.0.0", **members: Any) -> Frame:
    return {"function": function, "package": ASSEMBLY % version, "in_app": True} | members


def own(module: str, function: str) -> Frame:
    return {"module": module, "function": function, "in_app": True}


def crashed(kind: str, *functions: str, file: str = "shop.cpp") -> Event:
    libc = [f for f in functions if f in ("abort", "raise")]
    trace = called(*functions[: len(functions) - len(libc)], file=file, package="/opt/shop")
    trace += called(*libc, package="/usr/lib/libc.so.6")
    for frame in trace:
        del frame["in_app"]
    return event("native", "sentry.native", (kind, "x", trace))


TOTAL = "shop::cart::total"
HOOKED = ["core::panicking::panic_fmt", "std::panicking::panic_with_hook", "shop::report::hook"]
WRAPPED = own("Shop.Cart", "Total")
SOCKET = ("System.Net.Sockets.SocketException", "Operation canceled", [])
CANCELED = "System.Threading.Tasks.TaskCanceledException"
NOT_READY = ("System.TypeInitializationException", "The type initializer for 'A' threw", [WRAPPED])
NULL = ("System.NullReferenceException", "x", [own("Shop.Mailer", ".cctor")])
ENTERED = [NOT_READY, (NOT_READY[0], NOT_READY[1], [own("Shop.Page", "Show")])]
SQLITE = "Microsoft.Data.Sqlite.SqliteException"
NEEDED = [own("Acme.SmsJob", "RunAsync"), own("Acme.MailJob", "RunAsync")]

SAME = {
    "a panic, whatever reported it": [
        panicked("attempt to divide by zero", TOTAL),
        panicked("attempt to divide by zero", TOTAL, *HOOKED),
        panicked(
            "attempt to divide by zero", TOTAL, *(f.replace("::", f"{HASH}::", 1) for f in HOOKED)
        ),
    ],
    "a program of Rust whose builds tell files or do not": [
        panicked("attempt to divide by zero", TOTAL),
        panicked("attempt to divide by zero", f"shop{HASH}::cart::total", file="cart.rs"),
    ],
    "the library of an error that was wrapped": [
        failed("Error", "reading the list", TOTAL, "anyhow::Context::context"),
        failed("Error", "reading the list", TOTAL, "<E as anyhow::context::StdError>::ext_context"),
        failed("Error", "reading the list", TOTAL, f"std{HASH}::backtrace::Backtrace::create"),
        failed("Error", "reading the list", TOTAL, "at /rustc/5980/library/core/result.rs:2189:27"),
    ],
    "an error made of a text, which its client takes for the type": [
        failed('"parcel 3 has no address"', "parcel 3 has no address", TOTAL),
        failed('"parcel 14 has no address"', "parcel 14 has no address", TOTAL),
        failed("parcel 7 has no address", "parcel 7 has no address", TOTAL),
    ],
    "what a generic function was made for": [
        panicked("no value", "shop::take::<u32>", file="a.rs"),
        panicked("no value", "shop::take", file="a.rs"),
    ],
    "closures of F#, on whatever line": [
        thrown("System.Exception", "x", own("Ledger+total@37", "Invoke")),
        thrown("System.Exception", "x", own("Ledger+total@40-1", "Invoke")),
        thrown("System.Exception", "x", own("Ledger", "total")),
    ],
    "what .NET made to call a method": [
        thrown(NULL[0], "x", WRAPPED),
        thrown(NULL[0], "x", EMITTED, WRAPPED),
    ],
    "a method that was inlined into what .NET made to call it": [
        thrown(NULL[0], "x", own("Shop.Step", "Invoke"), EMITTED, transaction="GET cart"),
        thrown(NULL[0], "x", own("Shop.Log", "Invoke"), EMITTED, transaction="GET cart"),
    ],
    "who came first to a class that could not be made ready": [
        event("csharp", "sentry.dotnet", NULL, wrapper) for wrapper in ENTERED
    ],
    "how far a cancelled request was": [
        event("csharp", "sentry.dotnet", (CANCELED, "A task was canceled.", [WRAPPED])),
        event("csharp", "sentry.dotnet", SOCKET, (CANCELED, "A task was canceled.", [WRAPPED])),
    ],
    "versions of .NET that tell the host, or the text": [
        event("csharp", "sentry.dotnet", ("System.Net.Http.HttpRequestException", said, []))
        for said in ("Connection refused", "Connection refused (pay.example:443)")
    ],
    "versions of .NET that tell the text": [
        event("csharp", "sentry.dotnet", ("System.FormatException", said, []))
        for said in (
            "Input string was not in a correct format.",
            "The input string '1,x' was not in a correct format.",
        )
    ],
    "minidumps and handlers of signals": [
        crashed("SIGSEGV", "shop::Cart::total"),
        crashed("SIGSEGV / SEGV_MAPERR", "shop::Cart::total"),
        crashed("EXC_BAD_ACCESS / KERN_INVALID_ADDRESS", "shop::Cart::total"),
    ],
    "a function that is in its file only, with and without its namespace": [
        crashed("SIGSEGV", "shop::(anonymous namespace)::parse(char const*)"),
        crashed("SIGSEGV", "parse"),
    ],
    "instances with one digit and with more": [
        {"platform": "native", "logentry": {"formatted": f"worker{n} is late"}} for n in (7, 14)
    ],
}
OTHER = {
    "methods that change nothing": [
        crashed("SIGABRT", "shop::Cart::total() const", "shop::list() const"),
        crashed("SIGABRT", "shop::Cart::total() const", "shop::item() const"),
    ],
    "functions of one name in two files": [
        crashed("SIGSEGV", "parse", file="cue.c"),
        crashed("SIGSEGV", "parse", file="srt.c"),
    ],
    "callers of one that gives up for others": [
        crashed("SIGABRT", "sync", "die_unless", "abort", "raise"),
        crashed("SIGABRT", "quota", "die_unless", "abort", "raise"),
    ],
    "constraints of SQLite": [
        event("csharp", "sentry.dotnet", (SQLITE, f"SQLite Error 19: '{said} failed: A.b'.", []))
        for said in ("UNIQUE constraint", "NOT NULL constraint")
    ],
    "sequences that are empty or too long": [
        thrown("System.InvalidOperationException", f"Sequence contains {said}", WRAPPED, CORE)
        for said in ("no elements", "more than one element")
    ],
    "routes whose methods were inlined": [
        thrown(NULL[0], "x", own("Shop.Step", "Invoke"), EMITTED, transaction=f"GET {route}")
        for route in ("cart", "page")
    ],
    "jobs that asked a helper for what is not there": [
        thrown(MISSING, "Column 'a' is missing", job, own("Acme.Need", "Text")) for job in NEEDED
    ],
}


@pytest.mark.parametrize("events", SAME.values(), ids=SAME)
def test_one_bug_is_one_issue(events: list[Event]) -> None:
    assert len({group(found).hash for found in events}) == 1


@pytest.mark.parametrize("events", OTHER.values(), ids=OTHER)
def test_two_bugs_are_two_issues(events: list[Event]) -> None:
    assert len({group(found).hash for found in events}) == len(events)


def test_a_function_that_is_wrong_itself_aborts_for_nobody() -> None:
    found = [crashed("SIGABRT", caller, "shop::Cart::total", "abort") for caller in ("a", "b")]
    assert group(found[0]).hash == group(found[1]).hash


def test_a_dictionary_misses_a_key_for_its_own_function() -> None:
    found = [thrown(MISSING, GIVEN, job, own("Acme.Need", "Text")) for job in NEEDED]
    assert group(found[0]).hash == group(found[1]).hash


NAMED = [
    pytest.param(
        failed('"parcel 3 has no address"', "parcel 3 has no address", TOTAL, "anyhow::Error::msg"),
        ("parcel 3 has no address", TOTAL),
        id="an error made of a text",
    ),
    pytest.param(
        panicked("no value", TOTAL, f"core{HASH}::panicking::panic_fmt", "sentry_panic::handler"),
        ("panic: no value", TOTAL),
        id="a panic",
    ),
    pytest.param(
        thrown("A", "b", enhanced("Task<int> Cart.SumAsync(Row row)", filename="Shop/Cart.cs")),
        ("A: b", "Cart in SumAsync"),
        id="an enhanced trace",
    ),
    pytest.param(
        thrown("A", "b", own("Ledger+total@37", "Invoke")),
        ("A: b", "Ledger in total"),
        id="a closure of F#",
    ),
]


@pytest.mark.parametrize(("found", "names"), NAMED)
def test_names_are_those_of_the_source(found: Event, names: tuple[str, str]) -> None:
    described = describe(found)
    assert (described.title, described.culprit) == names
