import json

import factories
import pytest
from factories import ago

from jentry import clock
from jentry.store import bulk

NOW = clock.timestamp(factories.NOW)


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/issues"


@pytest.fixture
def patched(api, path):
    """What a body brings about: the answer's data."""

    def call(body):
        answer = api.patch(path, body)
        assert answer.status_code == 200, answer.json
        return answer.json["data"]

    return call


OLD = {"first_seen": ago(days=9), "last_seen": ago(days=9), "status_at": ago(days=8)}


@pytest.fixture
def three(db, world):
    """Unresolved and new, ignored, resolved; of another project and organization one each."""
    rows = [
        {"event_count": 5},
        {"status": "ignored", "substatus": "archived_until_escalating", "level": "fatal"},
        {"status": "resolved", "event_count": 7, "status_events": 6},
    ]
    found = factories.issues(db, world.project, [OLD | row for row in rows])
    factories.issue(db, world.other_project)
    factories.issue(db, world.foreign_project)
    return found


def test_the_issues_chosen_are_changed_and_each_has_its_audit_row(
    patched, world, three, states, audited
):
    others = states()[3:]
    answer = patched({"ids": three, "status": "resolved"})
    assert answer == {"operationId": 1, "matched": 3, "changed": 2, "dryRun": False}
    assert states() == [
        ("resolved", None, NOW, 5, None),
        ("resolved", None, NOW, 1, None),
        ("resolved", None, OLD["status_at"], 6, None),
        *others,
    ]
    assert audited() == [
        (
            "issue.resolve",
            f"issue:{issue}",
            world.owner,
            json.dumps({"via": "api", "token": "test", "from": before, "operationId": 1}),
        )
        for issue, before in zip(three, ["unresolved", "ignored"], strict=False)
    ]


def test_status_and_assignee_are_two_audit_rows(patched, world, three, audited):
    patched({"ids": three[:2], "status": "ignored", "assigneeUserId": world.member})
    assert [(action, target) for action, target, _, _ in audited()] == [
        ("issue.ignore", f"issue:{three[0]}"),
        ("issue.assign", f"issue:{three[0]}"),
        ("issue.assign", f"issue:{three[1]}"),
    ]


@pytest.mark.parametrize(
    ("chosen", "matched"),
    [
        pytest.param({}, 1, id="unresolved ones unless told otherwise"),
        pytest.param({"status": "all"}, 3, id="all"),
        pytest.param({"status": "all", "level": "fatal"}, 1, id="a level"),
        pytest.param({"status": "all", "period": "7d"}, 0, id="a period"),
        pytest.param({"status": "all", "since": ago(days=9)}, 3, id="a time"),
        pytest.param({"status": "all", "query": "nothing"}, 0, id="a text"),
        pytest.param({"status": "all", "environment": "x"}, 0, id="an environment"),
        pytest.param({"status": "all", "release": "x"}, 0, id="a release"),
        pytest.param({"status": "all", "tag": {"a": "b"}}, 0, id="a tag"),
        pytest.param({"status": "all", "tag[a]": "b"}, 0, id="a tag as in an address"),
        pytest.param({"status": "all", "assignee": 1}, 0, id="an assignee"),
        pytest.param({"status": "all", "assignee": "none"}, 3, id="nobody"),
    ],
)
def test_a_filter_chooses_what_the_list_shows(api, path, patched, three, states, chosen, matched):
    before = states()
    body = {"filter": chosen, "status": "ignored", "dryRun": True}
    answer = patched(body)
    assert answer["matched"] == matched
    assert (answer["operationId"], answer["dryRun"]) == (None, True)
    assert states() == before
    done = patched(body | {"dryRun": False})
    assert (done["matched"], done["changed"]) == (matched, answer["changed"])


def test_what_is_so_already_is_no_operation(patched, db, three, states, audited):
    before = states()
    answer = patched({"ids": [three[2], three[2]], "status": "resolved", "assigneeUserId": None})
    assert answer == {"operationId": None, "matched": 1, "changed": 0, "dryRun": False}
    assert states() == before
    assert audited() == []
    assert db.execute("SELECT count(*) FROM operations").fetchone()[0] == 0


