"""Merged issues beside everything else that touches issues: the figures stay exact, and nothing
shows a part as an issue.
"""

import re
from contextlib import closing
from datetime import timedelta

import factories
import pytest
from click.testing import CliRunner

from jentry import clock, create_app
from jentry.cli import main
from jentry.settings import Settings
from jentry.store import checks, mail_choices, mail_contents
from jentry.store.connection import connect
from jentry.upkeep import erasures
from jentry.upkeep.job import Turn, Work

JANE = {"id": "person-81x", "email": "jane.roe@person.test"}
DAY = factories.ago(days=1)[:10]


@pytest.fixture
def merged(shop):
    """The whole and its parts, and one that is not merged."""
    first = shop.send("A", user={"id": "u1"}, release="shop@1.0")
    second = shop.send("B", user={"id": "u1"}, release="shop@1.0", tags={"plan": "gold"})
    third = shop.send("C", user={"id": "u2"})
    other = shop.send("D")
    shop.merge(first, second, third)
    return first, (second, third), other


# What is shown ------------------------------------------------------------------------------------


LISTS = [
    "/api/v1/issues?status=all", "/api/v1/projects/{project}/issues?status=all",
    "/api/v1/projects/{project}/issues?status=all&sort=users&level=error&period=24h",
    "/api/v1/projects/{project}/issues?search=-plan:silver&status=all",
    "/api/v1/projects/{project}/issues?search=-is:resolved", "/api/v1/issues?tag[plan]=gold",
    "/api/v1/issues?search=release:shop@1.0", "/api/v1/issues?query=broke",
    "/api/v1/issues?search=id:{part}%20OR%20plan:gold",
    "/api/v1/projects/{project}/releases/shop@1.0/comparison",
    "/api/0/organizations/{org}/issues/?query=",
    "/api/0/organizations/{org}/issues/?query=plan:gold",
    "/api/0/projects/{org}/{project}/issues/?query=", "/api/0/projects/{org}/{project}/events/",
    "/api/0/organizations/{org}/events/?field=issue.id&field=count()&statsPeriod=24h",
    "/api/0/organizations/{org}/issues/?query={event}",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_a_part(shop, merged, path):
    first, parts, _ = merged
    event = shop.get(f"/issues/{first}/events?search=plan:gold")[0]["id"]
    path = path.format(project=shop.shop, org=shop.org, part=parts[0], event=event)
    answer = shop.client.get(path, headers={"Authorization": f"Bearer {shop.token}"})
    assert answer.status_code == 200, answer.json
    pattern = r'"(?:id|issueId|groupID|issue\.id|newIds)":\[?"?(\d+)"?[],}]'
    found = {int(number) for number in re.findall(pattern, answer.text.replace(" ", ""))}
    assert first in found, answer.text
    assert found.isdisjoint(parts), answer.text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("issues/{part}/", "id"), ("issues/WEB-{part}/", "id"),
        ("issues/{part}/events/latest/", "groupID"), ("shortids/WEB-{part}/", "groupId"),
    ],
)  # fmt: skip
def test_the_other_api_leads_an_old_id_on(shop, merged, path, told):
    first, parts, _ = merged
    shop.db.execute("UPDATE projects SET slug = 'web' WHERE id = ?", (shop.shop,))
    headers = {"Authorization": f"Bearer {shop.token}"}
    for part in parts:
        address = f"/api/0/organizations/{shop.org}/{path.format(part=part)}"
        answer = shop.client.get(address, headers=headers)
        assert (answer.status_code, answer.json.get(told)) == (200, str(first)), answer.json


@pytest.mark.parametrize("path", ["{part}/", "WEB-{part}/", "?id={part}&id={first}"])
def test_the_other_api_changes_the_whole_by_an_old_id(shop, merged, path):
    first, parts, other = merged
    shop.db.execute("UPDATE projects SET slug = 'web' WHERE id = ?", (shop.shop,))
    answer = shop.client.put(
        f"/api/0/organizations/{shop.org}/issues/{path.format(part=parts[0], first=first)}",
        headers={"Authorization": f"Bearer {shop.token}"}, json={"status": "resolved"},
    )  # fmt: skip
    assert (answer.status_code, answer.json.get("id")) in ((200, str(first)), (200, None))
    found = {number: row["status"] for number, row in shop.listed().items()}
    assert found == {first: "resolved", other: "unresolved"}


