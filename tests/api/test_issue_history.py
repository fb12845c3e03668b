"""Comments and activity."""

import json

import factories
import pytest
from factories import ago

from jentry import clock

NOW = clock.timestamp(factories.NOW)


@pytest.fixture
def issue(db, world):
    return factories.issue(db, world.project, first_seen=ago(days=9), last_seen=ago(days=1))


def test_a_comment_is_kept_and_audited(api, world, issue, audited):
    answer = api.post(f"/issues/{issue}/comments", {"text": "  It is\n\n**the** cart 🛒 "})
    comment = {
        "id": 1,
        "issueId": issue,
        "userId": world.owner,
        "text": "It is\n\n**the** cart 🛒",
        "createdAt": NOW,
    }
    assert (answer.status_code, answer.json) == (201, {"data": comment})
    assert api.get(f"/issues/{issue}/comments").json == {
        "data": [comment],
        "page": 1,
        "pageSize": 25,
        "total": 1,
        "nextCursor": None,
    }
    meta = json.dumps({"via": "api", "token": "test", "issueId": issue})
    assert audited() == [("comment.create", "comment:1", world.owner, meta)]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, "text: Missing data for required field.", id="none"),
        pytest.param({"text": " \n"}, "text: Length must be between 1 and 10000.", id="blank"),
        pytest.param({"text": "x" * 10_001}, "text: Length must be between 1 and", id="long"),
        pytest.param({"text": None}, "text: Field may not be null.", id="null"),
        pytest.param({"text": "a\0"}, "text: Must not contain NUL", id="NUL"),
    ],
)
def test_bad_comments_are_refused(api, issue, audited, body, error):
    answer = api.post(f"/issues/{issue}/comments", body)
    assert answer.status_code == 400
    assert answer.json["error"].startswith(error)
    assert audited() == []


def test_what_cannot_be_audited_is_not_said(api, issue, broken_audit_log):
    assert api.post(f"/issues/{issue}/comments", {"text": "x"}).status_code == 500
    assert api.get(f"/issues/{issue}/comments").json["data"] == []


def test_comments_are_those_of_the_issue_newest_first(api, db, world, issue):
    other = factories.issue(db, world.project)
    for number, hours in enumerate((3, 1, 2, 1)):
        for of in (issue, other):
            factories.insert(
                db, "comments", issue_id=of, text=f"{of} {number}", created_at=ago(hours=hours)
            )
    rows = api.get(f"/issues/{issue}/comments?limit=3").json["data"]
    assert [row["text"] for row in rows] == [f"{issue} {number}" for number in (3, 1, 2)]
    rows = api.get(f"/issues/{issue}/comments?limit=3&page=2").json
    assert [row["text"] for row in rows["data"]] == [f"{issue} 0"]
    assert rows["total"] == 4


def test_everything_that_happened_is_one_history(api, db, world, issue, monkeypatch):
    release = factories.release(db, world.project, "web@2")
    db.execute("UPDATE issues SET first_release_id = ? WHERE id = ?", (release, issue))
    other = factories.issue(db, world.project)
    for of, hours, substatus, of_release in (
        (issue, 5, "regressed", release),
        (issue, 4, "escalating", None),
        (other, 5, "regressed", None),
    ):
        factories.insert(
            db,
            "issue_returns",
            issue_id=of,
            substatus=substatus,
            event_id=b"e" * 16,
            release_id=of_release,
            created_at=ago(hours=hours),
        )

    def act(hours, method, path, body=None):
        monkeypatch.setattr(clock, "now", lambda: clock.parse(ago(hours=hours)))
        assert api.open(method, path, json=body).status_code in (200, 201)

    act(6, "PATCH", f"/issues/{issue}", {"status": "resolved"})
    act(3, "POST", f"/issues/{issue}/comments", {"text": "Again?"})
    act(3, "PATCH", f"/issues/{issue}", {"assigneeUserId": world.member})
    act(2, "PATCH", f"/projects/{world.project}/issues", {"ids": [issue], "status": "ignored"})
    act(1, "POST", "/operations/1/undo")
    act(1, "POST", f"/issues/{other}/comments", {"text": "elsewhere"})

    def entry(kind, hours, user=None, **meta):
        return {"type": kind, "userId": user, "createdAt": ago(hours=hours), "meta": meta}

    via, me = {"via": "api", "token": "test"}, world.owner
    undo = {"from": "ignored", "operationId": 1, "undo": True}
    history = [
        entry("issue.resolve", 1, me, **via, **undo),
        entry("issue.ignore", 2, me, **via, **{"from": "resolved", "operationId": 1}),
        entry("issue.assign", 3, me, **via, **{"from": None, "assigneeUserId": world.member}),
        entry("comment.create", 3, me, commentId=1, text="Again?"),
        entry("issue.escalate", 4, eventId="65" * 16, release=None),
        entry("issue.regress", 5, eventId="65" * 16, release="web@2"),
        entry("issue.resolve", 6, me, **via, **{"from": "unresolved"}),
        entry("issue.first_seen", 9 * 24, release="web@2"),
    ]
    path = f"/issues/{issue}/activity"
    whole = {"data": history, "page": 1, "pageSize": 50, "total": 8}
    assert api.get(path).json == whole
    pages = [api.get(f"{path}?limit=3&page={page}").json for page in (1, 2, 3, 4)]
    assert [row for page in pages for row in page["data"]] == history
    assert {page["total"] for page in pages} == {8}
