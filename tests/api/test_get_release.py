import json
from urllib.parse import quote

import factories
import pytest
from factories import ago

from jentry import clock
from jentry.store import releases

NOW = clock.timestamp(factories.NOW)
NO_RELEASE = {"error": "There is no such release."}
COMMIT = {
    "sha": "a1b2",
    "author": "Ada",
    "authorEmail": "ada@example.com",
    "message": "Fix",
    "url": "https://git.example.com/a1b2",
    "files": ["shop/cart.py"],
    "committedAt": "2026-06-28T10:00:00.000Z",
}
DEPLOY = {
    "environment": "production",
    "name": "nightly",
    "url": "https://ci.example.com/1",
    "deployedAt": "2026-06-29T12:30:00.000Z",
}


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/releases"


def test_a_release_is_the_row_of_the_list_and_all_that_was_registered(api, db, world, path):
    body = {
        "version": "web@1",
        "ref": "a1b2",
        "url": "https://git.example.com/web@1",
        "dateReleased": "2026-06-29T14:30:00+02:00",
        "commits": [COMMIT, {"sha": "c3"}],
        "deploys": [DEPLOY, {"environment": "staging"}],
    }
    release_id = api.post(path, body).json["data"]["id"]
    db.execute("UPDATE releases SET sessions = 3, crashed = 1, events = 2 WHERE id = ?", (1,))
    (row,) = api.get(path).json["data"]
    nothing = dict.fromkeys(["author", "authorEmail", "message", "url", "committedAt"])
    assert api.get(f"{path}/web@1").json["data"] == row | {
        "id": release_id,
        "ref": "a1b2",
        "url": "https://git.example.com/web@1",
        "dateReleased": "2026-06-29T12:30:00.000Z",
        "registered": True,
        "commits": [COMMIT, nothing | {"sha": "c3", "files": []}],
        "deploys": [
            DEPLOY,
            {"environment": "staging", "name": None, "url": None, "deployedAt": NOW},
        ],
    }
    assert (row["crashFreeRate"], row["adoption"]) == (66.7, 100.0)


def test_a_release_known_from_traffic_only(api, db, world, path):
    factories.release(db, world.project, "x")
    shown = api.get(f"{path}/x").json["data"]
    assert {name: shown[name] for name in ("ref", "url", "dateReleased", "registered")} == {
        "ref": None,
        "url": None,
        "dateReleased": None,
        "registered": False,
    }
    assert (shown["commits"], shown["deploys"]) == ([], [])


@pytest.mark.parametrize(
    "version", ["web@1.0+7", "a b", "Ünï 🎉", "100%", "?x=1#y", "a&b;c", "deploys", "...", "'\""]
)
def test_a_version_may_have_any_characters(api, db, world, path, version):
    factories.release(db, world.project, version)
    factories.release(db, world.other_project, f"{version}!")
    encoded = quote(version, safe="")
    assert api.get(f"{path}/{encoded}").json["data"]["release"] == version
    assert api.get(f"{path}/{encoded}/deploys").json["data"] == []
    assert api.patch(f"{path}/{encoded}", {"ref": "x"}).json["data"]["ref"] == "x"
    for unknown in (f"{encoded}!", f"{encoded}%FF", encoded.swapcase() + "x"):
        answer = api.get(f"{path}/{unknown}")
        assert (answer.status_code, answer.json) == (404, NO_RELEASE)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        pytest.param({"ref": " b "}, {"ref": "b"}, id="ref"),
        pytest.param({"ref": None}, {"ref": None}, id="null clears"),
        pytest.param({"url": "https://x.test/"}, {"url": "https://x.test/"}, id="url"),
        pytest.param(
            {"dateReleased": "2026-01-02"}, {"dateReleased": "2026-01-02T00:00:00.000Z"}, id="date"
        ),
        pytest.param({"dateReleased": None}, {"dateReleased": None}, id="no date"),
        pytest.param({"ref": "a", "version": "other", "commits": []}, {}, id="nothing new"),
    ],
)
def test_what_is_sent_is_changed_and_audited(api, world, path, audited, body, changed):
    api.post(
        path,
        {"version": "v", "ref": "a", "url": "http://a.test", "dateReleased": "2026-01-01"}
        | {"commits": [COMMIT], "deploys": [DEPLOY]},
    )
    before, done = api.get(f"{path}/v").json["data"], len(audited())
    answer = api.patch(f"{path}/v", body)
    assert answer.status_code == 200
    assert answer.json["data"] == api.get(f"{path}/v").json["data"] == before | changed
    meta = {
        "via": "api",
        "token": "test",
        "version": "v",
        "projectId": world.project,
        "commits": 1,
        "deploys": 1,
    }
    row = ("release.update", f"release:{before['id']}", world.owner, json.dumps(meta))
    assert audited()[done:] == ([row] if changed else [])


