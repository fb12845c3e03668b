"""How processes of Elixir and Erlang die, by the versions of runtime and client that tell of it."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.grouping.beam import KINDS
from jentry.ingest.titles import describe

Event = dict[str, Any]
Frame = dict[str, Any]


def frame(module: str, function: str, file: str, **members: Any) -> Frame:
    return {"module": module, "function": function, "filename": file, "in_app": False} | members


SERVER = frame("gen_server", ":gen_server.handle_msg/6", "gen_server.erl")
STOCK = frame("Elixir.Shop.Stock", "Shop.Stock.handle_call/3", "lib/shop/stock.ex")
MOVE = [SERVER, STOCK]
INTEGER = frame("erlang", ":erlang.binary_to_integer/1", "")
PROTOCOL = [
    frame("Elixir.Shop.Line", f"Shop.Line.{name}/1", "lib/shop/line.ex", in_app=True)
    for name in ("text", "impl_for!")
]
CODEC = frame("shop_codec", ":shop_codec.decode/1", "src/shop_codec.erl")


def raised(kind: str, value: str, *frames: Frame) -> Event:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"platform": "elixir", "exception": {"values": [exception]}}


def logged(said: str, *frames: Frame) -> Event:
    threads = [{"id": "1", "stacktrace": {"frames": list(frames)}}] if frames else []
    return {"platform": "elixir", "logentry": {"formatted": said}, "threads": {"values": threads}}


SAME = {
    "a match, as each client tells it": [
        raised("Sentry.CrashError", "** (exit) {:badmatch, :error}", *MOVE),
        logged("** (stop) {:badmatch, :error}", *MOVE),
        raised("MatchError", "no match of right hand side value: :error", *MOVE),
        logged(
            "GenServer Shop.Stock terminating\n** (MatchError) no match of right hand side value: 1"
            "\n    (shop 1.0.0) lib/shop/stock.ex:24: Shop.Stock.handle_call/3"
            "\n    (stdlib 4.2) gen_server.erl:1149: :gen_server.try_handle_call/4"
        ),
    ],
    "a task, as each version logs it": [
        raised("FunctionClauseError", "no function clause matching in Shop.Stock.move/2", STOCK),
        logged(
            "%{label: {Task.Supervisor, :terminating}, report: %{args: [], name: #PID<0.1.0>,"
            " reason: {:function_clause, [{Shop.Stock, :handle_call, [:a, {1, [2]}, %{}],"
            " [file: 'lib/shop/stock.ex', line: 9]}]}}}"
        ),
        logged(
            "** Task <0.96.0> terminating\n** Started from <0.152.0>\n** Reason for termination =="
            " \n** {function_clause,\n       [{'Elixir.Shop.Stock',handle_call,[a,{1,[2]},#{}],"
            '[{file,"lib/shop/stock.ex"},{line,9}]}]}'
        ),
    ],
    "a process of Erlang": [
        raised("MatchError", "no match of right hand side value: 1", CODEC),
        logged(
            "Error in process <0.146.0> with exit value:\n{{badmatch,1},\n"
            ' [{shop_codec,decode,1,[{file,"src/shop_codec.erl"},{line,31}]}]}'
        ),
    ],
    "a state machine": [
        raised("ArithmeticError", "bad argument in arithmetic expression", CODEC),
        logged(
            "** (stop) {:error, :badarith, [{:shop_codec, :decode, 1,"
            " [file: 'src/shop_codec.erl', line: 14]}]}"
        ),
        logged(
            "** State machine <0.149.0> terminating\n** Reason for termination = error:badarith\n"
            '** Stacktrace =\n**  [{shop_codec,decode,1,[{file,"src/shop_codec.erl"},{line,14}]}]'
        ),
    ],
    "an exit that wraps an exception": [
        raised("MatchError", "x", *MOVE),
        logged("** (exit) an exception was raised:\n    ** (MatchError) x", *MOVE),
    ],
    "what the runtime could not use, by its version": [
        raised("ArgumentError", "argument error", STOCK, INTEGER),
        raised(
            "ArgumentError",
            "errors were found at the given arguments:\n\n  * 1st argument: not a textual",
            *(STOCK, INTEGER),
        ),
        raised("Sentry.CrashError", "** (exit) :badarg", STOCK, INTEGER),
    ],
    "what OTP called, named the application's by nobody": [
        raised("ErlangError", "Erlang error: :data_error", STOCK, frame("zlib", ":zlib.run/1", "")),
        raised(
            "ErlangError",
            "Erlang error: :data_error",
            *(STOCK, frame("zlib", ":zlib.gunzip/1", "zlib.erl")),
        ),
    ],
    "a dependency of Erlang": [
        raised(
            *("ErlangError", "Erlang error: :bad", STOCK),
            frame("sideboard", f":sideboard.{name}/1", "/app/deps/sideboard/src/sideboard.erl"),
        )
        for name in ("take", "put")
    ],
    "what is no number in base 16": [
        raised("ArgumentError", said, STOCK, INTEGER)
        for said in (
            'non-alphabet digit found: "X" (byte 88)',
            "string given to decode has wrong length. An even number of bytes was expected",
        )
    ],
    "a date that is none": [
        raised("ArgumentError", f'cannot parse "x" as date, reason: :{reason}', STOCK, INTEGER)
        for reason in ("invalid_date", "invalid_format")
    ],
    "a key, as each client tells it": [
        raised("KeyError", "key :qty not found in: %{}", *MOVE),
        logged("** (stop) {:badkey, :qty, %{}}", *MOVE),
    ],
    "lines that one build has, and another not": [
        raised("KeyError", "key :qty not found in: %{}", STOCK),
        raised(
            "KeyError", "key :qty not found in: %{}", STOCK | {"context_line": "item.qty * 2"}
        ),
    ],
    "a protocol that is not implemented, by its version": [
        raised("Protocol.UndefinedError", f"protocol Shop.Line not implemented {said}", *at)
        for said, at in (
            ("for {:a, 1} of type Tuple", [STOCK, *PROTOCOL]),
            ("for type Integer\n\nGot value:\n\n    5", [STOCK, *PROTOCOL]),
        )
    ],
    "a function that is not there": [
        raised(
            "UndefinedFunctionError",
            f"function Shop.Page.{name}/2 is undefined or private",
            *(STOCK, frame("Elixir.Shop.Page", f"Shop.Page.{name}/2", "")),
        )
        for name in ("export", "merge")
    ],
    "an error of a match, as each client tells it": [
        raised("MatchError", "no match of right hand side value: {:error, {:closed, 1}}", *MOVE),
        logged("** (stop) {:badmatch, {:error, {:closed, 2}}}", *MOVE),
    ],
    "a process that has a name, in one version": [
        logged("** (stop) {:gave_up, 1}"),
        logged("") | {
            "logentry": {
                "message": "GenServer %s terminating: ** (stop) {:gave_up, 1}",
                "formatted": "GenServer #PID<0.1.0> terminating: ** (stop) {:gave_up, 1}",
            }
        },
    ],
    "what a program was given": [
        raised("Shop.Error", f"no rate for {given}", STOCK | {"in_app": True})
        for given in (":us", ":xx", '"de"')
    ],
    "what a text adds": [
        raised("Shop.Error", f"not enough of {sku}: wanted {n}", STOCK | {"in_app": True})
        for sku, n in (("A1", 3), ("B2", 5))
    ],
}  # fmt: skip
DIFFERENT = {
    "who used a protocol that is not implemented": [
        raised(
            *("Protocol.UndefinedError", "protocol Shop.Line not implemented for nil of type Atom"),
            *(frame("Elixir.Shop.Page", f"Shop.Page.{name}/1", "lib/shop/page.ex"), *PROTOCOL),
        )
        for name in ("cart", "bill")
    ],
    "two reasons": [
        logged("** (stop) :badarith", *MOVE),
        logged("** (stop) {:badmatch, :error}", *MOVE),
    ],
    "what others did not answer": [
        logged(
            f"GenServer Shop.Stock terminating\n** (stop) exited in: GenServer.call({name}, :a, 5)",
            *MOVE,
        )
        for name in ("Shop.Mixer", "Shop.Cache")
    ],
    "jobs that exited in two functions": [
        logged("Oban job Shop.Nightly exited: {:noproc, {GenServer, :call, [X, 1]}}", SERVER, at)
        for at in (STOCK, frame("Elixir.Shop.Bill", "Shop.Bill.close/1", "lib/shop/bill.ex"))
    ],
    "keys of the code": [
        raised("KeyError", f"key :{key} not found in: %{{}}", STOCK) for key in ("name", "email")
    ],
    "two texts of one function": [
        raised("Shop.Error", said, STOCK | {"in_app": True})
        for said in ("no output for 89 s", "exited with status 1")
    ],
    "what the runtime could not use": [
        raised("ArgumentError", "argument error", STOCK, INTEGER),
        raised("ArgumentError", "argument error", STOCK, frame("ets", ":ets.lookup/2", "")),
    ],
    "a sentence about an exception, of no place": [
        logged("Import gave up: ** (RuntimeError) no file"),
        logged("Export gave up: ** (RuntimeError) no file"),
    ],
}


@pytest.mark.parametrize("events", SAME.values(), ids=SAME)
def test_one_death_is_one_issue(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == 1


@pytest.mark.parametrize("events", DIFFERENT.values(), ids=DIFFERENT)
def test_two_deaths_are_two_issues(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == len(events)


@pytest.mark.parametrize(
    ("event", "title", "culprit"),
    [
        (
            logged("** (stop) {:badmatch, :error}", *MOVE),
            "MatchError: no match of right hand side value: :error",
            "Shop.Stock in handle_call/3",
        ),
        (
            raised("Sentry.CrashError", "** (exit) :function_clause", *MOVE),
            "FunctionClauseError: no function clause matching",
            "Shop.Stock in handle_call/3",
        ),
        (
            logged("** (stop) {:poll_failed, :closed}", *MOVE),
            "** (stop) {:poll_failed, :closed}",
            "Shop.Stock in handle_call/3",
        ),
    ],
)
def test_a_death_is_named_after_what_happened(event: Event, title: str, culprit: str) -> None:
    found = describe(event)
    assert (found.title, found.culprit) == (title, culprit)


@pytest.mark.parametrize("reason", KINDS)
def test_each_reason_of_the_runtime_is_an_exception(reason: str) -> None:
    kind, said = KINDS[reason]
    for told in (f"** (stop) :{reason}", f"** (stop) {{:{reason}, 7}}"):
        found = group(logged(told, *MOVE))
        assert found.components["values"][0]["type"] == kind
        assert describe(logged(told, *MOVE)).title.startswith(f"{kind}: {said}")
