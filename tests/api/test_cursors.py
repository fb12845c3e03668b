"""Lists are walked by cursors, whatever arrives in between."""

import base64
import json
import re
from urllib.parse import quote

import factories
import pytest
from factories import ago
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.vocabulary import SORTS

NO_CURSOR = "cursor: This is no cursor of this list in this order; begin again without it."
few_examples = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def walk(api, path, between=lambda: None):
    """All rows, page after page; `between` is called between two of them."""
    rows, cursor, first = [], None, True
    while first or cursor is not None:
        first = False
        place = f"{'&' if '?' in path else '?'}cursor={cursor}" if cursor else ""
        answer = api.get(path + place)
        assert answer.status_code == 200, answer.json
        rows += answer.json["data"]
        assert len(rows) < 200, "it does not end"
        cursor = answer.json["nextCursor"]
        between()
    return rows


@given(
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 6),
    values=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=15),
    arriving=st.lists(st.integers(0, 3), max_size=6),
    everywhere=st.booleans(),
)
@few_examples
def test_each_issue_is_met_once_whatever_the_ties_and_whatever_arrives(
    api, db, world, sort, limit, values, arriving, everywhere
):
    db.execute("DELETE FROM issues")
    arriving = list(arriving)

    def make(value, project):
        day = f"2026-01-0{value + 1}T00:00:00.000Z"
        return factories.issue(
            db, project, first_seen=day, last_seen=day, event_count=value, user_count=value
        )

    def arrive():
        if arriving:
            make(arriving.pop(), world.project)

    old = [
        make(value, world.other_project if elsewhere and everywhere else world.project)
        for value, elsewhere in values
    ]
    path = "/issues" if everywhere else f"/projects/{world.project}/issues"
    rows = walk(api, f"{path}?sort={sort}&limit={limit}", arrive)
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert set(old) <= set(ids)
    name = {"events": "count", "users": "userCount"}.get(sort, "lastSeen")
    keys = [(row[name], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)


@given(
    limit=st.integers(1, 4),
    days=st.lists(st.integers(0, 2), max_size=10),
    arriving=st.lists(st.integers(0, 3), max_size=4),
)
@few_examples
def test_so_are_events_releases_comments_and_audit_entries(api, db, world, limit, days, arriving):
    for table in ("events", "releases", "audit_log", "comments"):
        db.execute(f"DELETE FROM {table}")
    issue = factories.issue(db, world.project)
    makers = {
        f"/issues/{issue}/events": lambda day: factories.event(db, issue, timestamp=ago(days=day)),
        f"/projects/{world.project}/releases": lambda day: factories.release(
            db, world.project, sorted_at=ago(days=day)
        ),
        f"/issues/{issue}/comments": lambda day: factories.insert(
            db, "comments", issue_id=issue, text="x", created_at=ago(days=day)
        ),
        "/audit": lambda day: factories.audit(db, world.org),
    }
    names = {"events": "id", "releases": "release", "comments": "id", "audit": "id"}
    for path, make in makers.items():
        for day in days:
            make(day)
        coming = list(arriving)
        name = names[path.rpartition("/")[2]]
        before = [row[name] for row in api.get(f"{path}?limit=100").json["data"]]
        rows = walk(api, f"{path}?limit={limit}", lambda c=coming, m=make: c and m(c.pop()))
        met = [row[name] for row in rows]
        assert len(set(met)) == len(met), path
        assert [one for one in met if one in before] == before, path


def test_the_next_page_is_a_cursor_and_a_link(api, db, world):
    factories.issues(db, world.project, [{}] * 3)
    path = f"/projects/{world.project}/issues?limit=2&sort=events&query=bad&page=1&tag%5Ba%5D=b+c"
    assert "Link" not in api.get(path).headers
    path = path.partition("&tag")[0]
    answer = api.get(path)
    assert [row["id"] for row in answer.json["data"]] == [3, 2]
    cursor = answer.json["nextCursor"]
    link = f"http://jentry.test/api/v1/projects/{world.project}/issues?limit=2&sort=events"
    assert answer.headers["Link"] == f'<{link}&query=bad&cursor={cursor}>; rel="next"'
    following = api.get(answer.headers["Link"][1:].partition(">")[0].partition("/api/v1")[2])
    assert "Link" not in following.headers
    assert following.json == {
        "data": api.get("/issues?page=2&limit=2&sort=events").json["data"],
        "page": None,
        "pageSize": 2,
        "total": None,
        "nextCursor": None,
    }


def test_a_page_after_the_first_leads_on_too(api, db, world):
    factories.issues(db, world.project, [{}] * 5)
    second = api.get("/issues?limit=2&page=2").json
    third = api.get(f"/issues?limit=2&cursor={second['nextCursor']}").json
    assert [row["id"] for row in second["data"] + third["data"]] == [3, 2, 1]


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="too short"),
        pytest.param("1", id="a number"),
        pytest.param("%%%", id="no base64"),
        pytest.param("%C3%A4", id="not ASCII"),
        pytest.param("A" * 10_000, id="long"),
        pytest.param(encoded(b"\xff\xfe"), id="no text"),
        pytest.param(encoded(b"[" * 90), id="cut JSON"),
        pytest.param(encoded(7), id="no list"),
        pytest.param(encoded(["events", 1]), id="too few"),
        pytest.param(encoded(["events", 1, 1, 1]), id="too many"),
        pytest.param(encoded(["users", 1, 1]), id="of another order"),
        pytest.param(encoded(["comments", ago(), 1]), id="of another list"),
        pytest.param(encoded(["events", ago(), 1]), id="a time for a number"),
        pytest.param(encoded(["events", True, 1]), id="true for a number"),
        pytest.param(encoded(["events", 1.5, 1]), id="a fraction"),
        pytest.param(encoded(["events", 2**63, 1]), id="too large"),
        pytest.param(encoded(["events", 1, -1]), id="negative id"),
        pytest.param(encoded(["events", 1, "1"]), id="text for an id"),
        pytest.param(encoded(["events", None, None]), id="null"),
        pytest.param(encoded([["events"], 1, 1]), id="no name"),
        pytest.param(encoded({"events": 1, "a": 2, "b": 3}), id="an object"),
    ],
)
def test_what_is_no_cursor_of_the_list_is_refused(api, world, cursor):
    for path in (f"/projects/{world.project}/issues?sort=events", "/issues?sort=events"):
        answer = api.get(f"{path}&cursor={cursor}")
        assert (answer.status_code, answer.json) == (400, {"error": NO_CURSOR})


