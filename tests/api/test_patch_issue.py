import json

import factories
import pytest

from jentry import clock

NOW = clock.timestamp(factories.NOW)


@pytest.fixture
def issue(db, world):
    return factories.issue(db, world.project, event_count=5, status_events=2)


def row(db, issue):
    found = db.execute(
        "SELECT status, substatus, status_at, status_events, assignee_id FROM issues WHERE id = ?",
        (issue,),
    )
    return tuple(found.fetchone())


SUBSTATUS = {"unresolved": "ongoing", "resolved": None, "ignored": "archived_until_escalating"}
ACTIONS = {
    "unresolved": "issue.unresolve",
    "resolved": "issue.resolve",
    "ignored": "issue.ignore",
}


@pytest.mark.parametrize("before", SUBSTATUS)
@pytest.mark.parametrize("after", SUBSTATUS)
def test_a_status_is_set_with_its_substatus_and_audited_when_it_changes(
    api, db, world, audited, before, after
):
    issue = factories.issue(
        db,
        world.project,
        status=before,
        substatus="new" if before == "unresolved" else SUBSTATUS[before],
        first_seen=factories.ago(days=1),
        last_seen=factories.ago(days=1),
        event_count=5,
        status_events=2,
    )
    answer = api.patch(f"/issues/{issue}", {"status": after})
    assert answer.status_code == 200
    assert answer.json == api.get(f"/issues/{issue}").json
    if before == after:
        substatus = "new" if before == "unresolved" else SUBSTATUS[before]
        assert row(db, issue) == (before, substatus, factories.AT, 2, None)
        assert audited() == []
    else:
        assert row(db, issue) == (after, SUBSTATUS[after], NOW, 5, None)
        meta = json.dumps({"via": "api", "token": "test", "from": before})
        assert audited() == [(ACTIONS[after], f"issue:{issue}", world.owner, meta)]


def test_the_audit_row_has_the_time_of_the_change(api, db, issue):
    api.patch(f"/issues/{issue}", {"status": "resolved"})
    assert db.execute("SELECT created_at FROM audit_log").fetchone()[0] == NOW


@pytest.mark.parametrize("whom", ["owner", "member"])
def test_an_issue_is_assigned_and_unassigned(api, db, world, issue, audited, whom):
    user = getattr(world, whom)
    answer = api.patch(f"/issues/{issue}", {"assigneeUserId": user})
    assert answer.json["data"]["assigneeUserId"] == user
    assert api.patch(f"/issues/{issue}", {"assigneeUserId": user}).status_code == 200
    assert row(db, issue) == ("unresolved", "new", factories.AT, 2, user)
    answer = api.patch(f"/issues/{issue}", {"assigneeUserId": None})
    assert answer.json["data"]["assigneeUserId"] is None
    assert api.patch(f"/issues/{issue}", {"assigneeUserId": None}).status_code == 200
    target = f"issue:{issue}"
    to, away = ({"assigneeUserId": a, "from": b} for a, b in [(user, None), (None, user)])
    assert audited() == [
        ("issue.assign", target, world.owner, json.dumps({"via": "api", "token": "test"} | to)),
        ("issue.unassign", target, world.owner, json.dumps({"via": "api", "token": "test"} | away)),
    ]


def test_both_at_once_are_two_entries_of_one_moment(api, db, world, issue, audited):
    body = {"status": "resolved", "assigneeUserId": world.member, "resolvedInNextRelease": True}
    answer = api.patch(f"/issues/{issue}", body)
    assert answer.status_code == 200
    assert row(db, issue) == ("resolved", None, NOW, 5, world.member)
    assert [action for action, *_ in audited()] == ["issue.resolve", "issue.assign"]


def test_the_assignee_survives_a_change_of_status(api, world, issue):
    api.patch(f"/issues/{issue}", {"assigneeUserId": world.member})
    for status in ("resolved", "unresolved", "ignored"):
        answer = api.patch(f"/issues/{issue}", {"status": status})
        assert answer.json["data"]["assigneeUserId"] == world.member


STATUS = "status: Must be one of: unresolved, resolved, ignored."
RANGE = "greater than or equal to 1 and less than or equal to 9007199254740991."
NOTHING = "Nothing to update: send status, assigneeUserId or both."


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, NOTHING),
        ({"colour": "red"}, NOTHING),
        ({"Status": "resolved", "assignee_user_id": 1, "assigneeuserid": 1}, NOTHING),
        ({"status": None}, "status: Field may not be null."),
        ({"status": "all"}, STATUS),
        ({"status": "Resolved"}, STATUS),
        ({"status": "resolved "}, STATUS),
        ({"status": ""}, STATUS),
        ({"status": 1}, "status: Not a valid string."),
        ({"status": ["resolved"]}, "status: Not a valid string."),
        ({"assigneeUserId": True}, "assigneeUserId: Not a valid integer."),
        ({"assigneeUserId": "3"}, "assigneeUserId: Not a valid integer."),
        ({"assigneeUserId": 3.0}, "assigneeUserId: Not a valid integer."),
        ({"assigneeUserId": 3.5}, "assigneeUserId: Not a valid integer."),
        ({"assigneeUserId": {}}, "assigneeUserId: Not a valid integer."),
        ({"assigneeUserId": 0}, f"assigneeUserId: Must be {RANGE}"),
        ({"assigneeUserId": -1}, f"assigneeUserId: Must be {RANGE}"),
        ({"assigneeUserId": 2**53}, f"assigneeUserId: Must be {RANGE}"),
        (
            {"assigneeUserId": 10**6},
            "assigneeUserId: 1000000 is not the id of an active member of this organization.",
        ),
        ({"status": "resolved", "assigneeUserId": "x"}, "assigneeUserId: Not a valid integer."),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else "",
)
def test_bad_values_are_refused_and_change_nothing(api, db, issue, audited, body, error):
    answer = api.patch(f"/issues/{issue}", body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert row(db, issue) == ("unresolved", "new", factories.AT, 2, None)
    assert audited() == []


@pytest.mark.parametrize("who", ["foreign", "deactivated"])
def test_only_active_members_can_be_assigned(api, db, world, issue, audited, who):
    user = world.foreign_user
    if who == "deactivated":
        user = factories.user(db, world.org, deactivated_at=factories.AT)
    answer = api.patch(f"/issues/{issue}", {"status": "resolved", "assigneeUserId": user})
    assert answer.status_code == 400
    assert answer.json == {
        "error": f"assigneeUserId: {user} is not the id of an active member of this organization."
    }
    assert row(db, issue) == ("unresolved", "new", factories.AT, 2, None)
    assert audited() == []


def test_without_its_audit_entry_nothing_is_changed(api, db, world, issue, broken_audit_log):
    answer = api.patch(f"/issues/{issue}", {"status": "resolved", "assigneeUserId": world.member})
    assert answer.status_code == 500
    assert answer.json == {"error": "Internal Server Error: the cause is in the server's log."}
    assert row(db, issue) == ("unresolved", "new", factories.AT, 2, None)


def test_a_token_of_another_organization_cannot_change_it(api, db, world, issue):
    token = factories.token(db, world.foreign_org, world.foreign_user)
    answer = api.patch(
        f"/issues/{issue}",
        {"status": "resolved"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 404
    assert row(db, issue) == ("unresolved", "new", factories.AT, 2, None)