WHICH = "Send either ids or a filter: which issues to change."
WHAT = "Nothing to update: send status, assigneeUserId or both."
MEMBER = "assigneeUserId: {} is not the id of an active member of this organization."


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({"status": "resolved"}, WHICH, id="neither"),
        pytest.param({"ids": [1], "filter": {}, "status": "resolved"}, WHICH, id="both"),
        pytest.param({"ids": [1]}, WHAT, id="no change"),
        pytest.param({"ids": [], "status": "resolved"}, "ids: Length must be between", id="none"),
        pytest.param(
            {"ids": list(range(1, 1002)), "status": "resolved"},
            "ids: Length must be between 1 and 1000.",
            id="1,001",
        ),
        pytest.param({"ids": [True], "status": "resolved"}, "ids.0: Not a valid int", id="bool"),
        pytest.param({"ids": ["1"], "status": "resolved"}, "ids.0: Not a valid int", id="text"),
        pytest.param({"ids": [2**53], "status": "resolved"}, "ids.0: Must be", id="too large"),
        pytest.param(
            {"filter": {"enviroment": "x"}, "status": "resolved"},
            "filter.enviroment: Unknown field.",
            id="a mistyped filter selects nothing instead of all",
        ),
        pytest.param(
            {"filter": {}, "status": "resolved", "dryrun": True},
            "dryrun: Unknown field.",
            id="a mistyped dryRun changes nothing",
        ),
        pytest.param(
            {"filter": [], "status": "resolved"}, "filter: Invalid input type.", id="no filter"
        ),
        pytest.param(
            {"filter": {"status": "x"}, "status": "resolved"}, "filter.status: Must be", id="word"
        ),
        pytest.param({"filter": {}, "status": "new"}, "status: Must be one of", id="status"),
        pytest.param({"filter": {}, "status": "resolved", "dryRun": 1}, "dryRun: Not", id="1"),
        pytest.param({"filter": {}, "assigneeUserId": 99}, MEMBER.format(99), id="no member"),
    ],
)
def test_bad_bodies_are_refused_and_change_nothing(api, path, three, states, body, error):
    before = states()
    for dry_run in ({}, {"dryRun": True}):
        answer = api.patch(path, dry_run | body)
        assert answer.status_code == 400
        assert answer.json["error"].startswith(error)
    assert states() == before


def test_ids_of_other_projects_are_refused(api, path, three, states):
    before = states()
    for other in (three[2] + 1, three[2] + 2, 10**6):
        answer = api.patch(path, {"ids": [*three, other], "status": "ignored"})
        error = f"ids: {other} is not the id of an issue of this project."
        assert (answer.status_code, answer.json) == (400, {"error": error})
    assert states() == before


def test_too_many_at_once_are_refused(api, path, three, states, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 2)
    before = states()
    answer = api.patch(path, {"filter": {"status": "all"}, "status": "ignored"})
    error = "filter: It fits more than 2 issues; narrow it."
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert states() == before


def test_all_or_nothing(api, path, three, states, db, broken_audit_log):
    before = states()
    assert api.patch(path, {"ids": three, "status": "ignored"}).status_code == 500
    assert states() == before
    assert db.execute("SELECT count(*) FROM operations").fetchone()[0] == 0


def test_an_operation_is_shown_whole(api, world, patched, three):
    patched({"ids": three, "status": "ignored", "assigneeUserId": world.member})
    patched({"ids": three[:1], "assigneeUserId": None})
    expected = {
        "id": 1,
        "projectId": world.project,
        "userId": world.owner,
        "change": {"status": "ignored", "assigneeUserId": world.member},
        "matched": 3,
        "changed": 3,
        "createdAt": NOW,
        "undoableUntil": ago(days=-30),
        "undoneAt": None,
        "undoneBy": None,
        "restored": None,
        "skipped": None,
    }
    assert api.get("/operations/1").json == {"data": expected}
    second = api.get("/operations/2").json["data"]
    assert second["change"] == {"assigneeUserId": None}
    undone = api.post("/operations/2/undo").json["data"]
    assert undone == second | {
        "undoneAt": NOW,
        "undoneBy": world.owner,
        "restored": 1,
        "skipped": 0,
    }
    assert api.get("/operations/2").json["data"] == undone


