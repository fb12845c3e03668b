"""What holds for every address of `/api/0`, taken from the routes themselves."""

import factories
import pytest

from jentry.vocabulary import SCOPES

from .conftest import fill, held_by, routes


def test_nobody_gets_in_without_a_token(tool, app):
    for method, rule, _ in routes(app):
        answer = tool.client.open(f"/api/0{fill(rule)}", method=method)
        assert answer.status_code == 401, rule
        assert list(answer.json) == ["detail"]


def test_all_other_scopes_together_are_not_enough(tool, app, db):
    owner = db.execute("SELECT user_id FROM api_tokens").fetchone()[0]
    for method, rule, scope in routes(app):
        if scope is None:
            continue
        others = [name for name in SCOPES if name != scope]
        token = factories.token(db, tool.org, owner, others)
        answer = tool.open(method, fill(rule), headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403, rule
        assert scope in answer.json["detail"]


def test_a_token_that_only_reads_is_told_what_it_lacks(tool, world, app, db):
    owner = db.execute("SELECT user_id FROM api_tokens").fetchone()[0]
    reading = factories.token(db, tool.org, owner, [one for one in SCOPES if "read" in one])
    before = held_by(db, None, tool.project)
    writes = [(method, rule, scope) for method, rule, scope in routes(app) if method != "GET"]
    for method, rule, scope in writes:
        answer = tool.open(method, fill(rule, issue=str(world.first)), json={"status": "resolved"},
                           headers={"Authorization": f"Bearer {reading}"})  # fmt: skip
        assert answer.status_code == 403, rule
        assert answer.json == {"detail": f"This needs a token with the scope {scope}."}, rule
    assert len(writes) > 30
    assert held_by(db, None, tool.project) == before


@pytest.mark.parametrize("name", ["other", "2", "nothing"])
def test_another_organization_does_not_exist(tool, app, name):
    for method, rule, _ in routes(app):
        if "<org>" in rule.rule:
            assert tool.open(method, fill(rule, org=name), json={}).status_code == 404, rule


def test_a_slash_at_the_end_may_be_missing(tool, app):
    for method, rule, _ in routes(app):
        if method == "GET":
            whole = tool.get(fill(rule))
            bare = tool.get(fill(rule).rstrip("/") or "/")
            assert (bare.status_code, type(bare.json)) == (whole.status_code, type(whole.json)), (
                rule
            )
            assert whole.status_code in (200, 400, 404), rule


def test_the_token_says_whose_it_is_and_what_it_may(tool):
    answer = tool.get("/").json
    assert answer["user"]["email"]
    assert "project:releases" in answer["auth"]["scopes"]
    (org,) = tool.get("/organizations/?cursor=").json
    assert (org["slug"], org["id"]) == ("acme", str(tool.org))
    assert tool.get("/organizations/acme/").json == org
    (region,) = tool.get("/users/me/regions/").json["regions"]
    assert region["url"] == "http://jentry.test"


def test_projects_are_those_of_the_organization(tool):
    (project,) = tool.get("/organizations/acme/projects/").json
    assert (project["slug"], project["id"]) == ("shop", str(tool.project))
    assert tool.get("/projects/").json == [project]
    detail = tool.get("/projects/acme/shop/").json
    assert project.items() <= detail.items()
    assert tool.get(f"/projects/{tool.org}/{tool.project}/").json == detail


def test_a_number_is_a_projects_id_before_it_is_the_slug_of_an_older_file(tool, db):
    numbered = factories.project(db, tool.org, slug=str(tool.project))
    lonely = factories.project(db, tool.org, slug="90125")
    found = {
        name: tool.get(f"/projects/acme/{name}/").json["id"]
        for name in (tool.project, numbered, "90125", "shop")
    }
    assert found == {
        tool.project: str(tool.project), numbered: str(numbered), "90125": str(lonely),
        "shop": str(tool.project),
    }  # fmt: skip
    for name in ("90126", tool.foreign_project, "foreign", "٣"):
        answer = tool.get(f"/projects/acme/{name}/")
        assert (answer.status_code, str(name) in answer.json["detail"]) == (404, True)


def test_the_one_team_has_all_projects_and_members(tool, db):
    factories.user(db, tool.org)
    (team,) = tool.get("/organizations/acme/teams/").json
    assert (team["memberCount"], [one["slug"] for one in team["projects"]]) == (2, ["shop"])


def test_monitors_are_listed_with_their_state(tool, db):
    factories.monitor(db, tool.project)
    (monitor,) = tool.get("/organizations/acme/monitors/?cursor=").json
    assert {"id", "slug", "name", "status", "project"} <= monitor.keys()
    assert monitor["project"]["slug"] == "shop"
