"""Events by Sentry's API: whatever an SDK sent, clients read the same members."""

import factories
import pytest
from factories import ago
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples
from sentry_members import EVENT, check_one

from jentry.sentry_api import event_shapes

FRAME = {
    "filename": "shop/pay.py", "function": "pay", "lineno": 12, "in_app": True,
    "pre_context": ["a", "b"], "context_line": "raise", "post_context": ["c"],
    "vars": {"amount": "5"},
}  # fmt: skip
PAYLOAD = {
    "exception": {"values": [{
        "type": "KeyError", "value": "'a'", "mechanism": {"type": "flask", "handled": False},
        "stacktrace": {"frames": [{"function": "main", "in_app": False}, FRAME]},
    }]},
    "breadcrumbs": {"values": [{"timestamp": 1, "message": "clicked", "data": {"x": 1}}]},
    "request": {"url": "https://x.test/", "query_string": "a=1&b=", "headers": [["A", "b"]]},
    "tags": {"country": "lv", "n": 5},
    "user": {"id": 7, "email": "k@x.test"},
    "contexts": {"os": {"name": "Linux"}, "odd": "no object"},
    "release": "shop@1",
}  # fmt: skip


@pytest.fixture
def event(world, db):
    """The newest of three."""
    for number, day in enumerate((3, 2, 1)):
        name = bytes.fromhex(EVENT[:-1] + str(number))
        at = ago(days=day)
        factories.event(db, world.first, PAYLOAD, event_id=name, timestamp=at, received_at=at)
    return EVENT[:-1] + "2"


def test_an_event_is_whole(world, event):
    shown = world.get(f"/organizations/acme/issues/{world.first}/events/latest/").json
    assert (shown["id"], shown["previousEventID"]) == (event, EVENT[:-1] + "1")
    kinds = {entry["type"]: entry["data"] for entry in shown["entries"]}
    assert list(kinds) == ["exception", "breadcrumbs", "request"]
    (error,) = kinds["exception"]["values"]
    assert error["mechanism"] == {"type": "flask", "handled": False}
    frame = error["stacktrace"]["frames"][-1]
    assert frame["context"] == [[10, "a"], [11, "b"], [12, "raise"], [13, "c"]]
    assert (frame["lineNo"], frame["inApp"], frame["vars"]) == (12, True, {"amount": "5"})
    assert kinds["request"]["query"] == [["a", "1"], ["b", ""]]
    assert kinds["request"]["headers"] == [["A", "b"]]
    assert shown["contexts"] == {"os": {"type": "os", "name": "Linux"}}
    assert {"key": "country", "value": "lv"} in shown["tags"]
    assert {"key": "n", "value": "5"} in shown["tags"]
    assert shown["user"]["id"] == "7"
    assert shown["release"]["shortVersion"] == "1"


def test_an_event_is_found_at_each_of_its_addresses(world, event):
    whole = world.get(f"/issues/{world.first}/events/latest/").json
    for path in (
        f"/issues/{world.first}/events/recommended/",
        f"/issues/{world.first}/events/{event}/",
        f"/issues/{world.first}/events/{event.upper()}/",
        f"/projects/acme/shop/events/{event}/",
        f"/projects/acme/shop/issues/SHOP-{world.first}/events/{event}/",
    ):
        assert world.get(path).json == whole
    found = world.get(f"/organizations/acme/eventids/{event}/").json
    assert (found["projectSlug"], found["groupId"]) == ("shop", str(world.first))
    oldest = world.get(f"/issues/{world.first}/events/oldest/").json
    assert oldest["id"] == EVENT[:-1] + "0"


@pytest.mark.parametrize(
    "path",
    [
        "/projects/acme/web-app/events/{event}/",
        "/projects/acme/shop/events/nothing/",
        "/issues/{third}/events/{event}/",
        "/organizations/acme/eventids/{none}/",
    ],
)
def test_an_event_that_is_not_there(world, event, path):
    named = path.format(event=event, second=world.second, third=world.third, none="f" * 32)
    answer = world.get(named)
    assert (answer.status_code, list(answer.json)) == (404, ["detail"])


@pytest.mark.parametrize("name", ["latest", "oldest", "recommended"])
def test_an_issue_whose_events_are_gone_has_one_that_says_so(world, name):
    shown = world.get(f"/issues/{world.second}/events/{name}/").json
    assert (shown["id"], shown["groupID"], shown["title"]) == ("0" * 32, str(world.second), "Boom")
    assert (shown["message"], shown["entries"]) == (
        "The events of this issue are no longer kept.", [],
    )  # fmt: skip
    assert shown["dateCreated"] == world.get(f"/issues/{world.second}/").json["lastSeen"]
    for known in world.get(f"/issues/{world.second}/hashes/").json:
        assert known["latestEvent"]["id"] == shown["id"]


def test_lists_are_lean_unless_whole_ones_are_asked_for(world, event):
    for path in (f"/issues/{world.first}/events/", "/projects/acme/shop/events/"):
        lean, whole = world.get(path).json, world.get(f"{path}?full=true").json
        assert [row["id"] for row in lean] == [EVENT[:-1] + number for number in "210"]
        assert {(len(row["entries"]), row["release"]) for row in lean} == {(0, None)}
        assert {len(row["entries"]) for row in whole} == {3}


@pytest.mark.parametrize("path", ["/issues/{first}/events/", "/projects/acme/shop/events/"])
def test_events_are_walked_by_the_link_header(world, event, path):
    seen, cursor = [], ""
    for _ in range(4):
        answer = world.get(f"{path.format(first=world.first)}?per_page=1&cursor={cursor}")
        seen += [row["id"][-1] for row in answer.json]
        after = answer.headers["Link"].split(", ")[1]
        cursor = after.split('cursor="')[1].rstrip('"')
        if 'results="false"' in after:
            break
    assert seen == ["2", "1", "0"]


def test_events_of_an_issue_are_searched(world, event):
    path = f"/issues/{world.first}/events/"
    assert len(world.get(f"{path}?query=level:error&statsPeriod=36h").json) == 1
    assert len(world.get(f"{path}?query=level:info").json) == 0
    assert world.get(f"{path}?query=is:unresolved").status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*FRAME, "values", "frames", "type", "value", "name"]), inner,
                      max_size=3),
    max_leaves=12,
)  # fmt: skip
SENT = ("exception", "stacktrace", "threads", "breadcrumbs", "request", "user", "contexts", "extra",
        "modules", "sdk", "logentry", "errors", "dist", "transaction")  # fmt: skip


@given(st.dictionaries(st.sampled_from(SENT), JSON))
@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
def test_no_client_meets_what_it_does_not_survive(sent):
    """Whatever stands in a stored event."""
    row = dict.fromkeys(SENT) | {
        "id": EVENT, "issue_id": 1, "project_id": 1, "message": "m", "type": "error",
        "platform": "python", "culprit": "", "timestamp": factories.AT, "received_at": factories.AT,
        "environment": None, "level": "error", "release": None, "tags": {}, "errors": [],
    }  # fmt: skip
    check_one("event", event_shapes.event(row | sent, full=True))
