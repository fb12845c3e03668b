import factories
import pytest

NOTHING_GONE = {"total": 0, "byReason": {}, "lastAt": None}


@pytest.mark.parametrize("status", ["unresolved", "resolved", "ignored"])
def test_one_issue_is_the_same_object_as_in_the_list(api, db, world, status):
    release = factories.release(db, world.project)
    issue = factories.issue(
        db,
        world.project,
        status=status,
        substatus=None if status == "resolved" else "ongoing",
        assignee_id=world.member,
        first_release_id=release,
    )
    (row,) = api.get(f"/projects/{world.project}/issues?status=all").json["data"]
    answer = api.get(f"/issues/{issue}")
    more = {"grouping": [], "eventsKept": 1, "eventsGone": NOTHING_GONE, "oldestEventAt": None}
    assert answer.json == {"data": row | more}
    assert (row["id"], row["assigneeUserId"]) == (issue, world.member)


def test_an_issue_says_why_its_events_are_together(api, db, world):
    issue, other = factories.issue(db, world.project), factories.issue(db, world.project)
    reasons = [(other, 1, b"\x00"), (issue, 2, b"\xff"), (issue, 1, b"\x0a\x0b")]
    for number, (of, version, prefix) in enumerate(reasons):
        factories.insert(
            db,
            "issue_hashes",
            project_id=world.project,
            version=version,
            hash=prefix,
            issue_id=of,
            components=f'{{"by": "stack", "values": [{number}]}}',
        )
    assert api.get(f"/issues/{issue}").json["data"]["grouping"] == [
        {"version": 1, "hash": "0a0b", "components": {"by": "stack", "values": [2]}},
        {"version": 2, "hash": "ff", "components": {"by": "stack", "values": [1]}},
    ]
    for row in api.get(f"/projects/{world.project}/issues").json["data"]:
        assert "grouping" not in row


def test_an_issue_that_is_not_there(api):
    answer = api.get("/issues/1")
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such issue."})
