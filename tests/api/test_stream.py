"""`Accept: application/x-ndjson`: lists as lines."""

import gzip
import json

import factories
import pytest

from jentry.api import stream

LINES = {"Accept": "application/x-ndjson"}
MANY = 230  # issues: three pages of a stream


@pytest.fixture
def issues(db, world):
    """The address of a list of three pages."""
    db.execute("BEGIN")
    for _ in range(MANY):
        factories.issue(db, world.project)
    db.execute("COMMIT")
    return f"/projects/{world.project}/issues"


@pytest.fixture
def get(api):
    """Ask for lines, to the end of them."""
    return lambda path, **headers: api.get(path, headers=LINES | headers, buffered=True)


def read(answer):
    assert answer.status_code == 200
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in answer.data.decode().splitlines()]


def walked(api, path):
    """All pages of the list, one after the other."""
    rows, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{path}?limit=100" + (f"&cursor={cursor}" if cursor else "")).json
        rows += page["data"]
        cursor = page["nextCursor"]
    return rows


def test_a_list_is_sent_whole_and_in_order(api, get, issues):
    rows = walked(api, issues)
    assert len(rows) == MANY
    assert read(get(issues)) == rows


def test_filters_hold_for_every_page(get, db, issues):
    db.execute("UPDATE issues SET level = 'fatal' WHERE id % 2 = 0")
    rows = read(get(f"{issues}?level=fatal&sort=first_seen"))
    assert len(rows) == MANY / 2
    assert {row["level"] for row in rows} == {"fatal"}


@pytest.mark.parametrize(
    ("parameters", "size"), [("?limit=7", 7), ("?page=2", 25), ("?page=3&limit=100", 30)]
)
def test_whoever_asks_for_a_page_gets_it(api, get, issues, parameters, size):
    answer = get(f"{issues}{parameters}")
    assert read(answer) == api.get(f"{issues}{parameters}").json["data"]
    assert len(read(answer)) == size
    assert "ETag" in answer.headers


def test_a_cursor_says_where_to_begin(api, get, issues):
    cursor = api.get(f"{issues}?limit=100").json["nextCursor"]
    rows = read(get(f"{issues}?cursor={cursor}"))
    assert rows == walked(api, issues)[100:]


def test_what_arrives_meanwhile_is_not_in_it(api, db, world, issues):
    expected = walked(api, issues)
    answer = api.get(issues, headers=LINES, buffered=False)
    pieces = answer.iter_encoded()
    got = next(pieces)
    db.execute("UPDATE issues SET last_seen = '2027-01-01T00:00:00.000Z' WHERE id = 1")
    factories.issue(db, world.project, last_seen="2027-01-01T00:00:00.000Z")
    got += b"".join(pieces)
    answer.close()
    assert [json.loads(line)["id"] for line in got.splitlines()] == [row["id"] for row in expected]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "application/json, application/x-ndjson;q=0.5",
        "text/x-ndjson",
        "",
    ],
)
def test_whoever_does_not_prefer_lines_gets_json(api, issues, accept):
    answer = api.get(issues, headers={"Accept": accept})
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("path", ["/projects", "/members", "/audit"])
def test_short_lists_are_lines_too(api, get, path):
    assert read(get(path)) == api.get(path).json["data"]


def test_a_single_thing_is_json(get, db, world):
    path = f"/issues/{factories.issue(db, world.project)}"
    assert get(path).content_type == "application/json"


@pytest.mark.parametrize(
    ("path", "status"), [("/projects/999/issues", 404), ("/issues?sort=x", 400)]
)
def test_refusals_are_json(get, path, status):
    answer = get(path)
    assert (answer.status_code, list(answer.json)) == (status, ["error"])


def test_lines_are_compressed_as_they_come(get, issues):
    answer = get(issues, **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == get(issues).data


def test_head_sends_no_lines(api, issues):
    answer = api.open("HEAD", issues, headers=LINES)
    assert (answer.status_code, answer.data) == (200, b"")


def test_only_so_many_at_a_time(get, issues, monkeypatch):
    monkeypatch.setattr(stream, "STREAMS", 0)
    answer = get(issues)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert len(read(get(f"{issues}?limit=5"))) == 5


def test_a_place_is_free_again_when_a_list_has_ended_or_was_left(api, get, issues, monkeypatch):
    monkeypatch.setattr(stream, "STREAMS", 1)
    for _ in range(2):
        assert len(read(get(issues))) == MANY
        assert get("/issues?sort=x").status_code == 400
        left = api.get(issues, headers=LINES)
        next(left.iter_encoded())
        left.close()


def test_the_places_of_one_organization_are_not_those_of_others(monkeypatch):
    monkeypatch.setattr(stream, "ALL_STREAMS", 3)
    slots = stream.Slots()
    assert [slots.take(1), slots.take(1), slots.take(1)] == [True, True, False]
    assert [slots.take(2), slots.take(3)] == [True, False]  # all together there are three
    slots.give_back(1)
    assert [slots.take(3), slots.take(2)] == [True, False]


def test_a_page_at_a_time_is_held_in_memory(api, issues, statements):
    answer = api.get(issues, headers=LINES, buffered=False)
    before = len(statements)
    pieces = answer.iter_encoded()
    next(pieces)
    first = len(statements)
    assert first == before  # the first page was read to know whether there is one
    next(pieces)
    assert len(statements) > first
    assert len(list(pieces)) == 1  # three of a hundred in all
    answer.close()