@pytest.mark.parametrize("time", ["2026-01-01", "x", "", "\ud800", "2026-01-01T00:00:00Z"])
def test_times_in_a_cursor_are_spelled_as_stored(api, time):
    answer = api.get(f"/issues?cursor={encoded(['last_seen', time, 1])}")
    assert (answer.status_code, answer.json) == (400, {"error": NO_CURSOR})


def test_a_cursor_or_a_page_but_not_both(api, db, world):
    factories.issues(db, world.project, [{}] * 2)
    cursor = api.get("/issues?limit=1").json["nextCursor"]
    answer = api.get(f"/issues?limit=1&page=1&cursor={cursor}")
    error = "cursor: Send a cursor or a page, not both."
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize("version", ["版本1", "😀", "größe", "a b>c", 'x"y', "a%2Fb"])
def test_a_link_is_ascii_and_leads_on(api, world, version):
    body = {"version": version, "deploys": [{"environment": "a"}, {"environment": "b"}]}
    assert api.post(f"/projects/{world.project}/releases", body).status_code == 201
    answer = api.get(
        f"/projects/{world.project}/releases/{quote(version, safe='')}/deploys?limit=1"
    )
    link = answer.headers["Link"]
    assert link.isascii()
    address = re.fullmatch(r'<([^<>"]+)>; rel="next"', link)[1]
    following = api.get(address.partition("/api/v1")[2]).json
    assert [deploy["environment"] for deploy in following["data"]] == ["a"]
