"""Who is in the organization."""

import factories


def test_members_are_shown_whole_and_oldest_first(api, db, world):
    db.execute("UPDATE users SET email = 'owner@jentry.test', name = 'Jane' WHERE id = 1")
    db.execute("UPDATE users SET email = 'left@jentry.test', deactivated_at = '2026' WHERE id = 2")
    joined = "2026-11-02T00:00:00.000Z"
    db.execute("UPDATE memberships SET created_at = ? WHERE user_id = 2", (joined,))
    rows = [
        {
            "id": world.owner,
            "email": "owner@jentry.test",
            "name": "Jane",
            "role": "owner",
            "isActive": True,
            "joinedAt": factories.AT,
        },
        {
            "id": world.member,
            "email": "left@jentry.test",
            "name": None,
            "role": "member",
            "isActive": False,
            "joinedAt": joined,
        },
    ]
    assert api.get("/members").json == {"data": rows}
    assert api.get("/members?limit=1").json == {"data": rows[:1]}


def test_somebody_in_two_organizations_has_the_role_of_this_one(api, db, world):
    db.execute(
        "INSERT INTO memberships (org_id, user_id, role, created_at) VALUES (?, ?, 'admin', ?)",
        (world.org, world.foreign_user, factories.AT),
    )
    roles = {row["id"]: row["role"] for row in api.get("/members").json["data"]}
    assert roles == {world.owner: "owner", world.member: "member", world.foreign_user: "admin"}


def test_all_members_are_listed_and_the_number_of_queries_does_not_grow(api, db, world, statements):
    api.get("/members")
    few = len(statements)
    for _ in range(110):
        factories.user(db, world.org, "member")
    statements.clear()
    assert len(api.get("/members").json["data"]) == 112
    assert len(statements) == few
