import factories
import pytest


def test_a_project_is_shown_whole(api, db, world):
    db.execute("DELETE FROM projects")
    project = factories.project(
        db,
        world.org,
        name="Web app",
        slug="web-app",
        platform="javascript",
        created_at="2026-06-21T17:34:09.701Z",
    )
    key = db.execute("SELECT public_key FROM client_keys").fetchone()[0]
    assert api.get("/projects").json == {
        "data": [
            {
                "id": project,
                "name": "Web app",
                "slug": "web-app",
                "platform": "javascript",
                "publicKey": key,
                "createdAt": "2026-06-21T17:34:09.701Z",
            }
        ]
    }


def test_an_organization_without_projects_has_an_empty_list(api, db, world):
    db.execute("DELETE FROM projects WHERE org_id = ?", (world.org,))
    assert api.get("/projects").json == {"data": []}


def test_all_projects_of_the_organization_are_listed_by_id(api, db, world):
    for _ in range(101):
        factories.project(db, world.org)
    ids = [row["id"] for row in api.get("/projects").json["data"]]
    assert len(ids) == 103
    assert ids == sorted(ids)
    assert world.foreign_project not in ids


def test_a_limit_keeps_the_oldest(api, world):
    assert [row["id"] for row in api.get("/projects?limit=1").json["data"]] == [world.project]


@pytest.mark.parametrize(
    ("disabled", "shown"),
    [
        pytest.param([], "first", id="the oldest key is shown"),
        pytest.param(["first"], "second", id="a disabled key makes way for the next"),
        pytest.param(["first", "second"], None, id="without an active key there is none to show"),
    ],
)
def test_one_key_is_shown(api, db, world, disabled, shown):
    db.execute("DELETE FROM client_keys WHERE project_id = ?", (world.project,))
    keys = {None: None}
    for name in ("first", "second"):
        at = factories.AT if name in disabled else None
        keys[name] = ("a" if name == "first" else "b") * 32
        factories.key(db, world.project, public_key=keys[name], disabled_at=at)
    assert api.get("/projects?limit=1").json["data"][0]["publicKey"] == keys[shown]


def test_a_project_without_a_platform_has_null(api):
    assert api.get("/projects").json["data"][0]["platform"] is None


def test_the_number_of_queries_does_not_grow(api, db, world, statements):
    api.get("/projects")
    few = len(statements)
    for _ in range(20):
        factories.project(db, world.org)
    statements.clear()
    assert len(api.get("/projects").json["data"]) == 22
    assert len(statements) == few
