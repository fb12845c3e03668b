"""Commits that may have brought an issue, of the releases that it came with."""

import factories
import pytest

from jentry.store import suspect_commits

CRASH = {
    "exception": {
        "values": [
            {"stacktrace": {"frames": [
                {"filename": "shop/app.py", "in_app": True},
                {"filename": "shop/cart.py", "in_app": True},
            ]}}
        ]
    }
}  # fmt: skip
VERSIONS = [f"shop@1.{number}" for number in range(8)]


@pytest.fixture
def release(db, world):
    """The releases, by their names, the first the oldest."""
    return {
        version: factories.release(
            db, world.project, version, sorted_at=factories.ago(days=20 - number)
        )
        for number, version in enumerate(VERSIONS)
    }


@pytest.fixture
def issue(db, world, release):
    """First seen in 1.5, the latest event in 1.7."""
    issue_id = factories.issue(db, world.project, first_release_id=release["shop@1.5"])
    factories.event(db, issue_id, CRASH, release_id=release["shop@1.7"])
    return issue_id


@pytest.fixture
def register(api, world):
    def call(version, *commits, project=None):
        path = f"/projects/{project or world.project}/releases"
        answer = api.post(path, {"version": version, "commits": list(commits)})
        assert answer.status_code == 201, answer.json

    return call


def commit(sha, *files, **more):
    return {"sha": sha, "files": files or ["src/shop/cart.py"]} | more


def shas(api, issue, query=""):
    answer = api.get(f"/issues/{issue}/suspect-commits{query}")
    assert answer.status_code == 200, answer.json
    return [row["sha"] for row in answer.json["data"]]


def test_a_suspect_says_what_it_changed_and_whose_it_is(api, db, world, issue, register):
    (email,) = db.execute("SELECT email FROM users WHERE id = ?", (world.member,)).fetchone()
    register(
        "shop@1.7",
        {"id": "a" * 40, "author_name": "Mara", "author_email": email.upper(),
         "message": "\nTotals\n\nAre right", "patch_set": [{"path": "src/shop/cart.py"}],
         "timestamp": "2026-11-02T09:00:00+02:00"},
        commit("b" * 40, "shop/app.py", "docs/a.md", url="https://git.test/b"),
        commit("c" * 40, "docs/cart.py.md"),
    )  # fmt: skip
    answer = api.get(f"/issues/{issue}/suspect-commits")
    common = {"release": "shop@1.7"}
    assert answer.json == {"data": [
        common | {
            "sha": "a" * 40, "author": "Mara", "authorEmail": email.upper(), "subject": "Totals",
            "url": None, "file": "src/shop/cart.py", "frame": "shop/cart.py",
            "userId": world.member, "committedAt": "2026-11-02T07:00:00.000Z",
        },
        common | {
            "sha": "b" * 40, "author": None, "authorEmail": None, "subject": "",
            "url": "https://git.test/b", "file": "shop/app.py", "frame": "shop/app.py",
            "userId": None, "committedAt": None,
        },
    ]}  # fmt: skip


def test_they_are_of_the_release_of_the_event_and_of_those_around_its_first(api, issue, register):
    for version in VERSIONS:
        register(version, commit(f"{version[-1]}2"), commit(f"{version[-1]}1"))
    assert shas(api, issue) == ["72", "71", "52", "51", "42", "41", "32", "31", "22", "21"]
    assert shas(api, issue, "?limit=3") == ["72", "71", "52"]


def test_a_commit_that_more_than_one_release_has_is_told_once(api, issue, register):
    register("shop@1.5", commit("aa"))
    register("shop@1.7", commit("aa"))
    ((found),) = api.get(f"/issues/{issue}/suspect-commits").json["data"]
    assert found["release"] == "shop@1.7"


def test_what_is_read_of_them_has_an_end(api, issue, register, monkeypatch):
    monkeypatch.setattr(suspect_commits, "MOST_READ", 100)
    register("shop@1.7", commit("aa"), commit("bb", "x" * 100), commit("cc"))
    assert shas(api, issue) == ["aa"]


def test_there_are_none_without_a_release_or_an_event_or_of_others(api, db, world, issue, register):
    stranger = factories.event(db, factories.issue(db, world.project), CRASH)
    register("shop@1.7", commit("aa"), project=world.other_project)
    assert shas(api, issue) == []
    register("shop@1.7", commit("aa"))
    assert shas(api, issue) == ["aa"]
    (unreleased,) = db.execute("SELECT issue_id FROM events WHERE id = ?", (stranger,)).fetchone()
    assert shas(api, unreleased) == []
    assert shas(api, factories.issue(db, world.project)) == []
    foreign = factories.issue(db, world.foreign_project)
    assert api.get(f"/issues/{foreign}/suspect-commits").status_code == 404


def test_of_a_merged_issue_the_first_release_of_all_counts(
    api, db, world, issue, release, register
):
    part = factories.part(
        db, issue, first_release_id=release["shop@1.1"], first_release_at=factories.ago(days=30),
        first_seen=factories.ago(days=30),
    )  # fmt: skip
    register("shop@1.0", commit("old"))
    assert shas(api, issue) == shas(api, part) == ["old"]
