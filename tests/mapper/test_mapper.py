"""The process that reads source maps: what it finds, refuses and survives."""

import json
import os
import resource
import signal
from functools import partial
from resource import RLIMIT_AS, RLIMIT_CORE

import pytest
from bundles import CART, build, source_map

from jentry.mapper.master import WALL_SECONDS, CannotMap, Mapper

pytest.importorskip("symbolic")
from jentry.mapper.reading import HELD_BYTES, MEMORY, STACK


@pytest.fixture(scope="module")
def mapper():
    mapper = Mapper()
    yield mapper
    mapper.close()


def ask(mapper, script, found, places, pair=None):
    return mapper.look_up(pair or str(hash((script, found))), places, lambda: (script, found))


def test_places_come_from_their_sources(mapper):
    script, found, places = build("1")
    call, body = ask(mapper, script, found, places)
    assert (call["function"], call["line"], call["column"]) == ("<anonymous>", 3, 32)
    assert body["source"] == "webpack://shop/./src/cart.ts?3f2a"
    assert (body["function"], body["line"]) == ("readAmount", 7)
    assert body["text"] == "  return item.price.amount;"
    assert body["before"] == CART.split("\n")[1:6]
    assert body["after"] == ["}"]


def test_a_pair_is_sent_once(mapper):
    script, found, places = build("2")
    asked = []

    def parts():
        asked.append(1)
        return script, found

    for _ in range(2):
        mapper.look_up("once", places, parts)
    assert asked == [1]


@pytest.mark.parametrize(
    "place",
    [(0, 1), (1, 0), (2, 1), (99, 1), (1, 100_000)],
    ids=["line 0", "column 0", "no such line", "far below", "beyond the line"],
)
def test_a_place_that_the_script_does_not_have_is_nothing(mapper, place):
    script, found, _ = build("1")
    assert ask(mapper, script, found, [place]) == [None]


def test_columns_count_utf16_units(mapper):
    script = f'x="{"😀" * 9}";throw y'
    found = source_map({0: (0, 0, 0), 23: (0, 4, 0)}, ["a.ts"])
    last = len(script.encode("utf-16-le")) // 2
    inside, beyond = ask(mapper, script.encode(), found, [(1, last), (1, last + 5)])
    assert inside["line"] == 5
    assert beyond is None


def test_of_large_scripts_the_last_ones_are_held(mapper):
    asked = []

    def parts(name):
        asked.append(name)
        return b"//" + b"a" * (HELD_BYTES // 2), source_map({0: (0, 4, 0)}, ["a.ts"])

    for name in ("first", "second", "second", "first"):
        mapper.look_up(name, [(1, 1)], partial(parts, name))
    assert asked == ["first", "second", "first"]


def test_a_long_line_is_cut_around_its_column(mapper):
    content = "x" * 5000 + "HERE" + "y" * 5000
    found = source_map({0: (0, 0, 5000)}, ["a.ts"], [content])
    (result,) = ask(mapper, b"abc", found, [(1, 1)])
    assert "HERE" in result["text"]
    assert len(result["text"]) == 200


def test_sources_that_the_map_calls_foreign(mapper):
    places = {0: (0, 0, 0), 5: (1, 0, 0)}
    sources = ["lib.ts", "own.ts"]
    found = source_map(places, sources, ["x", "y"], x_google_ignoreList=[0, 7, -1])
    results = ask(mapper, b"abcd;efg", found, [(1, 1), (1, 6)])
    assert [result["is_foreign"] for result in results] == [True, False]


def test_a_source_without_a_name_is_nothing(mapper):
    assert ask(mapper, b"abc", source_map({0: (0, 4, 2)}, [None]), [(1, 1)]) == [None]


def test_a_function_that_nobody_knows_has_no_name(mapper):
    (result,) = ask(mapper, b"}{ (", source_map({0: (0, 4, 2)}, ["a.ts"]), [(1, 1)])
    assert (result["line"], result["function"]) == (5, None)


def test_a_map_without_content_still_gives_the_place(mapper):
    (result,) = ask(mapper, b"abc", source_map({0: (0, 4, 2)}, ["a.ts"]), [(1, 1)])
    assert (result["line"], result["text"]) == (5, None)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"version":3,"sources":["a"],"mappings":5}', id="no text"),
        pytest.param(b'{"version":3,"sources":["a"],"mappings":"!!"}', id="bad letters"),
    ],
)
def test_a_map_that_cannot_be_read_says_why(mapper, found):
    with pytest.raises(CannotMap) as refused:
        ask(mapper, b"abc", found, [(1, 1)])
    assert refused.value.reason == "source_map_malformed"
    assert refused.value.words


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: ")]}'\n" + text, id="guard"),
        pytest.param(lambda text: text[:-1] + ', "debugId": "none"}', id="debug id"),
    ],
)
def test_what_is_odd_is_read(mapper, change):
    text = source_map({0: (0, 4, 2)}, ["a.ts"]).decode()
    assert ask(mapper, b"abc", change(text).encode(), [(1, 1)])[0]["line"] == 5


