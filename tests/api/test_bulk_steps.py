"""A change of very many issues, and its undoing, is made in steps; each is complete."""

import factories
import pytest
from refusals import let, refuse

from jentry.store import operation_steps

STEP, MANY = 3, 8  # issues: three steps


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(operation_steps, "ISSUES", STEP)


@pytest.fixture
def between(monkeypatch):
    """What happens once, after the first step."""

    def call(happening):
        left = [happening]
        monkeypatch.setattr("time.sleep", lambda _: left and left.pop()())

    return call


@pytest.fixture
def many(db, world):
    """Of two projects, and one of another organization."""
    mine = factories.issues(db, world.project, [{"event_count": n} for n in range(1, MANY)])
    other = factories.issue(db, world.other_project, event_count=9, assignee_id=world.member)
    factories.issue(db, world.foreign_project)
    return [*mine, other]


CHOICES = [{"filter": {}}, {"ids": None}]
CHANGES = [
    {"status": "resolved"},
    {"status": "ignored", "statusDetails": {"ignoreUserCount": 10}, "assigneeUserId": None},
]


def chosen(choice, many):
    return {"ids": many} if "ids" in choice else choice


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("change", CHANGES)
def test_steps_are_one_operation_of_each_project(api, db, many, states, audited, choice, change):
    before = states()
    body = chosen(choice, many) | change | {"expected": MANY}
    done = api.patch("/issues", body).json["data"]
    assert done == {"operationIds": [1, 2], "matched": MANY, "changed": MANY, "dryRun": False}
    found = [api.get(f"/operations/{number}").json["data"] for number in (1, 2)]
    assert [(one["matched"], one["changed"]) for one in found] == [(MANY - 1, MANY - 1), (1, 1)]
    assert {row[0] for row in states()[:MANY]} == {change["status"]}
    assert {target for _, target, *_ in audited()} == {f"issue:{issue_id}" for issue_id in many}
    for operation in found:
        undone = api.post(f"/operations/{operation['id']}/undo").json["data"]
        assert (undone["restored"], undone["skipped"]) == (operation["changed"], 0)
        assert api.post(f"/operations/{operation['id']}/undo").status_code == 409
    assert states() == before
    assert db.execute("SELECT count(*) FROM issue_conditions").fetchone()[0] == 0


def test_another_number_than_expected_changes_nothing(api, many, states):
    before = states()
    body = {"filter": {}, "status": "resolved", "expected": MANY - 1}
    assert api.patch("/issues", body).status_code == 409
    assert states() == before


def test_each_step_looks_whether_its_issues_still_match(api, db, many, between):
    """One is resolved by somebody else, one is another's part, one is deleted."""

    def happening():
        db.execute("UPDATE issues SET status = 'resolved', substatus = NULL WHERE id = 5")
        db.execute("UPDATE issues SET status = 'merged', substatus = NULL WHERE id = 6")
        db.execute("DELETE FROM issues WHERE id = 7")

    between(happening)
    done = api.patch("/issues", {"ids": many, "status": "resolved"}).json["data"]
    assert (done["matched"], done["changed"]) == (MANY, MANY - 3)


def test_a_change_that_is_interrupted_says_what_it_has_changed(api, db, many, states, between):
    before = states()
    body = {"filter": {}, "status": "resolved"}
    between(lambda: refuse(db, "INSERT", "audit_log"))
    answer = api.patch("/issues", body)
    assert (answer.status_code, answer.json["error"]) == (
        503,
        "5 of 8 issues were not changed; those that were can be undone by operation 1. Ask again "
        "for the others.",
    )
    let(db, "audit_log")
    now = [row[0] for row in states()]
    assert now == ["resolved"] * STEP + ["unresolved"] * (MANY - STEP + 1)
    assert api.get("/operations/1").json["data"]["changed"] == STEP
    assert api.patch("/issues", body).json["data"]["changed"] == MANY - STEP
    for number in (1, 2, 3):
        assert api.post(f"/operations/{number}/undo").json["data"]["skipped"] == 0
    assert states() == before


def test_undoing_that_is_interrupted_goes_on_where_it_was(api, db, many, states, between):
    before = states()
    api.patch("/issues", {"filter": {}, "status": "resolved"})
    between(lambda: refuse(db, "INSERT", "audit_log"))
    assert api.post("/operations/1/undo").status_code == 500
    let(db, "audit_log")
    half = api.get("/operations/1").json["data"]
    assert (half["restored"], half["skipped"]) == (STEP, MANY - 1 - STEP)
    undone = api.post("/operations/1/undo").json["data"]
    assert (undone["restored"], undone["skipped"]) == (MANY - 1, 0)
    assert api.post("/operations/1/undo").status_code == 409
    assert states()[:-2] == before[:-2]


def test_what_is_undone_meanwhile_goes_no_further(api, many, states, between):
    before = states()
    between(lambda: api.post("/operations/1/undo"))
    answer = api.patch("/issues", {"filter": {}, "status": "resolved"})
    assert answer.status_code == 503
    assert states() == before
