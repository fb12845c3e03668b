"""Issues are merged and taken apart: figures, addresses, undoing, what is refused."""

import json

import factories
import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import checks, connection, deletion_steps, deletions
from jentry.store.audit import Actor

DAY = factories.ago(days=1)[:10]


@pytest.fixture
def three(shop):
    """Issues with users and releases that they share in part."""
    first = shop.send("A", user={"id": "1"}, release="shop@1", timestamp=f"{DAY}T10:00:00Z")
    shop.send("A", user={"id": "2"}, release="shop@2", timestamp=f"{DAY}T10:00:01Z")
    second = shop.send("B", user={"id": "2"}, release="shop@2", timestamp=f"{DAY}T09:00:00Z")
    third = shop.send("C", user={"id": "3"}, tags={"plan": "gold"}, level="fatal",
                      timestamp=f"{DAY}T11:00:00Z")  # fmt: skip
    return first, second, third


def test_a_merged_issue_shows_what_its_parts_are_together(shop, three):
    first, second, third = three
    assert {row["issues"] for row in releases(shop).values()} == {1, 2}
    shop.merge(first, second, third)
    assert list(shop.listed()) == [first]
    whole = shop.get(f"/issues/{first}")
    assert (whole["count"], whole["userCount"], whole["parts"]) == (4, 3, 3)
    assert (whole["firstSeen"], whole["lastSeen"]) == (
        f"{DAY}T09:00:00.000Z",
        f"{DAY}T11:00:00.000Z",
    )
    assert (whole["title"], whole["level"]) == ("C: it broke", "fatal")
    assert (whole["firstRelease"], whole["lastRelease"]) == ("shop@2", "shop@2")
    assert {name: row["issues"] for name, row in releases(shop).items()} == {
        "shop@1": 1, "shop@2": 1,
    }  # fmt: skip
    assert whole["eventsKept"] == 4
    assert len(whole["grouping"]) == 3
    events = shop.get(f"/issues/{first}/events")
    assert [row["issueId"] for row in events] == [first] * 4
    assert [row["timestamp"][11:16] for row in events] == ["11:00", "10:00", "10:00", "09:00"]
    tags = {tag["key"]: tag["total"] for tag in shop.get(f"/issues/{first}/tags")}
    assert (tags["plan"], tags["level"]) == (1, 4)
    assert {row["release"]: row["events"] for row in shop.get(f"/issues/{first}/releases")} == {
        "shop@1": 1, "shop@2": 2,
    }  # fmt: skip
    parts = shop.get(f"/issues/{first}/parts")
    assert [(part["id"], part["isSelf"], part["count"]) for part in parts] == [
        (first, True, 2), (second, False, 1), (third, False, 1),
    ]  # fmt: skip


def releases(shop):
    return {row["release"]: row for row in shop.get(f"/projects/{shop.shop}/releases")}


@pytest.mark.parametrize(
    "query",
    ["search=plan:gold", "search=error.type:C", "search=user:3", "tag[plan]=gold",
     "search=release:shop@1 user:3", "search=has:plan level:fatal", "search=-user:4"],
)  # fmt: skip
def test_a_merged_issue_is_found_by_what_any_part_has(shop, three, query):
    shop.merge(three[0], *three[1:])
    assert list(shop.listed(f"status=all&{query}")) == [three[0]]


def test_files_of_all_parts_are_those_of_the_issue(shop, three):
    for part in three:
        row = shop.db.execute("SELECT event_id FROM events WHERE issue_id = ?", (part,)).fetchone()
        factories.attachment(shop.db, shop.shop, event_id=row["event_id"])
    shop.merge(*three)
    headers = {"Authorization": f"Bearer {shop.token}"}
    answer = shop.client.get(
        f"/api/0/organizations/{shop.org}/issues/{three[0]}/attachments/", headers=headers
    )
    assert (answer.status_code, len(answer.json)) == (200, 3)


def test_each_event_is_found_in_its_place_among_those_of_all_parts(shop, three):
    shop.merge(three[1], three[0], three[2])
    found, event = [], shop.get(f"/issues/{three[1]}/events/oldest")
    while event:
        found.append((event["timestamp"][11:16], event["position"], event["retained"]))
        following = event["nextEventId"]
        event = following and shop.get(f"/issues/{three[1]}/events/{following}")
    assert found == [("09:00", 1, 4), ("10:00", 2, 4), ("10:00", 3, 4), ("11:00", 4, 4)]
    found = shop.get(f"/issues/{three[1]}/events?search=plan:gold")
    assert [row["timestamp"][11:16] for row in found] == ["11:00"]
    assert len(shop.get(f"/issues/{three[1]}/events?environment=none")) == 0


