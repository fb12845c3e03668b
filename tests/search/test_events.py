"""Which events of an issue a search finds: all its conditions are of one event."""

import pytest

from jentry.store import event_search

SEARCHES = [
    ("stadt:köln", {0, 3}),
    ("stadt:k*", {0, 1, 3, 4}),
    ("-stadt:köln", {1, 2, 4, 5}),
    ("stadt:köln environment:production", {0}),
    ("stadt:köln OR environment:staging", {0, 1, 3, 5}),
    ("tags[stadt]:[kiel, nirgends]", {1, 4}),
    ("level:>=error", {0, 2, 4}),
    ("release:shop@1", {0, 3}),
    ("release:shop@*", {0, 1, 3, 4}),
    ("-release:shop@*", {2, 5}),
    ("user.id:u1", {0, 2, 4}),
    ("user:a@acme.test -user.id:u1", {1, 3, 5}),
    ("user.email:*@acme.test", {1, 3, 5}),
    ("timestamp:-1h", {0, 1, 2, 3, 4, 5}),
    ("timestamp:2001-01-01", set()),
    ("number 3", {3}),
    ("number stadt:köln", {0, 3}),
    ('message:["number 1", "number 2"]', {1, 2}),
    ("num*3 OR level:info", {1, 3, 5}),
    ("stadt:nirgends", set()),
    (f"trace:{'4' * 32}", {3}),
    (f"trace:[{'3' * 32}, {'-'.join(['5' * 16] * 2)}] environment:production", {2, 4}),
    (f"-trace:{'1' * 32} level:error", {2, 4}),
    (f"trace:{'f' * 32}", set()),
    (f"trace:{'7' * 32} OR user.id:else OR stadt:[bonn, kiel]", {1, 4}),
    (f"-trace:{'7' * 32} -user.id:else -stadt:bonn", {0, 1, 2, 3, 4, 5}),
]


@pytest.fixture
def filled(world):
    for number in range(6):
        more = {"release": f"shop@{number % 3 + 1}"} if number % 3 < 2 else {}
        tags = {"stadt": ("KÖLN", "Kiel")[number % 3]} if number % 3 < 2 else {}
        world.issue = world.send(
            world.shop, fingerprint=["one"], tags=tags, level=("error", "info")[number % 2],
            environment=("production", "staging")[number % 2],
            user=({"id": "u1"}, {"email": "A@acme.test"})[number % 2],
            exception={"values": [{"type": "E", "value": f"number {number}"}]}, **more,
            contexts={"trace": {"trace_id": str(number + 1) * 32, "span_id": "5" * 16}},
        )  # fmt: skip
    world.send(
        world.shop, "Elsewhere", tags={"stadt": "Bonn"}, user={"id": "else"},
        contexts={"trace": {"trace_id": "7" * 32, "span_id": "5" * 16}},
    )  # fmt: skip
    return world


def page(world, **query):
    return world.ask(f"/issues/{world.issue}/events", query_string=query)


def numbers(answer):
    assert answer.status_code == 200, answer.text
    values = [event["exception"]["values"][0]["value"] for event in answer.json["data"]]
    return [int(value.split()[1]) for value in values]


def test_a_search_finds(filled):
    for search, expected in SEARCHES:
        answer = page(filled, search=search)
        assert set(numbers(answer)) == expected, search
        assert (answer.json["total"], answer.json["scanned"]) == (None, 6), search


def test_it_combines_with_the_filters(filled):
    assert numbers(page(filled, search="user.id:u1", environment="production")) == [4, 2, 0]
    assert numbers(page(filled, search="level:error", **{"tag[stadt]": "KÖLN"})) == [0]
    assert numbers(page(filled, search="level:info", release="shop@1")) == [3]


@pytest.mark.parametrize(("rows", "limit"), [(2, 25), (20_000, 1), (3, 2), (1, 1)])
@pytest.mark.parametrize("search", ["stadt:*", "number -stadt:kiel"])
def test_pages_go_on_where_the_last_one_has_looked(filled, monkeypatch, rows, limit, search):
    whole = numbers(page(filled, search=search))
    monkeypatch.setattr(event_search, "MOST_ROWS", rows)
    monkeypatch.setattr(event_search, "MOST_PAYLOADS", rows)
    monkeypatch.setattr(event_search, "FIRST_ROWS", 1)
    monkeypatch.setattr(event_search, "GROWTH", 2)
    found, scanned, query = [], 0, {"search": search, "limit": limit}
    while True:
        answer = page(filled, **query)
        found += numbers(answer)
        scanned += answer.json["scanned"]
        assert answer.json["scanned"] <= rows
        if answer.json["nextCursor"] is None:
            break
        query["cursor"] = answer.json["nextCursor"]
    assert (found, scanned) == (whole, 6)


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("50 \N{KELVIN SIGN}", "50 k"),
        ("Stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE"),
        (
            "e\N{COMBINING ACUTE ACCENT}t\N{LATIN SMALL LETTER LONG S}",
            "\N{LATIN SMALL LETTER E WITH ACUTE}TS",
        ),
        (r"C:\shop/cart", r"c:\shop/"),
        ('say "no"', r'"say \"NO\""'),
        ("one\ttwo", "one\ttwo"),
        ("first then second", "fir*sec"),
    ],
)
def test_text_is_found_as_it_is_folded(world, text, search):
    world.issue = world.send(world.shop, exception={"values": [{"type": "E", "value": text}]})
    found = page(world, search=search).json["data"]
    assert [event["exception"]["values"][0]["value"] for event in found] == [text]
    assert page(world, search=f"{search} x").json["data"] == []


@pytest.mark.parametrize(
    ("search", "error"),
    [
        ("a function:pay", "function is a field of issues, not of events (character 3)."),
        ("is:new", "is is a field of issues, not of events (character 1)."),
        ("levle:error", "levle is no field and no tag (character 1). Did you mean level?"),
    ],
)
def test_what_is_wrong_is_a_400(filled, search, error):
    answer = page(filled, search=search)
    assert (answer.status_code, answer.json) == (400, {"error": f"search: {error}"})


def test_an_event_is_no_field_of_issues(filled):
    answer = filled.ask("/issues", query_string={"search": "timestamp:-1h"})
    assert answer.status_code == 400
    assert "is a field of events" in answer.json["error"]


def test_a_pattern_stands_for_a_bounded_number_of_values(filled, monkeypatch):
    monkeypatch.setattr(event_search, "MOST_IDS", 1)
    answer = page(filled, search="stadt:k*")
    assert answer.json == {"error": "search: stadt has more than 1 such values (character 1)."}
