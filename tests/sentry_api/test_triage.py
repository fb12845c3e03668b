"""What tools for Sentry make of issues: who did it is known, and it can be undone."""

import json

import factories
import pytest

ONE = "/organizations/acme/issues/{first}/"
BULK = "/projects/acme/shop/issues/"


def state(db, issue_id):
    row = db.execute(
        "SELECT status, substatus, assignee_id FROM issues WHERE id = ?", (issue_id,)
    ).fetchone()
    return tuple(row)


@pytest.mark.parametrize(
    ("sent", "status", "substatus"),
    [
        ({"status": "resolved"}, "resolved", None),
        ({"status": "muted", "snoozeDuration": None}, "ignored", "archived_until_escalating"),
        ({"status": "ignored", "substatus": "archived_forever"}, "ignored", "archived_forever"),
        ({"status": "ignored", "substatus": "archived_until_escalating"}, "ignored",
         "archived_until_escalating"),
        ({"status": "ignored", "substatus": "archived_until_condition_met", "ignoreDuration": 60},
         "ignored", "archived_until_condition_met"),
        ({"status": "ignored", "statusDetails": {"ignoreCount": 10, "ignoreWindow": 60}}, "ignored",
         "archived_until_condition_met"),
        ({"status": "unresolved"}, "unresolved", "ongoing"),
        ({"hasSeen": True, "isBookmarked": True, "priority": "high", "inbox": False}, "unresolved",
         "ongoing"),
        ({}, "unresolved", "ongoing"),
    ],
)  # fmt: skip
def test_a_status_is_set(world, sent, status, substatus):
    answer = world.put(ONE.format(first=world.first), sent)
    assert (answer.status_code, answer.json["status"]) == (200, status)
    assert answer.json["substatus"] == substatus


def test_what_an_issue_waits_for_is_answered(world, db):
    factories.release(db, world.project, "shop@1")
    commit = {"commit": "1f2e3d4", "repository": "acme/shop"}
    met, users = "archived_until_condition_met", {"ignoreUserCount": 9, "ignoreUserWindow": 5}
    for sent, status, details in (
        ({"status": "resolvedInNextRelease"}, "resolved", {"inNextRelease": True}),
        (
            {"status": "resolved", "statusDetails": {"inRelease": "shop@1"}},
            "resolved",
            {"inRelease": "shop@1"},
        ),
        (
            {"status": "resolved", "statusDetails": {"inCommit": commit}},
            "resolved",
            {"inCommit": {"id": "1f2e3d4", "commit": "1f2e3d4"}},
        ),
        (
            {"status": "ignored", "statusDetails": {"ignoreCount": 3, "ignoreWindow": 60}},
            "ignored",
            {"ignoreCount": 3, "ignoreWindow": 60},
        ),
        ({"status": "ignored", "substatus": met} | users, "ignored", users),
    ):
        answer = world.put(ONE.format(first=world.first), sent)
        assert (answer.json["status"], answer.json["statusDetails"]) == (status, details)


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        ({"status": "fixed"}, "status: Must be one of: resolved"),
        ({"status": "resolved", "statusDetails": {"inRelease": "no@1"}}, "has no release no@1"),
        ({"status": "resolvedInNextRelease"}, "has no release yet"),
        ({"status": "ignored", "ignoreDuration": "long"}, "ignoreDuration"),
        ({"assignedTo": "team:4"}, "not to teams"),
        ({"assignedTo": "user:999"}, "no member of this organization"),
        ({"assignedTo": "stranger@elsewhere.test"}, "no member of this organization"),
        ({"status": "resolved", "statusDetails": {"inCommit": {}}}, "statusDetails.inCommit"),
        ({"status": "ignored", "ignoreWindow": 60}, "Goes with ignoreCount"),
    ],
)
def test_what_cannot_be_is_told_in_words(world, db, sent, detail):
    before = state(db, world.first)
    answer = world.put(ONE.format(first=world.first), sent)
    assert answer.status_code == 400
    assert list(answer.json) == ["detail"]
    assert detail in answer.json["detail"]
    assert state(db, world.first) == before