def test_an_event_of_any_part_counts_and_a_user_counts_once(shop, three):
    first, second, third = three
    shop.merge(first, second, third)
    assert shop.send("B", user={"id": "1"}, release="shop@1", level="fatal") == second
    assert shop.send("B", user={"id": "9"}, level="warning") == second
    shop.send("A", user={"id": "9"}, title="x")
    whole = shop.get(f"/issues/{first}")
    assert (whole["count"], whole["userCount"]) == (7, 4)
    assert releases(shop)["shop@1"]["issues"] == 1
    assert [p["newEvents"] for p in shop.get(f"/issues/{first}/parts")] == [None, 2, 0]


def test_a_part_that_leaves_is_exact_and_its_hash_leads_to_it_again(shop, three):
    first, second, third = three
    before = shop.listed()
    shop.merge(first, second, third)
    shop.unmerge(first, third)
    assert shop.listed().keys() == {first, third}
    shop.unmerge(first, second)
    assert shop.listed() == before
    assert shop.send("B", user={"id": "7"}) == second
    assert shop.get(f"/issues/{second}")["userCount"] == 2
    assert shop.get(f"/issues/{first}")["count"] == 2


def test_an_old_id_leads_on_and_is_not_changed(shop, three):
    first, second, _ = three
    shop.merge(first, second)
    for path in ("", "/events", "/tags", "/releases", "/stats", "/comments", "/activity", "/parts"):
        assert shop.get(f"/issues/{second}{path}") == shop.get(f"/issues/{first}{path}"), path
    refused = [
        shop.open("PATCH", f"/issues/{second}", {"status": "resolved"}),
        shop.open("POST", f"/issues/{second}/comments", {"text": "x"}),
        shop.open("POST", f"/issues/{second}/unmerge", {"parts": [second]}),
        shop.open("DELETE", f"/issues/{second}?confirm={second}"),
        shop.open("PATCH", f"/projects/{shop.shop}/issues", {"ids": [second], "status": "ignored"}),
    ]
    for answer in refused:
        assert answer.status_code == 409, answer.json
        assert f"issue {first}" in answer.json["error"]


@pytest.mark.parametrize(
    ("ids", "into", "error"),
    [
        pytest.param("second", "part", "was merged into", id="the target is a part"),
        pytest.param("part", "second", "was merged into", id="a member is a part"),
        pytest.param("blog", "second", "is not the id of an issue", id="of another project"),
        pytest.param("foreign", "second", "is not the id of an issue", id="of nobody here"),
        pytest.param("second", "foreign", "is not the id of an issue", id="into nobody's"),
        pytest.param("second", "blog", "is not the id of an issue", id="into another project"),
    ],
)
def test_what_cannot_be_merged_is_refused(shop, three, ids, into, error):
    first, second, part = three
    shop.merge(first, part)
    known = {
        "second": second, "part": part, "blog": shop.send("A", shop.blog),
        "foreign": shop.send("A", shop.foreign),
    }  # fmt: skip
    body = {"ids": [known[ids]], "mergeInto": known[into]}
    answer = shop.open("PATCH", f"/projects/{shop.shop}/issues", body)
    assert answer.status_code == 400
    assert error in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"mergeInto": 1, "status": "resolved"}, 400), ({"mergeInto": None}, 400),
        ({"mergeInto": "1"}, 400), ({"mergeInto": 10**6}, 400), ({"expected": 3}, 400),
        ({"mergeInto": 1, "expected": 2}, 409), ({"mergeInto": 1, "expected": -1}, 400),
        ({"status": "resolved", "expected": 4}, 409), ({"status": "resolved", "expected": 3}, 200),
    ],
)  # fmt: skip
def test_a_change_that_is_not_understood_or_not_expected_changes_nothing(shop, three, body, status):
    answer = shop.open("PATCH", f"/projects/{shop.shop}/issues", {"filter": {}} | body)
    assert answer.status_code == status, answer.json
    assert len(shop.listed()) == 3