def test_the_weekly_mail_counts_a_merged_issue_once(shop, merged):
    first, _, other = merged
    about = {
        "template": "weekly", "user_id": shop.owner, "since": f"{DAY}T00:00:00.000Z",
        "until": clock.timestamp(clock.now() + timedelta(hours=1)),
    }  # fmt: skip
    mail_choices.choose(shop.db, shop.org, shop.owner, "weekly", True, about["until"])
    told = mail_contents.look_up(shop.db, shop.org, about, about["until"])
    assert told["new_count"] == 2
    assert [(row["id"], row["recent"]) for row in told["busiest"]] == [(first, 3), (other, 1)]


def test_a_comment_from_before_the_merge_is_told_of_the_whole(shop):
    first, second = shop.send("A"), shop.send("B")
    made = shop.open("POST", f"/issues/{second}/comments", {"text": "@mara look"})
    shop.merge(first, second)
    about = {
        "template": "named", "user_id": shop.owner, "comment_id": made.json["data"]["id"],
    }  # fmt: skip
    told = mail_contents.look_up(shop.db, shop.org, about, clock.timestamp(clock.now()))
    assert (told["issue"]["id"], told["issue"]["count"]) == (first, 2)


# What brings issues back --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "come", "after"),
    [
        pytest.param({"ignoreCount": 3}, ["A1", "B1", "C1"], 3, id="events of all parts"),
        pytest.param({"ignoreCount": 2, "ignoreWindow": 60}, ["B1", "C2"], 2, id="in a window"),
        pytest.param({"ignoreUserCount": 2}, ["B1", "B2", "A8", "C8", "C9"], 5, id="new users"),
        pytest.param(
            {"ignoreUserCount": 2, "ignoreUserWindow": 60}, ["B1", "C1", "A2"], 3, id="users again"
        ),
        pytest.param({"inRelease": "shop@1.0"}, ["B1", "C1shop@1.0"], 2, id="release"),
    ],
)
def test_a_condition_of_the_whole_is_met_by_its_parts(shop, merged, details, come, after):
    first, _, _ = merged
    status = "resolved" if "inRelease" in details else "ignored"
    body = {"status": status, "statusDetails": details}
    assert shop.open("PATCH", f"/issues/{first}", body).status_code == 200
    seen = []
    for kind, user, *release in come:
        said = {"release": "".join(release)} if release else {}
        shop.send(kind, user={"id": f"u{user}"}, **said)
        seen.append(shop.get(f"/issues/{first}")["status"])
    assert seen == [status] * (after - 1) + ["unresolved"]


@pytest.mark.parametrize("is_resolved_in", [None, "shop@1.0"])
@pytest.mark.parametrize("kind", [None, "B", "C"])
def test_one_that_had_parts_of_its_own_comes_back_by_its_own_events(shop, is_resolved_in, kind):
    """It was resolved as a whole, then merged into yet another one, and leaves that alone."""
    first, second, third = shop.send("A"), shop.send("B", release="shop@1.0"), shop.send("C")
    for _ in range(3):
        shop.send("C", release="shop@2.0")
    shop.merge(second, third)
    details = {"statusDetails": {"inRelease": is_resolved_in}} if is_resolved_in else {}
    body = {"status": "resolved"} | details
    assert shop.open("PATCH", f"/issues/{second}", body).status_code == 200
    shop.merge(first, second)
    if kind is not None:
        shop.send(kind, release="shop@2.0")
    shop.unmerge(first, second)
    found = shop.get(f"/issues/{second}")["status"]
    assert found == ("unresolved" if kind == "B" else "resolved")


def test_a_release_that_is_registered_again_resolves_the_whole_once(shop, merged):
    first, parts, _ = merged
    commit = {"sha": "1f2e3d4c5b6a", "message": f"Fixes jentry#{parts[1]}"}
    for number in range(2):
        answer = shop.open(
            "POST", f"/projects/{shop.shop}/releases", {"version": "shop@2.0", "commits": [commit]}
        )
        assert answer.status_code in (200, 201), answer.json
        found = shop.get(f"/issues/{first}")
        assert (found["status"], found["statusDetails"]) == (
            "resolved", {"inRelease": "shop@2.0", "inCommit": commit["sha"]},
        ), number  # fmt: skip
    told = shop.db.execute("SELECT target FROM audit_log WHERE action = 'issue.resolve'").fetchall()
    assert [row["target"] for row in told] in ([], [f"issue:{first}"])
    shop.unmerge(first, *parts)
    assert shop.get(f"/issues/{parts[1]}")["status"] == "unresolved"


# What goes ----------------------------------------------------------------------------------------


