"""What the API says about limits: values that are no longer told apart, what a token may write."""

import json
from dataclasses import replace

import factories
import pytest
from factories import ago

from jentry import quotas
from jentry.settings import Settings


@pytest.fixture
def settings(settings):
    limits = {"max_tag_keys": 4, "max_tag_values": 2, "max_environments": 1, "max_releases": 1}
    return replace(settings, **limits)


@pytest.fixture
def send(client, db, world):
    def call(project, **event):
        key = db.execute(
            "SELECT public_key FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()[0]
        raw = json.dumps({"message": "hello"} | event)
        answer = client.post(
            f"/api/{project}/envelope/?sentry_key={key}",
            data=f'{{}}\n{{"type":"event"}}\n{raw}',
        )
        assert answer.status_code == 200, answer.text
        return answer.json["id"]

    return call


@pytest.mark.parametrize(
    ("query", "capped"),
    [
        pytest.param("", [], id="no filter"),
        pytest.param("environment=e0", [], id="an environment that is told apart"),
        pytest.param("environment=e1", ["environment"], id="another environment"),
        pytest.param("release=r0", [], id="a release that is told apart"),
        pytest.param("release=r2", ["release"], id="another release"),
        pytest.param("tag[release]=r2", ["tag[release]"], id="a release as a tag"),
        pytest.param("tag[a]=v1", [], id="a value that is told apart"),
        pytest.param("tag[a]=v2", ["tag[a]"], id="another value"),
        pytest.param("tag[a]=never", ["tag[a]"], id="a value that may have been there"),
        pytest.param("tag[level]=never", [], id="a key with few values"),
        pytest.param("tag[k2]=1", ["tag[k2]"], id="a key that is not told apart"),
        pytest.param(
            "environment=e1&tag[a]=v2&release=r1",
            ["environment", "release", "tag[a]"],
            id="several",
        ),
    ],
)
def test_a_filter_that_may_miss_issues_is_named(api, world, send, query, capped):
    for number in range(3):
        tags = {"a": f"v{number}", f"k{number}": "1"}
        send(world.project, environment=f"e{number}", release=f"r{number}", tags=tags)
    for path in (f"/projects/{world.project}/issues", "/issues"):
        answer = api.get(f"{path}?{query}")
        assert answer.headers.get("X-Capped-Filters") == (", ".join(capped) or None)
        assert len(answer.json["data"]) == (not capped and "never" not in query)
    answer = api.get(f"/projects/{world.other_project}/issues?{query}")
    assert "X-Capped-Filters" not in answer.headers


def test_the_tags_of_an_issue_say_what_is_not_told_apart(api, world, send):
    for number in (0, 0, 1, 2, 3, 3, 3):
        send(world.project, tags={"a": f"v{number}"})
    (issue,) = api.get("/issues").json["data"]
    tags = {tag["key"]: tag for tag in api.get(f"/issues/{issue['id']}/tags").json["data"]}
    shown = [(value["value"], value["count"]) for value in tags["a"].pop("values")]
    assert shown == [("v0", 2), ("v1", 1)]
    assert tags["a"] == {"key": "a", "total": 7, "distinct": 2, "isCapped": True, "other": 4}
    tags = {tag["key"]: tag for tag in api.get(f"/issues/{issue['id']}/tags?limit=1").json["data"]}
    assert [value["value"] for value in tags["a"]["values"]] == ["v0"]
    assert tags["a"]["other"] == 5


def test_an_event_shows_a_release_that_is_not_told_apart(api, world, send):
    sent = [send(world.project, release=f"r{number}") for number in range(3)]
    shown = [api.get(f"/events/{event_id}").json["data"]["release"] for event_id in sent]
    assert shown == ["r0", "r1", "r2"]
    (issue,) = api.get("/issues").json["data"]
    assert (issue["firstRelease"], issue["lastRelease"]) == ("r0", "r0")
    listed = api.get(f"/projects/{world.project}/releases").json
    assert ([row["release"] for row in listed["data"]], listed["total"]) == (["r0"], 1)
    (of_issue,) = api.get(f"/issues/{issue['id']}/releases").json["data"]
    assert (of_issue["release"], of_issue["events"]) == ("r0", 1)


def test_registered_releases_take_no_room_from_those_of_traffic(api, world, send):
    for number in range(3):
        api.post(f"/projects/{world.project}/releases", {"version": f"ci{number}"})
    send(world.project, release="r0")
    send(world.project, release="ci2")
    listed = api.get(f"/projects/{world.project}/releases").json["data"]
    assert {row["release"]: row["events"] for row in listed} == {
        "ci0": 0, "ci1": 0, "ci2": 1, "r0": 1,
    }  # fmt: skip


@pytest.fixture
def write_limit(app, database):
    def limit(most):
        app.config["SETTINGS"] = Settings(db=database, api_bytes_hour=most)

    return limit


def test_a_token_writes_so_many_bytes_an_hour(api, db, world, write_limit):
    write_limit(10_000)
    issue = factories.issue(db, world.project)
    path = f"/issues/{issue}/comments"
    answers = [api.post(path, {"text": "c" * 1000}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].headers["Retry-After"] == "3600"
    assert answers[-1].json == {
        "error": "This token may write 10000 bytes an hour; try again in 3600 s."
    }
    assert len(api.get(path).json["data"]) == 3  # reading goes on
    db.execute("UPDATE token_windows SET starts_at = ?", (ago(hours=1),))
    assert api.post(path, {"text": "later"}).status_code == 201


def test_a_change_of_many_issues_counts_each(api, db, world, write_limit):
    write_limit(10_000)
    for _ in range(6):
        factories.issue(db, world.project)
    path = f"/projects/{world.project}/issues"
    change = {"filter": {}, "status": "resolved"}
    assert api.patch(path, change).status_code == 200
    back = {"filter": {"status": "all"}, "status": "ignored"}
    assert api.patch(path, back).status_code == 429
    assert {issue["status"] for issue in api.get(f"{path}?status=all").json["data"]} == {"resolved"}


def test_what_changes_nothing_is_still_a_call(api, db, world, write_limit):
    write_limit(2500)
    issue = factories.issue(db, world.project)
    answers = [api.patch(f"/issues/{issue}", {"status": "unresolved"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_an_organization_has_so_many_projects_and_a_project_so_many_keys(api, world, monkeypatch):
    monkeypatch.setattr(quotas, "LIMITS", quotas.LIMITS | {
        name: quotas._request("", 3, "") for name in ("projects", "keys")
    })  # fmt: skip
    names = "cde"
    answers = [api.post("/projects", {"name": name}) for name in names]
    assert [answer.status_code for answer in answers] == [201, 409, 409]
    keys = f"/projects/{world.project}/keys"
    answers = [api.post(keys, {"name": name}) for name in names]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    number = api.get(keys).json["data"][0]["id"]
    assert api.post(f"{keys}/{number}/rotate", {}).status_code == 201  # a stolen key never stays
