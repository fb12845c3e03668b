"""What clients of Perl, Ruby and PHP tell in several ways, by their versions."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.titles import describe

Event = dict[str, Any]
Frame = dict[str, Any]


def event(platform: str, kind: str, value: str, *frames: Frame) -> Event:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"platform": platform, "exception": {"values": [exception]}}


def perl(said: str, *frames: Frame) -> Event:
    return event("perl", "Mojo::Exception", said, *frames)


def sub(module: str, function: str | None, file: str = "", **members: Any) -> Frame:
    path = file or f"/srv/app/lib/{module.replace('::', '/')}.pm"
    return {"module": module, "function": function, "abs_path": path, "in_app": True} | members


MAIN = sub("main", None, "/srv/app/bin/shop")
CALLED = (  # as `caller` has it: what each frame called
    sub("main", "Shop::Web::total", "/srv/app/bin/shop"),
    sub("Shop::Web", "Shop::Cart::total"),
    sub("Shop::Cart", "Mojolicious::_die"),
)
TOTAL = (MAIN, sub("Shop::Web", "Shop::Web::total"), sub("Shop::Cart", "Shop::Cart::total"))
WORKER = (MAIN, sub("Shop::Worker", "Shop::Worker::run"))


def ruby(said: str, *frames: Frame, kind: str = "ArgumentError") -> Event:
    return event("ruby", kind, said, *frames)


def method(function: str, file: str, line: str = "", **members: Any) -> Frame:
    found = {"function": function, "filename": file, "context_line": line, "in_app": True}
    return found | members


LOAD = method("load", "lib/shop/feed.rb", "Date.parse(text)")
PARSE = method("parse", "date.rb", in_app=False)


RENDER = method("render", "lib/shop/page.rb")


def route(line: str) -> Frame:
    return method("block in <class:Shop>", "lib/shop.rb", line)


def php(said: str, *frames: Frame, kind: str = "RuntimeException") -> Event:
    return event("php", kind, said, *frames)


def call(function: str, file: str) -> Frame:
    return {"function": function, "filename": file, "abs_path": file, "in_app": True}


RESERVE, MOVE = (
    call(f"Shop\\Rooms::{name}", "/srv/app/src/Rooms.php") for name in ("take", "move")
)
VIEW = "/srv/app/templates/cart.html.twig"


def wrapped(table: str, kind: str = "SQLite3::SQLException") -> Event:
    cause = ruby(f"no such table: {table}", LOAD, kind=kind)["exception"]["values"]
    wrapper = {"type": "Sequel::DatabaseError", "value": f"{kind}: no such table: {table}"}
    return {"platform": "ruby", "exception": {"values": [*cause, wrapper]}}


def stopped(*causes: Event) -> Event:
    chain = [each["exception"]["values"][0] for each in causes]
    return {"platform": "ruby", "exception": {"values": chain}}


EXPIRED = ruby("execution expired", LOAD, kind="Timeout::Error")


def sent(said: str, line: str) -> Event:
    frame = method("call", "lib/shop/feed.rb", line)
    threads = [{"id": "1", "stacktrace": {"frames": [frame]}}]
    entry = {"logentry": {"formatted": said}, "threads": {"values": threads}}
    return {"platform": "ruby"} | entry


SKIPPED = 'Sentry.capture_message("Skipped #{n} rows of feed #{feed.name}")'


SAME = {
    "functions of Perl, by the client's version": [
        perl("Illegal division by zero at Cart.pm line 3.", *CALLED),
        perl("Illegal division by zero at Cart.pm line 3.", *TOTAL),
    ],
    "Perl with its source at hand, and without": [
        perl("not in stock: A1", *TOTAL),
        perl("not in stock: B2", *TOTAL[:2], TOTAL[2] | {"context_line": 'die "not in stock: $x"'}),
    ],
    "what Perl was given": [
        perl(f"Can't locate Shop/{name}.pm in @INC ({said}: /a) at lib/Feed.pm line 3.", *WORKER)
        for name, said in (("Fax", "@INC contains"), ("Sms", "@INC entries checked"))
    ],
    "what was wrong with a pattern of Perl": [
        perl(f"{said} in regex; marked by <-- HERE in m/x/ at lib/Feed.pm line 3.", *WORKER)
        for said in ("Unmatched (", "Quantifier follows nothing")
    ],
    "an action of Catalyst": [
        perl(f'Caught exception in Shop::Web->{name} "not in stock at Cart.pm line 3."', *TOTAL)
        for name in ("buy", "look")
    ],
    "a text that is no JSON": [
        perl(f'{said}, at character offset 3 (before "x") at Cart.pm line 3.', *TOTAL)
        for said in ("malformed JSON string", "unexpected end of string while parsing JSON string")
    ],
    "who croaked": [
        perl("bad size 1 at Cart.pm line 3.", *TOTAL),
        perl("bad size 2 at Cart.pm line 3.", *TOTAL, sub("Carp", "Carp::confess", in_app=False)),
    ],
    "a reference that is none, whatever it is": [
        perl(f"{said} at Cart.pm line 3.", *TOTAL)
        for said in (
            "Not a HASH reference",
            'Can\'t use string ("x") as a HASH ref while "strict refs" in use',
            "Can't use an undefined value as a HASH reference",
        )
    ],
    "a block that evaluates": [
        perl("bad size", MAIN, *caller, sub("Shop::Util", "Shop::Util::number"))
        for caller in ((TOTAL[1],), (TOTAL[1], sub("Shop::Web", "(eval)")))
    ],
    "a failure of the system, in its language": [
        perl(f"{said} at lib/Feed.pm line 3.", *TOTAL)
        for said in ("Connection refused", "Verbindungsaufbau abgelehnt", "Connexion refusée")
    ],
    "the line in a text of Ruby": [
        ruby("invalid date", LOAD, PARSE),
        ruby("invalid date (ArgumentError)\n\n    Date.parse(text)\n        ^^^^^^", LOAD, PARSE),
    ],
    "what Ruby connected to, by its version": [
        ruby(f"Connection refused - connect(2) for {said}", LOAD, PARSE)
        for said in ("127.0.0.1:80", '"127.0.0.1" port 80')
    ],
    "what a wrapper of Ruby only repeats": [wrapped("items"), wrapped("goods")],
    "a timeout of Ruby, by its version": [
        EXPIRED,
        stopped(ruby("execution expired", LOAD, kind="Timeout::ExitException"), EXPIRED),
    ],
    "a message made in a line": [sent(f"Skipped {n} rows of feed {n}x", SKIPPED) for n in "ab"],
    "a date of PHP, by its version": [
        php("Unknown or bad timezone (x)", RESERVE, kind="Exception"),
        php("Unknown or bad timezone (x)", RESERVE, kind="DateInvalidTimeZoneException"),
    ],
    "what Twig calls a template, by its version": [
        php(said, RESERVE, call(function, VIEW), kind="Twig\\Error\\RuntimeError")
        for function, said in (
            ("twig_get_attribute", 'Key "name" for array with keys "x" does not exist.'),
            (
                "Twig\\Extension\\CoreExtension::getAttribute",
                'Key "name" for sequence/mapping with keys "x" does not exist in "cart.html.twig".',
            ),
        )
    ],
    "what PHP's client calls the application's": [
        php("gone", RESERVE, call(name, "/srv/app/vendor/slim/slim/Slim/App.php"))
        for name in ("Slim\\App::run", "Slim\\App::process")
    ],
}
DIFFERENT = {
    "files that Perl's texts name": [
        perl(f"Illegal division by zero at lib/{file}.pm line 3.", *WORKER)
        for file in ("Feed", "Mail")
    ],
    "mistakes in a file that Perl's texts name": [
        perl(f"{said} at lib/Feed.pm line 3.", *WORKER)
        for said in ("Illegal division by zero", "Not a HASH reference")
    ],
    "references of two kinds": [
        perl(f"Not {kind} reference at Cart.pm line 3.", *TOTAL) for kind in ("a HASH", "an ARRAY")
    ],
    "mistakes of two kinds in a function of Perl": [
        perl(f"{said} at Cart.pm line 3.", *TOTAL)
        for said in ("Illegal division by zero", "Not a HASH reference")
    ],
    "why a job failed": [
        perl(
            f"job 7 failed: {why} at Cart.pm line 3.", *TOTAL[:2], TOTAL[2] | {"context_line": line}
        )
        for line in ('die "job $id failed: $_"',)
        for why in ("no tool for step 3", "the motor is hot")
    ],
    "what a route of Dancer needs": [
        perl(
            f"parameter {name} is no number: 'x'",
            *(MAIN, sub("Shop::Web", "Shop::Web::__ANON__")),
            sub("Shop::Util", "Shop::Util::number", context_line='die "parameter $n is no number"'),
        )
        for name in ("page", "size")
    ],
    "two texts of a function of Perl": [
        perl("Cart 7 is empty at Cart.pm line 3.", *TOTAL),
        perl("Cart 7 has too many items at Cart.pm line 4.", *TOTAL),
    ],
    "views of Ruby": [
        ruby("undefined method", RENDER, method("<main>", f"views/{name}.erb", in_app=False))
        for name in ("cart", "bill")
    ],
    "routes of Sinatra": [
        ruby("bad code", route(f"check(params['{name}'])"), PARSE) for name in ("zip", "coupon")
    ],
    "who had an exception made": [
        php("no room", caller, call("Shop\\Full::of", "/srv/app/src/Full.php"), kind="Shop\\Full")
        for caller in (RESERVE, MOVE)
    ],
    "constraints of SQLite": [
        php(f"SQLSTATE[23000]: {said}", RESERVE, kind="PDOException")
        for said in (
            "19 UNIQUE constraint failed: guest.email",
            "19 NOT NULL constraint failed: guest.name",
        )
    ],
    "what Twig missed": [
        php(f'Key "{name}" for array with keys "x" does not exist.', call("twig_x", VIEW))
        for name in ("name", "mail")
    ],
    "texts that a line does not tell": [
        sent(f"Worker failed: {why}", 'Sentry.capture_message("Worker failed: #{e.message}")')
        for why in ("no such file in the archive", "the answer was no JSON")
    ],
}


@pytest.mark.parametrize("events", SAME.values(), ids=SAME)
def test_one_bug_is_one_issue(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == 1


@pytest.mark.parametrize("events", DIFFERENT.values(), ids=DIFFERENT)
def test_two_bugs_are_two_issues(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == len(events)


@pytest.mark.parametrize(
    ("event", "culprit"),
    [
        (perl("Illegal division by zero at Cart.pm line 3.", *CALLED), "Shop::Cart in total"),
        (perl("no file at lib/Feed.pm line 3.", *WORKER), "lib/Feed.pm"),
        (
            php("gone", RESERVE | {"lineno": 3}, call("trim", RESERVE["abs_path"]) | {"lineno": 3}),
            "/srv/app/src/Rooms.php in take",
        ),
    ],
)
def test_the_place_is_that_of_the_application(event: Event, culprit: str) -> None:
    assert describe(event).culprit == culprit