def test_the_date_decides_the_order(api, db, world, path):
    for version, days in (("old", 3), ("new", 1)):
        factories.release(
            db, world.project, version, created_at=ago(days=days), sorted_at=ago(days=days)
        )

    def order():
        return [row["release"] for row in api.get(path).json["data"]]

    assert order() == ["new", "old"]
    api.patch(f"{path}/old", {"dateReleased": ago(hours=1)})
    assert order() == ["old", "new"]
    api.patch(f"{path}/old", {"dateReleased": None})
    assert order() == ["new", "old"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, "Nothing to update: send ref, url, dateReleased or several.", id="empty"),
        pytest.param({"version": "x"}, "Nothing to update: send ref, ", id="unknown"),
        pytest.param({"ref": 1}, "ref: Not a valid string.", id="number"),
        pytest.param({"url": "ftp://x"}, "url: Must be an address", id="url"),
        pytest.param({"dateReleased": "soon"}, "dateReleased: Must be a time", id="date"),
    ],
)
def test_bad_changes_are_refused(api, db, world, path, audited, body, error):
    factories.release(db, world.project, "v")
    answer = api.patch(f"{path}/v", body)
    assert answer.status_code == 400
    assert answer.json["error"].startswith(error)
    assert audited() == []


def test_deploys_are_appended_and_the_last_comes_first(api, world, path, audited):
    api.post(path, {"version": "v", "deploys": [DEPLOY]})
    done = len(audited())
    answer = api.post(f"{path}/v/deploys", {"environment": " staging "})
    added = {"environment": "staging", "name": None, "url": None, "deployedAt": NOW}
    assert (answer.status_code, answer.json) == (201, {"data": added})
    again = api.post(f"{path}/v/deploys", DEPLOY)
    assert again.json == {"data": DEPLOY}
    assert api.get(f"{path}/v/deploys").json == {
        "data": [DEPLOY, added, DEPLOY],
        "page": 1,
        "pageSize": 100,
        "total": 3,
        "nextCursor": None,
    }
    first = api.get(f"{path}/v/deploys?limit=2").json
    rest = api.get(f"{path}/v/deploys?cursor={first['nextCursor']}").json
    assert first["data"] + rest["data"] == [DEPLOY, added, DEPLOY]
    release = api.get(f"{path}/v").json["data"]
    assert release["deploys"] == [DEPLOY, added, DEPLOY]
    meta = {"via": "api", "token": "test", "version": "v", "projectId": world.project}
    assert audited()[done:] == [
        (
            "deploy.create",
            f"release:{release['id']}",
            world.owner,
            json.dumps(meta | {"environment": environment}),
        )
        for environment in ("staging", "production")
    ]


def test_bad_deploys_are_refused(api, db, world, path, monkeypatch, audited):
    factories.release(db, world.project, "v")
    for body in ({}, {"environment": "none"}, {"environment": "a/b"}, {"environment": 1}):
        answer = api.post(f"{path}/v/deploys", body)
        assert answer.status_code == 400
        assert answer.json["error"].startswith("environment: ")
    monkeypatch.setattr(releases, "MOST_DEPLOYS", 1)
    assert api.post(f"{path}/v/deploys", DEPLOY).status_code == 201
    answer = api.post(f"{path}/v/deploys", DEPLOY)
    error = {"error": "A release has at most 1 deploys."}
    assert (answer.status_code, answer.json) == (409, error)
    assert len(audited()) == 1


def test_what_cannot_be_audited_does_not_happen(api, db, world, path, broken_audit_log):
    factories.release(db, world.project, "v")
    before = api.get(f"{path}/v").json
    assert api.patch(f"{path}/v", {"ref": "x"}).status_code == 500
    assert api.post(f"{path}/v/deploys", DEPLOY).status_code == 500
    assert api.get(f"{path}/v").json == before


def test_the_list_has_pages(api, db, world, path):
    for number in range(5):
        factories.release(db, world.project, str(number), sorted_at=ago(days=number // 2))
    answer = api.get(f"{path}?limit=2&page=2").json
    assert [row["release"] for row in answer["data"]] == ["3", "2"]
    assert (answer["page"], answer["pageSize"], answer["total"]) == (2, 2, 5)
