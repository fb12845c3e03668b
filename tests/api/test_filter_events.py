"""The events of an issue by what they have; each page looks at a bounded number of them."""

import factories
import pytest
import rows

from jentry.store import event_filter, events
from jentry.store.audit import Actor
from jentry.store.rows import Submission

EVENTS = [
    {"tags": {"browser": "Firefox", "plan": "free"}},
    {"tags": {"browser": "Firefox", "plan": "grande – „é“"}},
    {"tags": {"browser": "Chrome"}, "server_name": "web-1"},
    {"contexts": {"browser": {"name": "Firefox", "type": "browser"}}},
    {"exception": {"values": [{"mechanism": {"handled": False}}]}, "extra": {"note": "Chrome"}},
    {"transaction": "/cart", "level": "warning", "release": "beyond@1"},
]


@pytest.fixture
def issue(db, world):
    """One event a minute, the first in the list is the newest."""
    issue = factories.issue(db, world.project)
    releases = [factories.release(db, world.project, f"shop@{n}") for n in (1, 2)]
    for number, payload in enumerate(EVENTS):
        columns = {"environment": "production" if number < 4 else "staging"}
        if number < 5:
            columns["release_id"] = releases[number % 2]
        factories.event(
            db, issue, payload, timestamp=f"2026-11-01T10:0{9 - number}:00.000Z",
            event_id=bytes([number] * 16), **columns,
        )  # fmt: skip
    return issue


def found(answer):
    return [int(event["id"][:2], 16) for event in answer["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("tag[browser]=Firefox", [0, 1, 3], id="own and derived"),
        pytest.param("tag[browser]=Chrome", [2], id="a value elsewhere in the event is no tag"),
        pytest.param("tag[browser]=firefox", [], id="case matters, as in the issue list"),
        pytest.param("tag[plan]=grande – „é“", [1], id="any script"),
        pytest.param("tag[browser]=Firefox&tag[plan]=free", [0], id="all of them"),
        pytest.param("tag[handled]=no", [4], id="derived and spelled otherwise"),
        pytest.param("tag[server_name]=web-1", [2], id="the server"),
        pytest.param("tag[transaction]=/cart", [5], id="the transaction"),
        pytest.param("tag[level]=warning", [5], id="the level"),
        pytest.param("environment=production", [0, 1, 2, 3], id="an environment"),
        pytest.param("tag[environment]=staging", [4, 5], id="which is a tag too"),
        pytest.param("release=shop@2", [1, 3], id="a release"),
        pytest.param("release=beyond@1", [5], id="one beyond the cap"),
        pytest.param("release=shop@2&tag[browser]=Firefox&environment=production", [1, 3], id="+"),
        pytest.param("tag[nothing]=here", [], id="nothing"),
    ],
)
def test_what_is_asked_for_is_found(api, issue, query, expected):
    answer = api.get(f"/issues/{issue}/events?{query}").json
    assert found(answer) == expected
    assert (answer["total"], answer["nextCursor"], answer["scanned"]) == (None, None, 6)


def test_pages_go_on_where_the_one_before_has_ended(api, issue):
    first = api.get(f"/issues/{issue}/events?tag[browser]=Firefox&limit=1").json
    assert (found(first), first["scanned"]) == ([0], 1)
    walked, cursor = [], first["nextCursor"]
    while cursor:
        page = api.get(f"/issues/{issue}/events?tag[browser]=Firefox&limit=1&cursor={cursor}").json
        walked, cursor = walked + found(page), page["nextCursor"]
    assert walked == [1, 3]


def test_a_page_looks_at_a_bounded_number_of_events(api, issue, monkeypatch):
    monkeypatch.setattr(event_filter, "MOST_ROWS", 4)
    page = api.get(f"/issues/{issue}/events?tag[handled]=no").json
    assert (found(page), page["scanned"]) == ([], 4)
    page = api.get(f"/issues/{issue}/events?tag[handled]=no&cursor={page['nextCursor']}").json
    assert (found(page), page["scanned"], page["nextCursor"]) == ([4], 2, None)


def test_a_page_unpacks_a_bounded_number_of_bytes(api, issue, monkeypatch):
    monkeypatch.setattr(event_filter, "MOST_COST", 150)
    page = api.get(f"/issues/{issue}/events?tag[plan]=none").json
    assert 0 < page["scanned"] < 6
    assert page["nextCursor"]


def test_lines_are_walked_to_the_end(api, issue, monkeypatch):
    monkeypatch.setattr(event_filter, "MOST_ROWS", 1)
    lines = api.get(
        f"/issues/{issue}/events?tag[browser]=Firefox", headers={"Accept": "application/x-ndjson"}
    ).text.splitlines()
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("tag[browser]=Firefox&page=2", "page: Go on with nextCursor: filtered events have no"),
        ("tag=Firefox", "tag: Must be pairs of key and value, such as tag[browser]=Firefox."),
        ("&".join(f"tag[{n}]=x" for n in range(11)), "tag: Longer than maximum length 10."),
    ],
)
def test_what_cannot_be_answered_is_refused(api, issue, query, says):
    answer = api.get(f"/issues/{issue}/events?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(says)


def test_unfiltered_events_are_not_scanned(api, issue):
    answer = api.get(f"/issues/{issue}/events").json
    assert (answer["total"], answer["scanned"]) == (6, None)


def test_an_event_says_where_it_is(api, issue):
    newest = api.get(f"/issues/{issue}/events/latest").json["data"]
    assert (newest["position"], newest["retained"]) == (6, 6)
    oldest = api.get(f"/events/{newest['previousEventId']}").json["data"]
    assert (oldest["position"], oldest["retained"]) == (5, 6)


@pytest.mark.parametrize("near", [0, 1, 2, 3, 9])
def test_the_place_in_a_large_issue_is_counted_from_either_end(db, world, monkeypatch, near):
    """With what is not kept any more left out, whichever way the place is found."""
    monkeypatch.setattr(events, "NEAR", near)
    made = [rows.event(number, timestamp=f"2026-11-20T1{number}:00:00.000Z") for number in range(5)]
    key = factories.key(db, world.project)
    (version,) = db.execute("SELECT config_version FROM instance").fetchone()
    rows.store(db, Submission(world.project, key, version, rows.AT, events=made))
    (issue_id,) = db.execute("SELECT DISTINCT issue_id FROM events").fetchone()
    db.execute("DELETE FROM events WHERE event_id = ?", (made[0].event_id,))
    db.execute("INSERT INTO issue_evictions VALUES (?, 'age', 1, ?)", (issue_id, rows.AT))
    actor = Actor(world.org, world.owner, "web")
    found = [events.of_issue(db, actor, issue_id, row.event_id) for row in made[1:]]
    assert [(e["position"], e["retained"]) for e in found] == [(n, 4) for n in range(1, 5)]
