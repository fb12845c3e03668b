"""Releases as sentry-cli and the plugins of bundlers write and read them."""

import factories
import pytest

ORG = "/organizations/acme/releases/"
PROJECT = "/projects/acme/shop/releases/"
BOTH = pytest.mark.parametrize("releases", [ORG, PROJECT])
COMMITS = [
    {
        "id": "a" * 40,
        "message": "Add a basket\n\nwith rows",
        "author_name": "Kim",
        "author_email": "kim@example.com",
        "timestamp": "2026-11-23T18:20:49+01:00",
        "repository": "shop",
        "patch_set": [{"path": "src/basket.py", "type": "A"}],
    },
    {"id": "b" * 40, "message": None, "author_name": None, "author_email": None},
]


def new(version="shop@1", **more):
    return {"version": version, "projects": ["shop"]} | more


@BOTH
def test_a_release_is_made_once(tool, releases):
    sent = new(dateStarted="2026-11-23T18:20:49.614859090Z", url="https://example.com/1")
    first, second = tool.post(releases, sent), tool.post(releases, sent)
    assert (first.status_code, second.status_code) == (201, 208)
    assert first.json == second.json
    assert first.json["version"] == "shop@1"
    assert first.json["url"] == "https://example.com/1"
    assert [project["slug"] for project in first.json["projects"]] == ["shop"]


def test_projects_go_by_slug_and_number(tool):
    for name in ("shop", tool.project, str(tool.project)):
        assert tool.post(ORG, new(projects=[name])).status_code in (201, 208)


@BOTH
def test_what_is_not_sent_is_kept(tool, releases):
    tool.put(f"{releases}shop@1/", {"projects": ["shop"], "commits": COMMITS})
    tool.post(releases, new())
    answer = tool.put(f"{releases}shop@1/", {"dateReleased": "2026-11-23T18:22:17.973823345Z"})
    assert answer.json["commitCount"] == 2
    assert answer.json["dateReleased"] == "2026-11-23T18:22:17.973Z"
    shas = [commit["id"] for commit in tool.get(f"{releases}shop@1/commits/").json]
    assert shas == ["a" * 40, "b" * 40]


def test_commits_are_read_with_author_and_files(tool):
    tool.put(f"{ORG}shop@1/", {"projects": ["shop"], "commits": COMMITS})
    first, second = tool.get(f"{ORG}shop@1/commits/").json
    assert first == {
        "id": "a" * 40,
        "message": "Add a basket\n\nwith rows",
        "dateCreated": "2026-11-23T17:20:49.000Z",
        "author": {"name": "Kim", "email": "kim@example.com"},
        "patchSet": [{"path": "src/basket.py"}],
    }
    assert second["author"] is None


def test_commits_are_cleared_by_no_refs(tool):
    tool.put(f"{ORG}shop@1/", {"projects": ["shop"], "commits": COMMITS})
    assert tool.put(f"{ORG}shop@1/", {"refs": []}).json["commitCount"] == 0


def test_the_release_before_is_the_newest_older_one_with_commits(tool):
    for version, commits in (("shop@1", COMMITS), ("shop@2", [])):
        tool.put(f"{ORG}{version}/", {"projects": ["shop"], "commits": commits})
    assert tool.get(f"{ORG}shop@2/previous-with-commits/").json["version"] == "shop@1"
    assert tool.get(f"{ORG}shop@1/previous-with-commits/").json == {}


@BOTH
def test_deploys_are_told_and_listed(tool, releases):
    tool.post(releases, new())
    sent = {
        "environment": "production", "name": None, "url": None, "dateStarted": None,
        "dateFinished": "2026-11-23T18:22:19.840178037Z",
    }  # fmt: skip
    assert tool.post(f"{releases}shop@1/deploys/", sent).status_code == 201
    (deploy,) = tool.get(f"{releases}shop@1/deploys/").json
    assert deploy["environment"] == "production"
    assert deploy["dateFinished"] == "2026-11-23T18:22:19.840Z"
    earlier = sent | {"environment": "staging", "dateFinished": "2026-11-22T00:00:00Z"}
    tool.post(f"{releases}shop@1/deploys/", earlier)
    (release,) = tool.get(releases).json
    assert (release["deployCount"], release["lastDeploy"]) == (2, deploy)
    assert tool.get(f"{releases}shop@1/").json["lastDeploy"] == deploy