@pytest.mark.parametrize("parts", [[], [999], ["self"], None, "x"])
def test_what_is_not_a_part_does_not_leave(shop, three, parts):
    first, second, _ = three
    shop.merge(first, second)
    named = [first] if parts == ["self"] else parts
    assert shop.open("POST", f"/issues/{first}/unmerge", {"parts": named}).status_code == 400
    assert shop.get(f"/issues/{first}")["parts"] == 2


def test_undoing_takes_out_what_is_still_there(shop, three):
    first, second, third = three
    operation = shop.merge(first, second, third)
    assert shop.get(f"/operations/{operation}")["change"] == {"mergeInto": first}
    shop.unmerge(first, third)
    done = shop.undo(operation)
    assert (done["changed"], done["restored"], done["skipped"]) == (2, 1, 1)
    assert shop.listed().keys() == set(three)
    assert shop.get(f"/issues/{first}")["parts"] == 0


def test_a_merged_issue_brings_its_parts_and_undoing_puts_them_back(shop, three):
    first, second, third = three
    before = shop.merge(second, third)
    operation = shop.merge(first, second)
    assert shop.get(f"/issues/{third}")["id"] == first
    assert shop.get(f"/issues/{first}")["parts"] == 3
    assert shop.undo(operation)["restored"] == 1
    assert shop.get(f"/issues/{third}")["id"] == second
    assert [(i, row["parts"], row["count"]) for i, row in sorted(shop.listed().items())] == [
        (first, 0, 2), (second, 2, 2),
    ]  # fmt: skip
    assert shop.undo(before)["restored"] == 1
    assert shop.listed().keys() == set(three)


@pytest.mark.parametrize(
    ("status", "events", "expected"),
    [
        ("resolved", 0, ("resolved", None)), ("resolved", 1, ("unresolved", "regressed")),
        ("ignored", 1, ("ignored", "archived_until_escalating")),
        ("unresolved", 1, ("unresolved", "new")),
    ],
)  # fmt: skip
def test_a_part_has_its_old_state_unless_it_was_resolved_and_came_back(
    shop, three, status, events, expected
):
    first, second, _ = three
    body = {"assigneeUserId": shop.owner} | ({"status": status} if status != "unresolved" else {})
    shop.open("PATCH", f"/issues/{second}", body)
    shop.merge(first, second)
    for _ in range(events):
        shop.send("B")
    shop.unmerge(first, second)
    found = shop.get(f"/issues/{second}")
    assert (found["status"], found["substatus"]) == expected
    assert found["assigneeUserId"] == shop.owner


@pytest.mark.parametrize(
    ("details", "come", "expected"),
    [
        ({"inRelease": "shop@2.0"}, [None, "shop@1.0"], "resolved"),
        ({"inRelease": "shop@2.0"}, [None, "shop@2.0", "shop@1.0"], "unresolved"),
        ({"inRelease": "shop@2.0"}, ["shop@2.1"], "unresolved"),
        ({"inNextRelease": True}, ["shop@2.0"], "resolved"),
        ({"inNextRelease": True}, ["shop@2.1"], "unresolved"),
        ({"inCommit": "1f2e3d4"}, ["shop@2.1"], "resolved"),
        ({}, ["shop@1.0"], "unresolved"),
    ],
)
def test_a_part_that_was_resolved_in_a_release_regresses_by_its_events_only(
    shop, three, db, details, come, expected
):
    first, second, _ = three
    for version in ("shop@1.0", "shop@2.0"):  # of before, which say nothing
        shop.send("B", release=version)
    body = {"status": "resolved", "statusDetails": details}
    assert shop.open("PATCH", f"/issues/{second}", body).status_code == 200
    shop.merge(first, second)
    for version in come:
        shop.send("B", release=version)
    shop.unmerge(first, second)
    found = shop.get(f"/issues/{second}")
    is_back = expected == "unresolved"
    assert found["status"] == expected
    assert found["statusDetails"] == ({} if is_back else details)
    returns = db.execute(
        """
        SELECT v.version
        FROM issue_returns r
        JOIN releases v ON v.id = r.release_id
        WHERE r.issue_id = ?
        """,
        (second,),
    ).fetchall()
    assert [row["version"] for row in returns] == [
        version for version in (come[1:2] or come) if is_back
    ]


def test_a_resolved_issue_comes_back_by_an_event_of_any_part(shop, three, db):
    first, second, _ = three
    shop.merge(first, second)
    shop.open("PATCH", f"/issues/{first}", {"status": "resolved"})
    shop.send("B")
    assert shop.get(f"/issues/{first}")["substatus"] == "regressed"
    told = [tuple(row) for row in db.execute("SELECT kind, issue_id FROM happenings")]
    assert ("regressed", first) in told
    assert ("new_issue", second) not in told