def nested(depth):
    return b"(" * depth + b")" * depth, source_map({0: (0, 0, 0)}, ["a.ts"])


def test_deep_nesting_is_read(mapper):
    assert ask(mapper, *nested(20_000), [(1, 40_000)])[0]["line"] == 1


def test_nesting_beyond_any_stack_does_not_end_the_server(mapper):
    with pytest.raises(CannotMap) as refused:
        ask(mapper, *nested(200_000), [(1, 1)])
    assert refused.value.reason == "too_costly"
    test_places_come_from_their_sources(mapper)


def test_a_child_that_dies_is_an_answer_and_remembered():
    mapper = Mapper()
    script, found, places = build("1")

    def kill():
        os.kill(mapper._child.pid, signal.SIGKILL)
        return script, found

    with pytest.raises(CannotMap) as refused:
        mapper.look_up("a", places, kill)
    assert refused.value.reason == "too_costly"
    with pytest.raises(CannotMap):
        mapper.look_up("a", places, lambda: (script, found))
    assert mapper.look_up("b", places, lambda: (script, found))[1]["line"] == 7
    mapper.close()


def test_what_takes_too_much_processor_time_is_ended_and_remembered(mapper):
    found = source_map({0: (0, 4, 0)}, ["a.ts"], ["\n" * 3_000_000])
    assert ask(mapper, b"abc", found, [(1, 1)])[0]["line"] == 5
    strict = Mapper(seconds=0.001)
    for _ in range(2):
        with pytest.raises(CannotMap) as refused:
            ask(strict, b"abc", found, [(1, 1)])
        assert refused.value.reason == "too_costly"
        assert strict._child is None
    strict.close()


def test_a_busy_machine_is_not_the_fault_of_the_map():
    mapper = Mapper(wall_seconds=0.0)
    script, found, places = build("1")
    with pytest.raises(CannotMap) as refused:
        ask(mapper, script, found, places)
    assert refused.value.reason == "pending"
    mapper._wall_seconds = WALL_SECONDS
    assert ask(mapper, script, found, places)[1]["line"] == 7
    mapper.close()


def test_the_process_takes_only_so_much_memory_and_leaves_no_core(mapper):
    ask(mapper, *build("1"))
    limits = [resource.prlimit(mapper._child.pid, name) for name in (RLIMIT_AS, RLIMIT_CORE)]
    assert limits == [(MEMORY + STACK, MEMORY + STACK), (0, 0)]


def test_without_the_library_it_is_missing(monkeypatch):
    monkeypatch.setattr("jentry.mapper.master.is_there", lambda: False)
    with pytest.raises(CannotMap) as refused:
        ask(Mapper(), *build("1"))
    assert refused.value.reason == "mapper_missing"


def test_answers_are_json_that_a_database_takes(mapper):
    script, found, places = build("1")
    json.dumps(ask(mapper, script, found, places)).encode()
