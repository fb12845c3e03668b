"""What SDKs send, as the API shows it."""

import json

import pytest


@pytest.fixture
def send(client, db, world):
    key = db.execute(
        "SELECT public_key FROM client_keys WHERE project_id = ?", (world.project,)
    ).fetchone()[0]

    def call(**event):
        raw = json.dumps(event)
        answer = client.post(
            f"/api/{world.project}/envelope/?sentry_key={key}",
            data=f'{{}}\n{{"type":"event"}}\n{raw}',
        )
        assert answer.status_code == 200, answer.text
        return answer.json["id"]

    return call


def error(value, **event):
    frame = {"module": "shop", "function": "pay", "in_app": True}
    exception = {"type": "ValueError", "value": value, "stacktrace": {"frames": [frame]}}
    return {"platform": "python", "exception": {"values": [exception]}} | event


def test_events_of_one_bug_are_one_issue_and_keep_their_own_messages(api, world, send):
    first = send(
        **error("bad value 17", release="shop@1", environment="production", user={"id": 1})
    )
    second = send(**error("bad value 18", release="shop@2", user={"id": 2}, tags={"a": "b"}))
    (issue,) = api.get(f"/projects/{world.project}/issues").json["data"]
    assert {name: issue[name] for name in ("title", "culprit", "type", "substatus")} == {
        "title": "ValueError: bad value 18",
        "culprit": "shop in pay",
        "type": "error",
        "substatus": "new",
    }
    assert (issue["count"], issue["userCount"]) == (2, 2)
    assert (issue["firstRelease"], issue["lastRelease"]) == ("shop@1", "shop@2")
    events = api.get(f"/issues/{issue['id']}/events").json["data"]
    found = [(row["id"], row["message"], row["release"], row["environment"]) for row in events]
    assert found == [
        (second, "ValueError: bad value 18", "shop@2", None),
        (first, "ValueError: bad value 17", "shop@1", "production"),
    ]
    (shown,) = events[0]["exception"]["values"]
    assert (shown["type"], shown["stacktrace"]["frames"][0]["function"]) == ("ValueError", "pay")
    assert (events[0]["tags"], events[0]["user"]["id"]) == ({"a": "b"}, "2")


def test_a_message_is_shown_whole_and_titled_by_its_first_line(api, world, send):
    send(message="one\ntwo", level="info", contexts={"trace": {"trace_id": "a" * 32}})
    (issue,) = api.get(f"/projects/{world.project}/issues?level=info").json["data"]
    (event,) = api.get(f"/issues/{issue['id']}/events").json["data"]
    assert (issue["type"], issue["title"]) == ("default", "one")
    assert (event["message"], event["traceId"], event["exception"]) == ("one\ntwo", "a" * 32, None)


def test_a_resolved_issue_comes_back_with_its_next_event(api, world, send):
    send(**error("x"))
    path = f"/projects/{world.project}/issues"
    (issue,) = api.get(path).json["data"]
    api.patch(f"/issues/{issue['id']}", {"status": "resolved"})
    assert api.get(path).json["data"] == []
    send(**error("x"))
    (again,) = api.get(path).json["data"]
    assert again == issue | {"substatus": "regressed", "count": 2}


def test_text_in_any_script_is_found_in_either_case(api, world, send):
    send(**error("ПРИВЕТ Straße"))
    for text in ("привет", "STRASSE", "SHOP IN PAY"):
        answer = api.get(f"/projects/{world.project}/issues", query_string={"query": text})
        assert answer.json["total"] == 1, text
