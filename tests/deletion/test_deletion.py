"""Issues, projects and organizations: gone at once for everybody, and then from the file."""

import json

import factories
import pytest

from jentry.store import connection, deletion_steps, deletions
from jentry.store.audit import Actor
from jentry.store.deletion_steps import UNITS
from jentry.upkeep import deletions as pace

# What a deletion leaves, and what requests write by themselves.
ITS_OWN = ("deletions", "instance", "retired_projects", "token_windows", "api_tokens")


@pytest.fixture
def filled(world):
    world.events = world.fill(world.shop)
    world.fill(world.blog)
    world.fill(world.other)
    world.issues = {kind: world.issue(ids[0]) for kind, ids in world.events.items()}
    return world


def addresses(world, issue_id, event_id):
    """Where an issue is seen, and its events."""
    file = world.db.execute(
        "SELECT id FROM attachments WHERE event_id = ?", (bytes.fromhex(event_id),)
    ).fetchone()["id"]
    return [
        f"/issues/{issue_id}",
        *(f"/issues/{issue_id}/{part}" for part in ("tags", "releases", "stats", "comments")),
        f"/issues/{issue_id}/activity",
        f"/issues/{issue_id}/events",
        f"/issues/{issue_id}/events/latest",
        f"/events/{event_id}",
        f"/attachments/{file}",
        f"/attachments/{file}/content",
    ]


def statuses(world, paths, who="owner"):
    return {path: world.ask("GET", path, who).status_code for path in paths}


def test_an_issue_is_asked_for_twice_and_gone_at_once(filled):
    issue_id, events = filled.issues["ValueError"], filled.events["ValueError"]
    paths = addresses(filled, issue_id, events[1])
    assert set(statuses(filled, paths).values()) == {200}
    first = filled.ask("DELETE", f"/issues/{issue_id}")
    assert (first.status_code, first.json) == (
        409,
        {
            "error": f"This deletes issue {issue_id} with 3 events for good. "
            f"Repeat with confirm={issue_id}.",
            "confirm": str(issue_id),
        },
    )
    assert set(statuses(filled, paths).values()) == {200}

    done = filled.ask("DELETE", f"/issues/{issue_id}?confirm={issue_id}")
    assert done.status_code == 202
    told = done.json["data"]
    assert (told["kind"], told["target"], told["state"]) == (
        "issue",
        f"issue:{issue_id}",
        "running",
    )
    assert (told["done"], told["total"], told["finishedAt"]) == (0, 3, None)
    assert done.headers["Location"] == f"/api/v1/deletions/{told['id']}"
    assert set(statuses(filled, paths).values()) == {404}
    for path in (f"/projects/{filled.shop}/issues?status=all&period=all", "/issues?status=all"):
        found = filled.ask("GET", path).json["data"]
        assert issue_id not in [issue["id"] for issue in found]
    for part in ("attachments", "user-reports"):
        assert filled.ask("GET", f"/events/{events[0]}/{part}").json["data"] == []
    reports = filled.ask("GET", f"/projects/{filled.shop}/user-reports").json
    assert (len(reports["data"]), reports["total"]) == (1, 1)
    again = filled.ask("DELETE", f"/issues/{issue_id}?confirm={issue_id}")
    assert (again.status_code, again.json) == (202, done.json)