def test_undoing_puts_everything_back_and_audits_it(api, world, patched, three, states, audited):
    before = states()
    patched({"ids": three, "status": "ignored", "assigneeUserId": world.member})
    done = len(audited())
    assert api.post("/operations/1/undo").json["data"]["restored"] == 3
    assert states() == before
    via = {"via": "api", "token": "test"}
    undo = {"operationId": 1, "undo": True}

    def unassigned(issue):
        meta = via | {"assigneeUserId": None, "from": world.member} | undo
        return ("issue.unassign", f"issue:{issue}", world.owner, json.dumps(meta))

    def reset(action, issue):
        meta = via | {"from": "ignored"} | undo
        return (action, f"issue:{issue}", world.owner, json.dumps(meta))

    assert audited()[done:] == [
        reset("issue.unresolve", three[0]),
        unassigned(three[0]),
        unassigned(three[1]),
        reset("issue.resolve", three[2]),
        unassigned(three[2]),
    ]


@pytest.mark.parametrize(
    ("change", "body", "restored"),
    [
        pytest.param("status = 'unresolved', substatus = 'regressed'", {}, 1, id="regressed"),
        pytest.param("status_at = '2026-12-01T00:00:00.000Z'", {}, 1, id="and back again"),
        pytest.param("assignee_id = 1", {}, 2, id="another trait was changed"),
        pytest.param("event_count = 99, title = 'x'", {}, 2, id="events came"),
        pytest.param("assignee_id = 1", {"assigneeUserId": 2}, 1, id="assigned to another"),
        pytest.param("assignee_id = NULL", {"assigneeUserId": 2}, 1, id="unassigned"),
    ],
)
def test_what_has_changed_since_is_left_alone(
    api, db, patched, three, states, audited, change, body, restored
):
    patched({"ids": three[:2], "status": "resolved"} | body)
    db.execute(f"UPDATE issues SET {change} WHERE id = ?", (three[0],))
    changed, done = states()[0], len(audited())
    found = api.post("/operations/1/undo").json["data"]
    assert (found["restored"], found["skipped"]) == (restored, 2 - restored)
    if restored == 1:
        assert states()[0] == changed
        assert {target for _, target, _, _ in audited()[done:]} == {f"issue:{three[1]}"}
    assert states()[1][:3] == ("ignored", "archived_until_escalating", OLD["status_at"])


def test_operations_are_undone_one_after_the_other(api, patched, three, states, monkeypatch):
    before = states()
    patched({"ids": three, "status": "resolved"})
    monkeypatch.setattr(clock, "now", lambda: clock.parse(ago(minutes=-5)))
    patched({"ids": three, "status": "ignored"})
    for operation, restored in ((2, 3), (1, 2)):
        found = api.post(f"/operations/{operation}/undo").json["data"]
        assert (found["restored"], found["skipped"]) == (restored, 0)
    assert states() == before


def test_nobody_is_given_an_issue_back_who_is_gone(api, db, world, patched, three, states):
    db.execute("UPDATE issues SET assignee_id = ? WHERE id = ?", (world.member, three[0]))
    patched({"ids": three[:1], "assigneeUserId": None})
    db.execute("UPDATE users SET deactivated_at = ? WHERE id = ?", (NOW, world.member))
    found = api.post("/operations/1/undo").json["data"]
    assert (found["restored"], found["skipped"]) == (0, 1)
    assert states()[0][4] is None


def test_an_operation_is_undone_once(api, patched, three, states, audited):
    patched({"ids": three, "status": "resolved"})
    api.post("/operations/1/undo")
    before = (states(), audited())
    answer = api.post("/operations/1/undo")
    error = f"Operation 1 was already undone at {NOW}."
    assert (answer.status_code, answer.json) == (409, {"error": error})
    assert (states(), audited()) == before


@pytest.mark.parametrize(
    ("made", "status"),
    [
        pytest.param(ago(days=30), 409, id="30 days later"),
        pytest.param(ago(days=30, milliseconds=-1), 200, id="just before"),
    ],
)
def test_an_operation_can_be_undone_for_thirty_days(api, db, world, made, status):
    operation = factories.operation(db, world.project, created_at=made)
    answer = api.post(f"/operations/{operation}/undo")
    assert answer.status_code == status
    if status == 409:
        error = f"Operation {operation} could be undone until {NOW}."
        assert answer.json == {"error": error}
