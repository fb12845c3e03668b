import factories


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


def test_other_organisations_have_their_own(api, db, world):
    factories.audit(db, world.foreign_org)
    assert api.get("/audit").json["data"] == []