def test_what_is_left_of_an_issue_goes_and_nothing_else(filled):
    issue_id, events = filled.issues["ValueError"], filled.events["ValueError"]
    before = filled.rows(*ITS_OWN)
    filled.ask("DELETE", f"/issues/{issue_id}?confirm={issue_id}")
    filled.finish()
    after = filled.rows(*ITS_OWN)
    kinds = ("events", "event_payloads", "attachments", "attachment_payloads")
    assert [len(before[name]) - len(after[name]) for name in kinds] == [3] * 4
    assert len(before["user_reports"]) - len(after["user_reports"]) == 1
    ((number,),) = filled.db.execute("SELECT count(*) FROM issues WHERE id = ?", (issue_id,))
    assert number == 0
    added = {name: set(rows) - set(before[name]) for name, rows in after.items()}
    assert {name for name, rows in added.items() if rows} == {
        "project_usage",
        "releases", "organizations", "projects", "audit_log"
    }  # fmt: skip
    ((deletion,),) = [filled.ask("GET", "/deletions").json["data"]]
    assert (deletion["state"], deletion["done"]) == ("done", 3)
    (entry,) = filled.ask("GET", "/audit?action=issue.delete").json["data"]
    assert (entry["target"], entry["meta"]["events"]) == (f"issue:{issue_id}", 3)
    assert events[0] not in filled.ask("GET", f"/projects/{filled.shop}/issues").text


def test_the_error_of_a_deleted_issue_makes_a_new_one(filled):
    issue_id = filled.issues["ValueError"]
    filled.ask("DELETE", f"/issues/{issue_id}?confirm={issue_id}")
    first = filled.issue(filled.send(filled.shop))
    assert first not in filled.issues.values()
    filled.finish()
    assert filled.issue(filled.send(filled.shop)) == first
    shown = filled.ask("GET", f"/issues/{first}").json["data"]
    assert (shown["count"], shown["status"]) == (2, "unresolved")
    assert filled.problems() == []


def test_a_project_is_gone_at_once_and_what_is_sent_to_it_is_refused(filled):
    events = filled.events["KeyError"]
    key = filled.key(filled.shop)
    paths = [f"/projects/{filled.shop}", f"/projects/{filled.shop}/issues"]
    paths += addresses(filled, filled.issues["KeyError"], events[0])
    first = filled.ask("DELETE", f"/projects/{filled.shop}?confirm=blog")
    assert first.status_code == 409
    assert first.json["error"] == (
        "This deletes shop with 2 issues and 6 events for good. Repeat with confirm=shop."
    )
    assert filled.ask("DELETE", f"/projects/{filled.shop}?confirm=shop").status_code == 202
    assert set(statuses(filled, paths).values()) == {404}
    assert [p["slug"] for p in filled.ask("GET", "/projects").json["data"]] == ["blog"]
    before = filled.rows(*ITS_OWN)
    refused = filled.post(filled.shop, ({"type": "event"}, {"message": "late"}), key=key)
    assert (refused.status_code, refused.json["detail"]) == (
        403,
        "this project has been deleted",
    )
    assert filled.rows(*ITS_OWN) == before
    filled.finish()
    late = filled.post(filled.shop, ({"type": "event"}, {"message": "late"}), key=key)
    assert late.status_code == 403
    assert filled.ask("POST", "/projects", json={"name": "shop"}).json["data"]["slug"] == "shop"


@pytest.mark.parametrize("kind", ["issue", "project", "organization"])
def test_the_file_is_sound_after_every_step_and_others_keep_all(filled, kind, run, monkeypatch):
    """Steps as small as they can be: each may be the last one before kill -9."""
    monkeypatch.setattr(deletion_steps, "UNITS", 3)
    others = {
        "other": filled.ask("GET", "/issues", "stranger").json,
        "blog": filled.ask("GET", f"/projects/{filled.blog}/issues").json,
    }
    issue_id = filled.issues["KeyError"]
    word = {"issue": str(issue_id), "project": "shop", "organization": "acme"}[kind]
    args = {"issue": ("issue", word), "project": ("project", word, "--org", "acme")}
    command, *rest = args.get(kind, ("org", word))
    assert run(command, "delete", *rest, "--detach", "--confirm", word)[0] == 0
    problems = []
    steps = filled.finish(lambda: problems.extend(filled.problems()))
    assert problems == []
    assert steps > {"issue": 5, "project": 20, "organization": 40}[kind]
    assert filled.ask("GET", "/issues", "stranger").json == others["other"]
    if kind != "organization":
        assert filled.ask("GET", f"/projects/{filled.blog}/issues").json == others["blog"]