def test_a_release_of_several_projects_is_one(tool, db):
    second = factories.project(db, tool.org)
    tool.post(ORG, new(projects=["shop", second]))
    (release,) = tool.get(ORG).json
    assert release["lastDeploy"] is None
    assert [project["id"] for project in release["projects"]] == [tool.project, second]
    assert len(tool.get(PROJECT).json[0]["projects"]) == 1


@BOTH
def test_a_release_is_archived_and_restored(tool, releases):
    tool.post(releases, new())
    archived = tool.post(releases, {"version": "shop@1", "projects": [], "status": "archived"})
    assert (archived.status_code, archived.json["status"]) == (208, "archived")
    assert tool.get(releases).json == []
    assert len(tool.get(f"{releases}?status=archived").json) == 1
    restored = tool.post(releases, {"version": "shop@1", "projects": [], "status": "open"})
    assert restored.json["status"] == "open"
    assert len(tool.get(releases).json) == 1


@BOTH
def test_a_release_that_nothing_names_is_deleted(tool, releases):
    tool.post(releases, new())
    assert tool.delete(f"{releases}shop@1/").status_code == 204
    assert tool.get(f"{releases}shop@1/").status_code == 404
    assert tool.delete(f"{releases}shop@1/").status_code == 404


def test_a_release_with_events_stays(tool, db):
    factories.release(db, tool.project, "shop@1")
    db.execute("UPDATE releases SET first_seen = created_at, last_seen = created_at")
    answer = tool.delete(f"{ORG}shop@1/")
    assert (answer.status_code, list(answer.json)) == (409, ["detail"])


def test_pages_name_what_is_before_and_after(tool):
    for number in range(5):
        tool.post(ORG, new(f"shop@{number}"))
    seen, path = [], f"{ORG}?cursor=&per_page=2"
    for _ in range(3):
        answer = tool.get(path)
        seen += [release["version"] for release in answer.json]
        link = answer.headers["Link"].split(", ")[1]
        cursor = link.partition('cursor="')[2].rstrip('"')
        path = f"{ORG}?cursor={cursor}&per_page=2"
    assert seen == [f"shop@{number}" for number in (4, 3, 2, 1, 0)]
    assert 'results="false"' in link


def test_more_rows_than_a_page_has_are_lowered(tool):
    tool.post(ORG, new())
    assert tool.get(f"{ORG}?per_page=10000").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        pytest.param("POST", ORG, {"projects": ["shop"]}, 400, id="no version"),
        pytest.param("POST", ORG, {"version": "x", "projects": []}, 400, id="no projects"),
        pytest.param("POST", ORG, new(projects=["foreign"]), 404, id="another's project"),
        pytest.param("POST", ORG, new(projects=[True]), 400, id="a project that is none"),
        pytest.param("POST", ORG, new("a/b"), 400, id="a slash"),
        pytest.param("PUT", f"{ORG}x/", {"refs": [{"repository": "r", "commit": "c"}],
                     "projects": ["shop"]}, 400, id="a repository"),
        pytest.param("GET", f"{ORG}x/", None, 404, id="no such release"),
        pytest.param("GET", f"{ORG}?cursor=x", None, 400, id="no cursor"),
        pytest.param("GET", "/organizations/other/releases/", None, 404, id="another's"),
        pytest.param("GET", "/organizations//releases/", None, 404, id="no organization"),
        pytest.param("GET", "/projects/acme/foreign/releases/", None, 404, id="another's shop"),
        pytest.param("GET", "/nothing/", None, 404, id="no such address"),
        pytest.param("PATCH", ORG, None, 405, id="no such method"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(tool, method, path, sent, status):
    answer = tool.open(method, path, json=sent)
    assert answer.status_code == status
    assert answer.content_type == "application/json"
    assert list(answer.json) == ["detail"]
    assert answer.json["detail"].endswith((".", "…"))


def test_writes_are_audited_once(tool, db):
    tool.post(ORG, new())
    tool.post(ORG, new())
    actions = [row["action"] for row in db.execute("SELECT action FROM audit_log ORDER BY id")]
    assert actions.count("release.create") == 1
