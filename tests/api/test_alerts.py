"""Alert rules, channels and deliveries by the API."""

import json

import factories
import pytest

from jentry.store import orgs
from jentry.store.connection import transaction

URL = "https://hooks.example.com/s3cret-path?token=abc"


@pytest.fixture
def channel(api):
    return api.post("/alert-channels", {"name": "Ops", "kind": "webhook", "url": URL}).json["data"]


@pytest.fixture
def rule(api, channel):
    wanted = {"name": "New", "conditions": [{"kind": "new_issue"}], "channelIds": [channel["id"]]}
    return api.post("/alert-rules", wanted).json["data"]


def test_an_address_and_a_secret_are_shown_once_and_never_again(api, channel, audited, db):
    assert channel["secret"].startswith("whsec_")
    assert channel["target"] == "https://hooks.example.com/…"
    shown = {name: channel[name] for name in channel if name != "secret"}
    path = f"/alert-channels/{channel['id']}"
    assert api.get(path).json["data"] == shown
    api.post(f"{path}/test")
    answers = [
        api.get("/alert-channels"), api.get(path), api.patch(path, {"name": "Night"}),
        api.get("/alert-deliveries"),
    ]  # fmt: skip
    said = "".join(answer.text for answer in answers) + json.dumps(audited())
    assert "s3cret" not in said
    assert "abc" not in said
    assert channel["secret"] not in said


def test_a_rotation_gives_a_new_secret(api, channel):
    made = api.post(f"/alert-channels/{channel['id']}/rotate")
    assert made.status_code == 201
    assert made.json["data"]["secret"] not in (None, channel["secret"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"kind": "email"}, "name: Missing data for required field."),
        ({"name": "x", "kind": "email"}, "to: Missing data for required field."),
        ({"name": "x", "kind": "webhook"}, "url: Missing data for required field."),
        (
            {"name": "x", "kind": "email", "to": ["nobody"]},
            "to.0: Must be members, assignee or an email address.",
        ),
        ({"name": "x", "kind": "email", "to": []}, "to: Length must be between 1 and 20."),
        (
            {"name": "x", "kind": "email", "to": ["members"], "url": URL},
            "url: A channel of the kind email has none.",
        ),
        (
            {"name": "x", "kind": "webhook", "url": "https://me:pw@hooks.example.com/"},
            "url: Must not contain a user or password.",
        ),
        (
            {"name": "x", "kind": "webhook", "url": "slack://a/b/c"},
            "url: Must be an address that begins with http:// or https://.",
        ),
        (
            {"name": "x", "kind": "apprise", "url": URL},
            "url: Must be an address that is one of apprise's.",
        ),
        (
            {"name": "x", "kind": "apprise", "url": "ntfys://ntfy.sh/x?redirect=yes"},
            "url: Must not have the parameter redirect.",
        ),
        (
            {"name": "x", "kind": "webhook", "url": URL, "digestSeconds": -1},
            "digestSeconds: Must be greater than or equal to 0 and less than or equal to 86400.",
        ),
        (
            {"name": "x", "kind": "webhook", "url": URL,
             "quietHours": {"timezone": "Mars/Base", "from": "22:00", "until": "07:00"}},
            "quietHours.timezone: There is no time zone Mars/Base.",
        ),
    ],
)  # fmt: skip
def test_what_a_channel_must_be(api, body, error):
    answer = api.post("/alert-channels", body)
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize("url", ["syslog://", "exec://x", "file:///etc/passwd", "mailto://a:b@c.d"])
def test_services_that_are_not_offered_are_refused(api, url):
    answer = api.post("/alert-channels", {"name": "x", "kind": "apprise", "url": url})
    assert answer.status_code == 400
    assert answer.json["error"].startswith("url: Must begin with http://, https:// or one of:")


def test_quiet_hours_come_back_as_they_were_sent_and_go_with_null(api, channel):
    path = f"/alert-channels/{channel['id']}"
    hours = {
        "timezone": "Europe/Berlin", "days": ["mon"], "from": "22:00", "until": "07:00",
        "exceptLevels": ["fatal"],
    }  # fmt: skip
    assert api.patch(path, {"quietHours": hours}).json["data"]["quietHours"] == hours
    assert api.patch(path, {"quietHours": None}).json["data"]["quietHours"] is None


def test_a_channel_in_use_is_kept(api, rule, channel):
    path = f"/alert-channels/{channel['id']}"
    answer = api.open("DELETE", path)
    error = {"error": "The rule New tells this channel; change the rule first."}
    assert (answer.status_code, answer.json) == (409, error)
    assert api.open("DELETE", f"/alert-rules/{rule['id']}").status_code == 204
    assert api.open("DELETE", path).status_code == 204
    assert api.get(path).status_code == 404