@pytest.mark.parametrize("kind", ["project", "organization"])
def test_nothing_of_it_is_left_in_any_table(filled, kind):
    """Compared with a file in which there never was such a thing."""
    gone = {"project": (filled.shop,), "organization": (filled.shop, filled.blog)}[kind]
    if kind == "project":
        filled.ask("DELETE", f"/projects/{filled.shop}?confirm=shop")
    else:
        with connection.transaction(filled.db) as at:
            request_organization(filled, at)
    filled.finish()
    for table in filled.rows():
        columns = [each[0] for each in filled.db.execute(f"SELECT * FROM {table}").description]
        if "project_id" in columns and table != "deletions":
            held = filled.db.execute(f"SELECT DISTINCT project_id FROM {table}").fetchall()
            assert {row[0] for row in held}.isdisjoint(gone), table
        if kind == "organization" and "org_id" in columns and table not in ITS_OWN:
            held = filled.db.execute(f"SELECT DISTINCT org_id FROM {table}").fetchall()
            assert filled.acme not in {row[0] for row in held}, table
    for table, owner in (
        ("event_payloads", "events"), ("attachment_payloads", "attachments"),
        ("issue_tags", "issues"), ("session_hours", "releases"), ("check_ins", "monitors"),
    ):  # fmt: skip
        column = {
            "issue_tags": "issue_id",
            "session_hours": "release_id",
            "check_ins": "monitor_id",
        }
        loose = filled.db.execute(
            f"SELECT count(*) FROM {table} WHERE {column.get(table, 'id')} NOT IN "
            f"(SELECT id FROM {owner})"
        ).fetchone()[0]
        assert loose == 0, table
    assert filled.problems() == []


def request_organization(world, at):
    deletions.request(
        world.db, Actor(world.acme, None, "cli"), "organization", world.acme, "acme", at
    )


def test_an_organization_is_gone_at_once(filled, run):
    code, said = run("org", "delete", "acme")
    assert code == 1
    assert said == (
        "This deletes acme with 2 projects, 4 issues and 12 events for good. "
        "Repeat with --confirm acme"
    )
    assert filled.ask("GET", "/projects").status_code == 200
    assert run("org", "delete", "acme", "--confirm", "acme", "--detach")[0] == 0
    assert filled.ask("GET", "/projects").status_code in (401, 403)
    assert run("org", "list", "--json")[1].count('"slug"') == 1
    assert run("project", "list", "--org", "acme")[0] == 1
    late = filled.post(filled.shop, ({"type": "event"}, {"message": "late"}))
    assert late.json["detail"] == "this project has been deleted"
    assert run("org", "create", "Acme")[0] == 0, "its slug is free"
    filled.finish()
    row = filled.db.execute("SELECT name FROM deletions WHERE kind = 'organization'").fetchone()
    assert row["name"] == ""
    users = filled.db.execute("SELECT count(*) FROM users WHERE email = 'owner@acme.test'")
    assert users.fetchone()[0] == 1


def test_a_server_without_an_organization_can_be_set_up_again(world, run):
    for slug in ("acme", "rival"):
        assert run("org", "delete", slug, "--confirm", slug)[0] == 0
    assert world.client.get("/").status_code in (200, 302, 303)
    assert run("org", "list")[1] == "No organization yet."


@pytest.mark.parametrize(
    ("kind", "may"),
    [("issue", {"owner": 202, "admin": 202}), ("project", {"owner": 202, "admin": 403})],
)
@pytest.mark.parametrize("who", ["owner", "admin", "stranger"])
def test_who_may(filled, kind, may, who):
    target = filled.issues["KeyError"] if kind == "issue" else filled.shop
    word = target if kind == "issue" else "shop"
    answer = filled.ask("DELETE", f"/{kind}s/{target}?confirm={word}", who)
    assert answer.status_code == may.get(who, 404), answer.json
    assert (answer.status_code == 202) == bool(filled.ask("GET", "/deletions").json["data"])


