import factories
import pytest


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
    assert answer.json == {"data": row}
    assert (row["id"], row["assigneeUserId"]) == (issue, world.member)


def test_an_issue_that_is_not_there(api):
    answer = api.get("/issues/1")
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such issue."})