def test_changes_are_audited_by_the_names_of_members(api, rule, channel, audited, world):
    api.patch(
        f"/alert-channels/{channel['id']}", {"url": "https://other.example.com/", "name": "N"}
    )
    api.patch(f"/alert-rules/{rule['id']}", {"isActive": False, "throttleSeconds": 1800})
    assert [(action, target, json.loads(meta).get("fields")) for action, target, _, meta in
            audited()] == [
        ("channel.create", f"channel:{channel['id']}", None),
        ("rule.create", f"rule:{rule['id']}", None),
        ("channel.update", f"channel:{channel['id']}", ["name", "url"]),
        ("rule.update", f"rule:{rule['id']}", ["isActive"]),
    ]  # fmt: skip


def test_a_rule_comes_back_whole(api, rule, channel, world):
    assert rule == {
        "id": rule["id"], "name": "New", "projectIds": None,
        "conditions": [{"kind": "new_issue"}], "filter": {}, "channelIds": [channel["id"]],
        "throttleSeconds": 1800, "isActive": True, "lastMatchedAt": None,
        "createdAt": "2026-11-20T12:00:00.000Z", "updatedAt": "2026-11-20T12:00:00.000Z",
    }  # fmt: skip
    change = {
        "projectIds": [world.project],
        "conditions": [
            {"kind": "frequency", "moreThan": 100, "windowSeconds": 300, "below": 3},
            {"kind": "crash_free", "below": 99.5, "windowSeconds": 3600},
        ],
        "filter": {"levels": ["fatal"], "tags": {"tenant": ["gold"]}, "environments": ["!qa"]},
    }
    found = api.patch(f"/alert-rules/{rule['id']}", change).json["data"]
    assert found["projectIds"] == [world.project]
    assert found["filter"] == change["filter"]
    assert found["conditions"] == [
        {"kind": "frequency", "moreThan": 100, "windowSeconds": 300},
        {"kind": "crash_free", "below": 99.5, "windowSeconds": 3600, "minSessions": 50},
    ]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, "Nothing to update: send what is to change."),
        ({"conditions": []}, "conditions: Length must be between 1 and 10."),
        (
            {"conditions": [{"kind": "frequency", "moreThan": 1}]},
            "conditions.0.windowSeconds: Missing data for required field.",
        ),
        (
            {"conditions": [{"kind": "crash_free", "below": 9, "windowSeconds": 60}]},
            "conditions.0.windowSeconds: Must be at least 3600 with crash_free.",
        ),
        ({"channelIds": [10**6]}, "channelIds: There is no 1000000 in this organization."),
        ({"filter": {"releases": ["x"] * 21}}, "filter.releases: Longer than maximum length 20."),
    ],
)
def test_what_a_rule_must_be(api, rule, change, error):
    answer = api.patch(f"/alert-rules/{rule['id']}", change)
    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_ids_of_another_organization_in_a_body_are_refused(api, db, world, rule):
    foreign = factories.alert_channel(db, world.foreign_org)
    for change in ({"channelIds": [foreign]}, {"projectIds": [world.foreign_project]}):
        assert api.patch(f"/alert-rules/{rule['id']}", change).status_code == 400


def test_a_test_is_a_delivery_that_waits(api, channel, audited):
    answer = api.post(f"/alert-channels/{channel['id']}/test")
    assert answer.status_code == 202
    found = answer.json["data"]
    assert (found["kind"], found["state"], found["items"]) == ("test", "waiting", [])
    assert api.get(f"/alert-deliveries/{found['id']}").json["data"] == found
    assert audited()[-1][0] == "channel.test"


def test_health_is_a_word_and_figures(api, db, world):
    mail = factories.alert_channel(db, world.org, kind="email", recipients='["members"]', url=None)
    off = factories.alert_channel(db, world.org, is_active=0)
    bad = factories.alert_channel(db, world.org, failures=2, last_error="500 no")
    good = factories.alert_channel(db, world.org, last_sent_at=factories.AT)
    new = factories.alert_channel(db, world.org)
    found = {c["id"]: c["health"]["state"] for c in api.get("/alert-channels").json["data"]}
    assert found == {
        mail: "unconfigured",
        off: "disabled",
        bad: "failing",
        good: "ok",
        new: "unused",
    }