@pytest.mark.sqlite(reason="it looks into the file")
def test_of_an_erased_person_nothing_remains_in_a_part(shop):
    shop.db.execute("PRAGMA secure_delete = ON")
    first = shop.send("A", user={"id": "1"})
    second = shop.send("B", user={"id": "1"})
    shop.send("B", user=JANE)
    shop.send("A", user=JANE)
    shop.send("B", user={"id": "3"}, transaction=f"/of/{JANE['email']}",
              tags={"of": JANE["email"]})  # fmt: skip
    shop.merge(first, second)
    before = shop.get(f"/issues/{first}")
    assert (before["count"], before["userCount"]) == (5, 3)
    body = {"email": JANE["email"], "userId": JANE["id"]}
    path = shop.open("POST", "/erasures", body).headers["Location"].removeprefix("/api/v1")
    with closing(Work(shop.client.application.config["SETTINGS"], Turn())) as work:
        erasures.run(work)
        assert shop.open("POST", f"{path}/confirm").status_code == 202
        erasures.run(work)
    found = shop.get(f"/issues/{first}")
    assert (found["count"], found["userCount"], found["eventsKept"]) == (5, 3, 3)
    assert found["eventsGone"]["byReason"] == {"erased": 2}
    assert checks.counters(shop.db) == []
    shop.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = b"".join(each.read_bytes() for each in shop.db.path.parent.glob("jentry.db*"))
    assert [word for word in JANE.values() if word.encode() in raw] == []
    shop.unmerge(first, second)
    found = shop.get(f"/issues/{second}")
    assert (found["count"], found["userCount"], found["culprit"]) == (3, 3, "/of/[erased]")
    assert shop.listed(f"status=all&search=user:{JANE['id']}") == {}


# Another server -----------------------------------------------------------------------------------


def run(*words):
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return done.stdout


class Copy:
    """What an export makes of an empty file."""

    def __init__(self, shop, folder):
        export, path = folder / "export.jsonl", folder / "other.db"
        slug = shop.db.execute("SELECT slug FROM organizations WHERE id = ?", (shop.org,))
        slug = slug.fetchone()[0]
        run("export", export, "--org", slug, "--db", shop.db.path)
        run("migrate", "--db", path)
        run("import", export, "--db", path)
        self.path = path
        self.client = create_app(Settings(db=path)).test_client()
        run("user", "create", "new@acme.test", "--org", slug, "--role", "owner", "--db", path)
        scopes = [word for name in ("issue:read", "issue:write") for word in ("--scope", name)]
        made = run(
            "token", "create", "t", "--org", slug, "--user", "new@acme.test", *scopes, "--db", path
        )
        self.token = re.search(r"jto_\w+", made).group()

    def open(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, json=body)
        assert answer.status_code == 200, answer.json
        return answer.json["data"]

    def issues(self):
        return {row["title"][0]: row for row in self.open("GET", "/issues?status=all")}


def test_parts_are_parts_in_the_file_that_an_export_is_read_into(shop, tmp_path):
    """What was to bring them back once they leave still does."""
    first, *parts = [shop.send(kind, release="shop@1.0", user={"id": "1"}) for kind in "ABCDE"]
    details = [
        ("resolved", {"inRelease": "shop@1.0"}), ("resolved", {"inRelease": "shop@1.0"}),
        ("ignored", {"ignoreCount": 2}), ("resolved", {}),
    ]  # fmt: skip
    for part, (status, what) in zip(parts, details, strict=True):
        body = {"status": status} | ({"statusDetails": what} if what else {})
        assert shop.open("PATCH", f"/issues/{part}", body).status_code == 200
    shop.merge(first, *parts)
    shop.send("B")
    shop.send("C", release="shop@2.0")
    shop.send("E")
    copy = Copy(shop, tmp_path)
    (whole,) = copy.issues().values()
    assert (whole["count"], whole["userCount"], whole["parts"]) == (8, 1, 5)
    known = {row["title"][0]: row for row in copy.open("GET", f"/issues/{whole['id']}/parts")}
    assert [known[kind]["newEvents"] for kind in "ABCDE"] == [None, 1, 1, 0, 1]
    leaving = [known[kind]["id"] for kind in "BCDE"]
    copy.open("POST", f"/issues/{whole['id']}/unmerge", {"parts": leaving})
    shop.unmerge(first, *parts)
    here = {row["title"][0]: row for row in shop.listed().values()}
    there = copy.issues()
    same = ("count", "userCount", "status", "substatus", "statusDetails", "firstRelease")
    assert {kind: [row[name] for name in same] for kind, row in there.items()} == {
        kind: [row[name] for name in same] for kind, row in here.items()
    }
    assert [here[kind]["status"] for kind in "BCDE"] == [
        "resolved", "unresolved", "ignored", "unresolved",
    ]  # fmt: skip
    with closing(connect(copy.path)) as db:
        assert checks.counters(db) == []
