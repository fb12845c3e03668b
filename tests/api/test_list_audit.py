import factories
import pytest


def test_an_entry_is_shown_whole(api, db, world):
    entry = factories.audit(
        db,
        world.org,
        action="issue.resolve",
        target="issue:42",
        user_id=world.owner,
        meta='{"via": "api"}',
        created_at="2026-06-29T12:31:00.000Z",
    )
    assert api.get("/audit").json == {
        "data": [
            {
                "id": entry,
                "action": "issue.resolve",
                "target": "issue:42",
                "userId": world.owner,
                "meta": {"via": "api"},
                "createdAt": "2026-06-29T12:31:00.000Z",
            }
        ],
        "page": 1,
        "pageSize": 50,
        "total": 1,
        "nextCursor": None,
    }


def test_what_nobody_did_has_no_user(api, db, world):
    factories.audit(db, world.org, user_id=None, meta="{}")
    (entry,) = api.get("/audit").json["data"]
    assert (entry["userId"], entry["meta"]) == (None, {})


def test_the_newest_come_first_and_fifty_unless_told_otherwise(api, db, world):
    ids = [factories.audit(db, world.org) for _ in range(60)]
    assert [row["id"] for row in api.get("/audit").json["data"]] == ids[:9:-1]
    assert [row["id"] for row in api.get("/audit?limit=2").json["data"]] == ids[:-3:-1]
    assert [row["id"] for row in api.get("/audit?limit=25&page=3").json["data"]] == ids[9::-1]


def test_other_organizations_have_their_own(api, db, world):
    factories.audit(db, world.foreign_org)
    assert api.get("/audit").json["data"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("action=issue.resolve", [5, 3, 1], id="action"),
        pytest.param("action=issue", [], id="whole actions only"),
        pytest.param("action=Issue.resolve", [], id="in this case"),
        pytest.param("userId=1", [4, 3], id="user"),
        pytest.param("userId=none", [5, 1], id="command line"),
        pytest.param("userId=99", [], id="unknown user"),
        pytest.param("since=2026-11-03T00:00:00Z", [5, 4, 3], id="since is inclusive"),
        pytest.param("until=2026-11-03T00:00:00Z", [2, 1], id="until is exclusive"),
        pytest.param("since=2026-11-02&until=2026-11-04", [3, 2], id="both"),
        pytest.param("userId=1&action=issue.resolve&since=2026-11-03", [3], id="all"),
        pytest.param("user=1&actions=x&Since=x", [5, 4, 3, 2, 1], id="others are ignored"),
    ],
)
def test_filters(api, db, world, query, found):
    rows = [(None, "issue.resolve"), (2, "token.create"), (1, "issue.resolve")]
    rows += [(1, "issue.assign"), (None, "issue.resolve")]
    for day, (user, action) in enumerate(rows, 1):
        at = f"2026-11-0{day}T00:00:00.000Z"
        factories.audit(db, world.org, user_id=user, action=action, created_at=at)
        factories.audit(db, world.foreign_org, action=action, created_at=at)
    answer = api.get(f"/audit?{query}").json
    assert [(row["id"] + 1) // 2 for row in answer["data"]] == found
    assert answer["total"] == len(found)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        pytest.param("action=", "action: Length must be between 1 and 64.", id="empty action"),
        pytest.param("userId=", "userId: Must be the id of a user, me or none.", id="empty user"),
        pytest.param("userId=0", "userId: Must be the id of a user, me or none.", id="user 0"),
        pytest.param("userId=9007199254740992", "userId: Must be the id of a", id="2^53"),
        pytest.param("since=now", "since: Must be a time in ISO 8601", id="since"),
        pytest.param("until=", "until: Must be a time in ISO 8601", id="until"),
    ],
)
def test_bad_values_are_refused(api, query, error):
    answer = api.get(f"/audit?{query}")
    assert answer.status_code == 400
    assert answer.json["error"].startswith(error)