def test_deliveries_are_filtered_and_say_what_they_tell(api, db, world):
    channel, other = (factories.alert_channel(db, world.org) for _ in range(2))
    rule = factories.alert_rule(db, world.org)
    issue = factories.issue(db, world.project)
    alert = factories.insert(
        db, "alerts", org_id=world.org, channel_id=channel, project_id=world.project,
        issue_id=issue, condition="frequency", detail='{"events": 137}', at=factories.AT, batch=1,
    )  # fmt: skip
    db.execute("INSERT INTO alert_origins VALUES (?, ?)", (alert, rule))
    told = factories.delivery(db, world.org, channel, batch=1, state="sent", answer="250 ok")
    failed = factories.delivery(db, world.org, other, error="500")
    factories.delivery(db, world.foreign_org, factories.alert_channel(db, world.foreign_org))

    def ids(**filters):
        answer = api.get("/alert-deliveries", query_string=filters).json
        return [one["id"] for one in answer["data"]], answer["total"]

    assert ids() == ([failed, told], 2)
    assert ids(channelId=channel) == ids(ruleId=rule) == ids(issueId=issue) == ([told], 1)
    assert ids(state="failed") == ([failed], 1)
    assert ids(ruleId=10**6) == ids(channelId=10**6) == ([], 0)
    assert ids(limit=1, page=2) == ([told], 2)
    found = api.get(f"/alert-deliveries/{told}").json["data"]
    assert found["itemCount"] == 1
    assert found["items"] == [
        {"ruleIds": [rule], "condition": "frequency", "projectId": world.project,
         "issueId": issue, "environment": None, "detail": {"events": 137}, "at": factories.AT},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "status"), [("failed", 202), ("waiting", 202), ("sent", 409), ("cancelled", 409)]
)
def test_what_failed_is_tried_again(api, db, world, state, status):
    channel = factories.alert_channel(db, world.org, retry_at="2030-01-01T00:00:00.000Z")
    delivery = factories.delivery(db, world.org, channel, state=state)
    answer = api.post(f"/alert-deliveries/{delivery}/retry")
    assert answer.status_code == status
    if status == 202:
        assert answer.json["data"]["nextAttemptAt"] == "2026-11-20T12:00:00.000Z"
        assert db.execute("SELECT retry_at FROM alert_channels").fetchone()[0] is None


def test_a_new_organization_has_a_rule_and_a_channel(db):
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
    rules = db.execute("SELECT name, conditions, filter FROM alert_rules WHERE org_id = ?",
                       (org["id"],)).fetchall()  # fmt: skip
    channels = db.execute("SELECT name, kind, recipients FROM alert_channels WHERE org_id = ?",
                          (org["id"],)).fetchall()  # fmt: skip
    assert [tuple(row) for row in rules] == [
        ("New and returning errors",
         '[{"kind": "new_issue"}, {"kind": "regressed"}, {"kind": "escalating"}, '
         '{"kind": "recovered"}]',
         '{"levels": ["fatal", "error"]}'),
    ]  # fmt: skip
    assert [tuple(row) for row in channels] == [("Members by mail", "email", '["members"]')]


# Dry run ------------------------------------------------------------------------------------------


def dry(api, *conditions, **wanted):
    body = {"conditions": [{"kind": c} if isinstance(c, str) else c for c in conditions]} | wanted
    return api.post("/alert-rules/dry-run", body).json["data"]


def test_a_rule_is_tried_on_the_past(api, db, world):
    for hours, level in (
        (1, "error"),
        (1, "error"),
        (30, "error"),
        (50, "info"),
        (24 * 40, "error"),
    ):
        at = factories.ago(hours=hours)
        issue = factories.issue(db, world.project, first_seen=at, last_seen=at, level=level)
        factories.event(db, issue, level=level, timestamp=at, environment="production")
    found = dry(api, "new_issue", filter={"levels": ["error"]})
    assert (found["matches"], found["throttled"], found["messages"]) == (3, 0, 2)
    assert [day for day in found["perDay"] if day["matches"]] == [
        {"day": "2026-11-19", "matches": 1, "messages": 1},
        {"day": "2026-11-20", "matches": 2, "messages": 1},
    ]
    assert (found["days"], len(found["perDay"])) == (14, 15)
    assert found["examples"][0]["environment"] == "production"
    assert dry(api, "new_issue", filter={"environments": ["qa"]})["matches"] == 0
    assert dry(api, "new_issue", projectIds=[world.other_project])["matches"] == 0
    users = {"kind": "users", "moreThan": 3}
    assert dry(api, users, "quota")["notes"] == [
        "How many users an issue had at a time in the past is not kept.",
        "When a quota began to drop events is not kept.",
    ]


def test_returns_and_frequencies_are_found_in_the_past(api, db, world):
    issue = factories.issue(db, world.project, first_seen=factories.ago(days=60))
    for minutes in range(60):
        at = factories.ago(minutes=600 - minutes)
        factories.event(db, issue, timestamp=at, received_at=at)
    for hours in (20, 20.1, 3):
        factories.insert(
            db, "issue_returns", issue_id=issue, substatus="regressed", event_id=b"x",
            created_at=factories.ago(hours=hours),
        )  # fmt: skip
    found = dry(api, "regressed")
    assert (found["matches"], found["throttled"], found["messages"]) == (3, 1, 2)
    often = {"kind": "frequency", "moreThan": 9, "windowSeconds": 600}
    found = dry(api, often, throttleSeconds=0)
    assert (found["matches"], found["examples"][0]["condition"]) == (6, "frequency")


def test_a_dry_run_tells_nothing_of_another_organization(api, db, world):
    at = factories.ago(hours=1)
    factories.issue(db, world.foreign_project, first_seen=at, last_seen=at)
    assert dry(api, "new_issue")["matches"] == 0
    answer = api.post(
        "/alert-rules/dry-run",
        {"conditions": [{"kind": "new_issue"}], "projectIds": [world.foreign_project]},
    )
    assert answer.status_code == 400