def test_a_condition_sleeps_with_its_part_and_wakes_with_it(shop, three, db):
    first, second, _ = three
    wait = {"status": "ignored", "statusDetails": {"ignoreCount": 2}}
    shop.open("PATCH", f"/issues/{second}", wait)
    shop.merge(first, second)
    assert db.execute("SELECT count(*) FROM issue_conditions").fetchone()[0] == 0
    shop.send("B")
    shop.unmerge(first, second)
    assert shop.get(f"/issues/{second}")["statusDetails"] == {"ignoreCount": 2}
    shop.send("B")
    assert shop.get(f"/issues/{second}")["status"] == "unresolved"


def test_merging_is_told_in_the_audit_log_of_each(shop, three, db):
    first, second, _ = three
    operation = shop.merge(first, second)
    shop.unmerge(first, second)
    rows = db.execute("SELECT action, target, meta FROM audit_log ORDER BY id").fetchall()
    told = [(row["action"], row["target"], json.loads(row["meta"])) for row in rows]
    how = {"via": "api", "token": "test"}
    assert told == [
        ("issue.merge", f"issue:{first}", how | {"merged": [second], "operationId": operation}),
        ("issue.merge", f"issue:{second}", how | {"into": first, "operationId": operation}),
        ("issue.unmerge", f"issue:{first}", how | {"parts": [second]}),
        ("issue.unmerge", f"issue:{second}", how | {"from": first}),
    ]


def test_more_parts_than_there_may_be_are_refused(shop, three, monkeypatch):
    monkeypatch.setattr("jentry.store.merging.MOST", 2)
    body = {"filter": {}, "mergeInto": three[0]}
    answer = shop.open("PATCH", f"/projects/{shop.shop}/issues", body)
    assert (answer.status_code, answer.json["error"]) == (
        400,
        "mergeInto: A merged issue has at most 2 parts.",
    )
    assert len(shop.listed()) == 3


def test_deleting_a_merged_issue_deletes_its_parts(shop, three, db):
    first, second, third = three
    shop.merge(first, second, third)
    asked = shop.open("DELETE", f"/issues/{first}")
    assert "4 events" in asked.json["error"]
    assert shop.open("DELETE", f"/issues/{first}?confirm={first}").status_code in (200, 202)
    assert shop.listed() == {}
    for issue_id in three:
        assert shop.open("GET", f"/issues/{issue_id}").status_code == 404
    assert shop.send("B") not in three


def test_a_deleted_project_takes_merged_issues_along(shop, three, db):
    shop.merge(*three)
    at = "2026-11-27T12:00:00.000Z"
    with connection.transaction(db):
        actor = Actor(shop.org, shop.owner, "web")
        slug = db.execute("SELECT slug FROM projects WHERE id = ?", (shop.shop,)).fetchone()[0]
        deletion = deletions.request(db, actor, "project", shop.shop, slug, at)
    is_done = False
    while not is_done:
        with connection.transaction(db):
            is_done = deletion_steps.step(db, deletion["id"], at, 10)
        assert checks.counters(db) == []
    assert db.execute("SELECT count(*) FROM issue_parts").fetchone()[0] == 0


def test_the_command_line_merges_and_takes_apart(shop, three):
    def run(*words):
        found = CliRunner().invoke(main, ["issue", *map(str, words), "--db", str(shop.db.path)])
        return found.exit_code, found.output.strip()

    first, second, third = three
    assert run("merge", second, third, "--into", first) == (0, f"Merged 2 issues into {first}.")
    assert run("unmerge", first, second) == (0, f"Took 1 part out of {first}.")
    assert run("unmerge", first, second)[0] == 1
    assert shop.listed().keys() == {first, second}


def test_tabs_and_statistics_know_the_whole_only(shop, three):
    shop.merge(three[0], three[1])
    stats = shop.get(f"/projects/{shop.shop}/issues/stats?status=all&period=14d&resolution=day")
    assert sum(row["events"] for row in stats) == 4
    assert shop.get(f"/projects/{shop.shop}/summary")["unresolved"] == 2
    stats = shop.get(f"/issues/{three[1]}/stats?period=14d&resolution=day")
    assert sum(row["events"] for row in stats) == 3
