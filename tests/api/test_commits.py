"""Commits that are registered with a release resolve issues: named by them, or waiting for them."""

import json

import factories
import pytest

from jentry.store import merging
from jentry.store.audit import Actor
from jentry.store.connection import transaction

SHA = "1f2e3d4c5b6a79880716253443526170deadbeef"
OTHER_SHA = "99" * 20


@pytest.fixture
def issue(db, world):
    return factories.issue(db, world.project)


@pytest.fixture
def slug(db, world):
    return db.execute("SELECT slug FROM projects WHERE id = ?", (world.project,)).fetchone()[0]


@pytest.fixture
def register(api, world):
    def call(version, *commits, project=None):
        commits = [{"sha": sha, "message": message} for sha, message in commits]
        path = f"/projects/{project or world.project}/releases"
        answer = api.post(path, {"version": version, "commits": commits})
        assert answer.status_code == 201, answer.json

    return call


def of(api, issue):
    found = api.get(f"/issues/{issue}").json["data"]
    return found["status"], found["statusDetails"]


def resolved(audited):
    return [
        (target, user, json.loads(meta))
        for action, target, user, meta in audited()
        if action == "issue.resolve"
    ]


def test_an_issue_that_a_commit_names_is_resolved_in_its_release(
    api, world, issue, slug, register, audited
):
    before = api.get(f"/issues/{issue}").json["data"]
    message = f"Totals are right\n\nFixes {slug.upper()}-{issue}"
    register("shop@2.0", (OTHER_SHA, "Docs"), (SHA, message))
    details = {"inRelease": "shop@2.0", "inCommit": SHA}
    assert of(api, issue) == ("resolved", details)
    ((target, user, meta),) = resolved(audited)
    operation = meta.pop("operationId")
    assert (target, user) == (f"issue:{issue}", world.owner)
    assert meta == {
        "via": "commit", "token": "test", "from": "unresolved", "statusDetails": details,
    }  # fmt: skip
    newest = api.get(f"/issues/{issue}/activity").json["data"][0]
    assert (newest["type"], newest["meta"]["statusDetails"]) == ("issue.resolve", details)
    assert api.post(f"/operations/{operation}/undo").json["data"]["restored"] == 1
    assert api.get(f"/issues/{issue}").json["data"] == before


def test_a_commit_counts_once_with_the_first_release_that_has_it(
    api, issue, slug, register, audited
):
    named = (SHA, f"fix {slug}-{issue}")
    register("shop@2.0", named)
    assert of(api, issue)[1]["inRelease"] == "shop@2.0"
    api.patch(f"/issues/{issue}", {"status": "unresolved"})
    register("shop@2.0", named, (OTHER_SHA, "Docs"))  # again, with another one
    register("shop@2.1", named)
    assert of(api, issue) == ("unresolved", {})
    register("shop@2.2", ("22" * 20, f"Really fixes {slug}-{issue}"))
    assert of(api, issue)[1]["inRelease"] == "shop@2.2"
    assert len(resolved(audited)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "#{issue}",
        "OTHER-{issue}",
        "{slug}-{other}",
        "jentry#{other}",
        "jentry#{foreign}",
        "{slug}-{foreign}",
        "http://jentry.test/projects/{other_project}/issues/{issue}",
        "http://elsewhere.test/projects/{project}/issues/{issue}",
        "jentry#9007199254740993",
    ],
)
def test_other_issues_are_left_alone(api, db, world, issue, slug, register, audited, name):
    other = factories.issue(db, world.other_project)
    foreign = factories.issue(db, world.foreign_project)
    name = name.format(
        issue=issue, slug=slug, other=other, foreign=foreign, project=world.project,
        other_project=world.other_project,
    )  # fmt: skip
    register("shop@2.0", (SHA, f"Fixes {name}"))
    assert resolved(audited) == []
    statuses = db.execute("SELECT DISTINCT status FROM issues").fetchall()
    assert [row[0] for row in statuses] == ["unresolved"]


@pytest.mark.parametrize(
    "name", ["jentry#{issue}", "http://jentry.test/projects/{project}/issues/{issue}"]
)
def test_an_issue_is_named_by_its_number_or_its_page(api, world, issue, register, name):
    register("shop@2.0", (SHA, f"Fixes {name.format(issue=issue, project=world.project)}"))
    assert of(api, issue)[0] == "resolved"


def test_of_a_merged_issue_the_whole_is_resolved(api, db, world, issue, register, audited):
    part = factories.issue(db, world.project)
    with transaction(db):
        merging.join(db, Actor(world.org, None, "cli"), issue, [part], factories.AT)
    register("shop@2.0", (SHA, f"Fixes jentry#{part} and jentry#{issue}"))
    assert of(api, issue)[0] == "resolved"
    assert [target for target, *_ in resolved(audited)] == [f"issue:{issue}"]


@pytest.mark.parametrize(
    ("wanted", "sha"),
    [(SHA, SHA), (SHA[:7], SHA), (SHA, SHA[:7]), (SHA[:9].upper(), SHA), ("r7", "r7")],
)
def test_resolved_in_a_commit_is_resolved_in_its_release(
    api, issue, register, audited, wanted, sha
):
    body = {"status": "resolved", "statusDetails": {"inCommit": wanted}}
    for _ in range(2):
        assert api.patch(f"/issues/{issue}", body).status_code == 200
    register("shop@1.0", (OTHER_SHA, "Docs"), ("r77", "Docs"), (SHA[:6], "Docs"))
    assert of(api, issue) == ("resolved", {"inCommit": wanted})
    register("shop@2.0", (sha, "Totals are right"))
    assert of(api, issue) == ("resolved", {"inRelease": "shop@2.0", "inCommit": wanted})
    api.patch(f"/issues/{issue}", body)
    metas = [meta for *_, meta in resolved(audited)]
    assert [(meta["via"], meta["from"]) for meta in metas] == [
        ("api", "unresolved"), ("commit", "resolved"),
    ]  # fmt: skip


def test_a_commit_that_is_released_already_is_that_release(api, db, world, issue, register):
    register("shop@2.0", (SHA, "Totals are right"))
    register("shop@2.1", (SHA, "Totals are right"))
    register("shop@3.0", (SHA, ""), project=world.other_project)
    body = {"ids": [issue], "status": "resolved", "statusDetails": {"inCommit": SHA[:8]}}
    operation = api.patch(f"/projects/{world.project}/issues", body).json["data"]
    assert of(api, issue)[1] == {"inRelease": "shop@2.0", "inCommit": SHA[:8]}
    shown = api.get(f"/operations/{operation['operationId']}").json["data"]["change"]
    assert shown == {"status": "resolved", "statusDetails": {"inCommit": SHA[:8]}}


def test_undoing_puts_back_what_the_commit_has_come_to(api, world, issue, register):
    waiting = {"status": "resolved", "statusDetails": {"inCommit": SHA}}
    api.patch(f"/issues/{issue}", waiting)
    body = {"ids": [issue], "status": "ignored"}
    operation = api.patch(f"/projects/{world.project}/issues", body).json["data"]
    register("shop@2.0", (SHA, ""))
    assert of(api, issue) == ("ignored", {})
    assert api.post(f"/operations/{operation['operationId']}/undo").json["data"]["restored"] == 1
    assert of(api, issue) == ("resolved", {"inRelease": "shop@2.0", "inCommit": SHA})