def test_an_assignee_is_named_as_clients_do(world, db):
    (email,) = db.execute("SELECT email FROM users WHERE id = ?", (world.person,)).fetchone()
    address = ONE.format(first=world.first)
    (owner,) = db.execute("SELECT user_id FROM api_tokens").fetchone()
    names = (f"user:{world.person}", world.person, str(world.person), email, email.upper())
    for named, whom in [*((name, world.person) for name in names), ("me", owner), ("", None)]:
        answer = world.put(address, {"assignedTo": named})
        shown = answer.json["assignedTo"]
        assert (shown and int(shown["id"])) == whom, named
        world.put(address, {"assignedTo": ""})


def test_who_did_it_is_audited_and_it_can_be_undone(world, db):
    answer = world.put(
        ONE.format(first=world.first),
        {"status": "resolved"},
        headers={"User-Agent": "sentry-mcp/0.39.0 (linux; x64) <script>"},
    )
    (meta,) = db.execute(
        "SELECT meta FROM audit_log WHERE action = 'issue.resolve' AND target = ?",
        (f"issue:{world.first}",),
    ).fetchone()
    held = json.loads(meta)
    assert (held["via"], held["token"], held["client"]) == ("api", "test", "sentry-mcp/0.39.0")
    operation = answer.headers["X-Operation-Id"]
    undone = world.client.post(
        f"/api/v1/operations/{operation}/undo", headers={"Authorization": f"Bearer {world.token}"}
    )
    assert undone.status_code == 200
    assert state(db, world.first)[0] == "unresolved"


@pytest.mark.parametrize(
    ("address", "resolved"),
    [
        pytest.param("{b}?id={first}&id={fourth}", {"first", "fourth"}, id="by ids"),
        pytest.param("{b}?id={first}&id={third}&id={fifth}&id=x", {"first"}, id="of the project"),
        pytest.param("{b}", {"first", "fourth"}, id="all of a project"),
        pytest.param("{b}?status=muted", {"fourth"}, id="by status"),
        pytest.param("{b}?query=is:ignored", {"fourth"}, id="by query"),
        pytest.param("{b}?query=KeyError", {"first"}, id="the unresolved ones of a query"),
        pytest.param("{o}?id=SHOP-{first}&id={third}&id={fifth}", {"first", "third"}, id="of org"),
        pytest.param("{o}?project=web-app&status=unresolved", {"third"}, id="by project"),
    ],
)
def test_many_are_changed(world, db, address, resolved):
    names = ("first", "second", "third", "fourth", "fifth")
    ids = {name: getattr(world, name) for name in names}
    places = {"b": BULK, "o": "/organizations/acme/issues/"}
    answer = world.put(address.format(**places, **ids), {"status": "resolved"})
    assert (answer.status_code, answer.json) == (200, {"status": "resolved", "statusDetails": {}})
    after = {name for name in names if state(db, ids[name])[0] == "resolved"}
    assert after - {"second"} == resolved


@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("/organizations/acme/issues/", 400, id="not all of an organization"),
        pytest.param(f"{BULK}?id=777777", 204, id="none"),
        pytest.param(f"{BULK}?query=is:nonsense", 400, id="a wrong query"),
        pytest.param(f"{BULK}?query=nosuchfield:x status:y", 400, id="an unknown name"),
        pytest.param(f"{BULK}?status=fixed", 400, id="a wrong status"),
    ],
)
def test_nothing_is_changed_by_mistake(world, db, address, status):
    assert world.put(address, {"status": "resolved"}).status_code == status
    count = "SELECT count(*) FROM audit_log WHERE action = 'issue.resolve'"
    assert db.execute(count).fetchone()[0] == 0


def test_a_note_is_a_comment(world):
    address = f"/organizations/acme/issues/{world.first}/"
    made = world.post(f"{address}notes/", {"text": "Fixed by #12"})
    assert (made.status_code, made.json["data"]) == (201, {"text": "Fixed by #12"})
    listed = world.get(f"{address}notes/").json
    assert [note["data"]["text"] for note in listed] == ["Fixed by #12", "seen"]
    assert world.get(f"/issues/{world.first}/comments/").json == listed
    acts = world.get(f"{address}activities/").json["activity"]
    assert [act["type"] for act in acts] == ["note", "note", "first_seen"]
    assert world.post(f"{address}notes/", {"text": " "}).status_code == 400


def test_deletion_is_not_offered(world):
    for path in (f"/issues/{world.first}/", "/projects/acme/shop/"):
        answer = world.delete(path)
        assert (answer.status_code, list(answer.json)) == (405, ["detail"])