@pytest.mark.parametrize(
    ("path", "scopes"),
    [("/issues/1", ("issue:read", "project:admin")), ("/projects/1", ("issue:write",))],
)
def test_scopes(world, path, scopes):
    world.tokens["owner"] = factories.token(world.db, world.acme, world.owner, scopes)
    answer = world.ask("DELETE", path)
    assert answer.status_code == 403
    assert "scope" in answer.json["error"]


def test_others_see_no_deletion(filled):
    filled.ask("DELETE", f"/projects/{filled.shop}?confirm=shop")
    assert filled.ask("GET", "/deletions", "stranger").json["data"] == []
    assert filled.ask("GET", "/deletions/1", "stranger").status_code == 404


def test_a_chosen_id_never_comes_back_for_somebody_else(world, run):
    next_id = world.db.execute("SELECT max(id) + 2 FROM projects").fetchone()[0]
    with connection.transaction(world.db):
        world.db.execute("UPDATE instance SET last_project_id = ?", (next_id - 2,))
    run("project", "create", "Moved", "--org", "acme", "--id", next_id)
    assert run("project", "delete", "moved", "--org", "acme", "--confirm", "moved")[0] == 0
    made = [
        world.ask("POST", "/projects", "stranger", json={"name": str(n)}).json["data"]["id"]
        for n in "abc"
    ]
    assert next_id not in made
    assert max(made) > next_id
    refused = world.ask("POST", "/projects", "stranger", json={"name": "x", "id": next_id})
    assert refused.status_code == 409
    again = run("project", "create", "Moved", "--org", "acme", "--id", next_id, "--json")
    assert json.loads(again[1])["id"] == next_id


def test_the_command_line_says_what_goes_and_does_it(filled, run):
    issue_id = filled.issues["KeyError"]
    code, said = run("issue", "delete", issue_id)
    assert (code, said) == (
        1,
        f"This deletes issue {issue_id} with 3 events for good. Repeat with --confirm {issue_id}",
    )
    assert run("issue", "delete", issue_id, "--confirm", "yes")[0] == 1
    assert run("issue", "delete", issue_id, "--confirm", issue_id) == (
        0,
        f"Deleted issue:{issue_id} with 3 events.",
    )
    assert run("issue", "delete", issue_id, "--confirm", issue_id)[0] == 1
    code, said = run(
        "project", "delete", "shop", "--org", "acme", "--confirm", "shop", "--detach", "--json"
    )
    assert (code, json.loads(said)["state"], json.loads(said)["total"]) == (0, "running", 3)
    assert filled.finish() > 0
    assert filled.problems() == []


def test_large_files_do_not_go_all_at_once(world, monkeypatch):
    monkeypatch.setattr(deletion_steps, "MOST_BYTES", 100)
    event_id = world.send(
        world.shop,
        more=[({"type": "attachment", "filename": f"{n}.bin"}, bytes(90)) for n in range(5)],
    )
    issue_id = world.issue(event_id)
    world.ask("DELETE", f"/issues/{issue_id}?confirm={issue_id}")
    left = []
    world.finish(
        lambda: left.append(world.db.execute("SELECT count(*) FROM attachments").fetchone()[0])
    )
    assert left[:3] == [3, 1, 0]
    assert world.problems() == []


@pytest.mark.parametrize("cost", [1e-7, 1e-5, 1e-4, 1e-3])
def test_steps_are_as_large_as_the_machine_is_fast(cost):
    units = UNITS
    for _ in range(40):
        units = pace.next_units(units, units * cost)
    expected = min(max(pace.SECONDS / cost, pace.LEAST), UNITS)
    assert units == pytest.approx(expected, rel=0.1)
