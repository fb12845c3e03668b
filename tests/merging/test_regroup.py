"""Stored events are grouped again: what stays, what leads on, undoing, what is refused."""

import json

import factories
import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.errors import Forbidden
from jentry.ingest.grouping import VERSION
from jentry.settings import Settings
from jentry.store import (
    checks,
    connection,
    eviction,
    merging,
    operation_undo,
    operations,
    regroup_ends,
    regroup_reading,
    regroup_steps,
    regroup_tasks,
    splitting,
)
from jentry.store.audit import Actor
from jentry.upkeep import deletions, regroups, retention, splits
from jentry.upkeep.job import Turn, Work


@pytest.fixture
def work(database):
    work = Work(Settings(db=database), Turn())
    yield work
    work.close()


@pytest.fixture
def rules(shop):
    def save(text):
        answer = shop.open("PUT", f"/projects/{shop.shop}/fingerprint-rules", {"rules": text})
        assert answer.status_code == 200, answer.json

    return save


@pytest.fixture
def settle(shop, work):
    """Everything that upkeep has to do for it; figures are exact at each pause."""

    def settle():
        while True:
            regroups.run(work)
            assert checks.counters(shop.db) == []
            splits.run(work)
            assert checks.counters(shop.db) == []
            if not regroup_tasks.tasks(shop.db):
                return

    return settle


@pytest.fixture
def regroup(shop, settle):
    def regroup():
        answer = shop.open("POST", f"/projects/{shop.shop}/regroup")
        assert answer.status_code == 202, answer.json
        assert answer.json["data"]["state"] == "reading"
        settle()
        found = shop.get(f"/projects/{shop.shop}/regroup")
        assert (found["state"], found["events"]) == ("done", found["total"])
        return found["operationId"]

    return regroup


def answers(shop):
    """What an issue shows, and what it is found by."""
    found = {}
    for number, row in shop.listed("status=all&limit=100").items():
        shown = {k: v for k, v in row.items() if k not in ("links", "statusAt")}
        shown["hashes"] = sorted(
            (each["hash"], each["eventsKept"]) for each in shop.get(f"/issues/{number}/hashes")
        )
        shown["tags"] = [
            (tag["key"], value["value"], value["count"])
            for tag in shop.get(f"/issues/{number}/tags")
            for value in tag["values"]
        ]
        shown["hours"] = shop.get(f"/issues/{number}/stats?period=14d&resolution=day")
        found[number] = shown
    for kind in ("ADown", "BDown", "C", "D"):
        found[kind] = set(shop.listed(f"status=all&search=error.type:{kind}"))
    return found


def counts(shop):
    return {number: row["count"] for number, row in shop.listed("status=all&limit=100").items()}


def age(shop, *issues):
    """Their events as an older algorithm grouped them: one hash of the first issue leads there."""
    with connection.transaction(shop.db):
        (kept,) = shop.db.execute(
            "SELECT min(id) FROM issue_hashes WHERE issue_id = ?", (issues[0],)
        ).fetchone()
        for issue in issues:
            shop.db.execute("UPDATE events SET hash_id = ? WHERE issue_id = ?", (kept, issue))
        shop.db.execute(
            "UPDATE issue_hashes SET version = 3, hash = ? WHERE id = ?", (b"old" + bytes(29), kept)
        )


@pytest.fixture
def two(shop):
    """A of three events of two users, B of two, one of them a warning, and C."""
    first = [shop.send("ADown", user={"id": str(n % 2 + 1)}, timestamp=f"2026-11-20T10:00:0{n}Z",
                       tags={"plan": "gold"}, release="shop@1") for n in range(3)]  # fmt: skip
    second = [shop.send("BDown", user={"id": "1"}, level=level, timestamp="2026-11-20T11:00:00Z",
                        release="shop@2") for level in ("error", "warning")]  # fmt: skip
    return first[0], second[0], shop.send("C", timestamp="2026-11-20T11:00:00Z")


WHOLE = "error.type:*Down -> down"  # A and B wholly
HALF = "level:warning error.type:*Down -> down"  # some of B
MOST = "level:error error.type:*Down -> down"  # A wholly, some of B
EACH = "error.type:*Down -> {{ error.type }}"  # as before, by other hashes


@pytest.mark.parametrize(
    ("text", "moved", "expected"),
    [
        pytest.param(WHOLE, 2, {"A": 5, "C": 1}, id="joined: the first stays, the other leads on"),
        pytest.param(HALF, 1, {"A": 3, "B": 1, "C": 1, "new": 1}, id="split: a new issue"),
        pytest.param(MOST, 1, {"A": 4, "B": 1, "C": 1}, id="both: the rest stays where it is"),
        pytest.param(EACH, 0, {"A": 3, "B": 2, "C": 1}, id="other hashes of the same events"),
        pytest.param("", 0, {"A": 3, "B": 2, "C": 1}, id="nothing to do"),
    ],
)
def test_events_come_to_where_rules_say_and_back(shop, rules, regroup, settle, two, text, moved,
                                                 expected):  # fmt: skip
    first, second, third = two
    for number in (first, second):
        shop.open("PATCH", f"/issues/{number}", {"status": "resolved"})
    shop.db.execute("DELETE FROM happenings")
    before = answers(shop)
    rules(text)
    tried = shop.open("POST", f"/projects/{shop.shop}/regroup/preview").json["data"]
    assert (tried["moved"], tried["events"], tried["isComplete"]) == (moved, 6, True)
    assert answers(shop) == before
    operation = regroup()
    assert shop.get(f"/projects/{shop.shop}/regroup")["moved"] == moved
    names = {first: "A", second: "B", third: "C"}
    found = counts(shop)
    assert {names.get(number, "new"): number_of for number, number_of in found.items()} == expected
    listed = shop.listed("status=all")
    assert listed[first]["status"] == "resolved"
    assert all(row["substatus"] in ("new", "ongoing", None) for row in listed.values())
    if text == WHOLE:
        assert shop.get(f"/issues/{second}")["id"] == first
        assert (listed[first]["userCount"], listed[first]["lastSeen"][11:19]) == (2, "11:00:00")
    assert shop.db.execute("SELECT count(*) FROM happenings").fetchone()[0] == 0
    done = shop.undo(operation)
    assert done["skipped"] == 0
    settle()
    assert shop.get(f"/projects/{shop.shop}/regroup")["state"] == "undone"
    now = answers(shop)
    assert {k: (v, now[1][k]) for k, v in before[1].items() if v != now[1][k]} == {}
    assert now == before
    assert shop.db.execute("SELECT count(*) FROM happenings").fetchone()[0] == 0
    assert shop.open("POST", f"/operations/{operation}/undo").status_code == 409


def test_it_can_be_done_again_after_it_was_undone(shop, rules, regroup, settle, two):
    first, second, _ = two
    rules(WHOLE)
    for _ in range(2):
        operation = regroup()
        assert shop.get(f"/issues/{second}")["id"] == first
        shop.undo(operation)
        settle()
        assert shop.get(f"/issues/{second}")["count"] == 2


def test_what_comes_afterwards_is_where_the_rest_is(shop, rules, regroup, settle, two):
    first, second, _ = two
    rules(HALF)
    operation = regroup()
    (new,) = counts(shop).keys() - set(two)
    assert shop.send("ADown", level="warning") == new
    assert shop.listed()[new]["title"] == "ADown: it broke"
    shop.undo(operation)
    settle()
    assert counts(shop) == {first: 3, second: 2, two[2]: 1, new: 1}
    told = [row["type"] for row in shop.get(f"/issues/{new}/activity")]
    assert "issue.regroup" in told


def test_where_rules_have_made_an_issue_already_stored_events_follow(shop, rules, regroup, two):
    first, second, third = two
    rules(WHOLE)
    new = shop.send("ADown")
    regroup()
    assert counts(shop) == {new: 6, third: 1}
    assert {shop.get(f"/issues/{one}")["id"] for one in (first, second)} == {new}


@pytest.mark.parametrize(
    ("statuses", "stays"),
    [
        (("unresolved", "unresolved"), 0),
        (("ignored", "unresolved"), 1),
        (("resolved", "unresolved"), 1),
        (("ignored", "resolved"), 0),
    ],
)
@pytest.mark.parametrize("known", [None, "ignored"], ids=["new hash", "hash of an ignored issue"])
def test_what_is_unresolved_stays(shop, rules, regroup, settle, two, statuses, stays, known):
    ends = two[stays]
    rules(WHOLE)
    if known:
        newer = shop.send("ADown")
        shop.open("PATCH", f"/issues/{newer}", {"status": known})
        ends = ends if "unresolved" in statuses else newer
    for number, status in zip(two, statuses, strict=False):
        shop.open("PATCH", f"/issues/{number}", {"status": status})
    before = answers(shop)
    tried = shop.open("POST", f"/projects/{shop.shop}/regroup/preview").json["data"]
    operation = regroup()
    assert {shop.get(f"/issues/{number}")["id"] for number in two[:2]} == {ends}
    assert counts(shop) == {ends: 5 + bool(known), two[2]: 1}
    assert (ends in shop.listed("")) == ("unresolved" in statuses)
    assert tried["moved"] == 6 + bool(known) - 1 - before[ends]["count"]
    shop.undo(operation)
    settle()
    assert answers(shop) == before


def test_what_an_issue_has_no_room_for_is_put_together_and_resolved(shop, rules, regroup, settle,
                                                                    monkeypatch):  # fmt: skip
    monkeypatch.setattr(merging, "MOST", 3)
    monkeypatch.setattr(regroup_ends, "MERGED", 2)
    numbers = [shop.send(f"{letter}Down") for letter in "ABCDEFGHIJ"]
    before = answers(shop)
    rules(WHOLE)
    operation = regroup()
    listed = shop.listed("status=all&limit=100")
    assert {n: (row["status"], row["count"], row["parts"]) for n, row in listed.items()} == {
        numbers[0]: ("unresolved", 10, 3), numbers[3]: ("resolved", 0, 3),
        numbers[6]: ("resolved", 0, 3), numbers[9]: ("resolved", 0, 0),
    }  # fmt: skip
    told = [(row["type"], row["meta"].get("automatic"))
            for row in shop.get(f"/issues/{numbers[3]}/activity")]  # fmt: skip
    assert ("issue.resolve", True) in told
    shop.undo(operation)
    settle()
    assert answers(shop) == before


# A newer algorithm --------------------------------------------------------------------------------


def test_what_a_newer_algorithm_tells_apart_parts_and_the_larger_part_stays(
    shop, regroup, settle, two, work
):
    first, second, third = two
    age(shop, first, second)
    with connection.transaction(shop.db):
        shop.db.execute("INSERT INTO splits SELECT ?, min(hash_id), '~', 0 FROM events WHERE"
                        " issue_id = ?", (second, second))  # fmt: skip
    splits.run(work)
    shop.db.execute("DELETE FROM issues WHERE id = ?", (second,))
    assert counts(shop) == {first: 5, third: 1}
    shop.open("PATCH", f"/issues/{first}", {"status": "ignored"})
    before = answers(shop)
    operation = regroup()
    found = shop.listed("status=all")
    assert (found[first]["count"], found[first]["status"]) == (3, "ignored")
    (new,) = found.keys() - set(two)
    assert (found[new]["title"], found[new]["count"], found[new]["level"]) == (
        "BDown: it broke", 2, "warning",
    )  # fmt: skip
    shop.undo(operation)
    settle()
    assert answers(shop) == before


def test_a_hash_that_ingestion_had_to_adopt_leaves_too_unless_people_merged(shop, regroup, two):
    """After the upgrade an event of each kind came, and both were led to the old issue."""
    first, second, third = two
    age(shop, first)
    taken = shop.send("ADown")
    with connection.transaction(shop.db):
        shop.db.execute("UPDATE events SET issue_id = ? WHERE issue_id = ?", (first, taken))
        shop.db.execute("UPDATE issue_hashes SET issue_id = ? WHERE issue_id = ?", (first, taken))
        shop.db.execute("UPDATE issues SET event_count = 4 WHERE id = ?", (first,))
        shop.db.execute("UPDATE issue_hours SET issue_id = ? WHERE issue_id = ?", (first, taken))
        shop.db.execute("DELETE FROM issues WHERE id = ?", (taken,))
    regroup()
    assert counts(shop) == {first: 4, second: 2, third: 1}


def test_what_is_older_but_the_same_only_gets_its_new_hash(shop, regroup, settle, two):
    first, *_ = two
    age(shop, first)
    before = answers(shop)
    operation = regroup()
    assert [(each["version"], each["eventsKept"]) for each in shop.get(f"/issues/{first}/hashes")
            ] == [(VERSION, 3), (3, 0)]  # fmt: skip
    assert shop.send("ADown") == first
    shop.undo(operation)
    settle()
    assert counts(shop)[first] == before[first]["count"] + 1


# Beside everything else ---------------------------------------------------------------------------


def test_events_that_are_not_kept_stay_counted_where_they_were(shop, rules, regroup, settle, two):
    first, second, third = two
    row = shop.db.execute("SELECT min(id) FROM events WHERE issue_id = ?", (second,)).fetchone()
    victims = [(second, row[0])]
    with connection.transaction(shop.db) as at:
        eviction.delete_events(shop.db, victims, "age", at)
    before = counts(shop)
    rules(WHOLE)
    operation = regroup()
    assert counts(shop) == {first: 5, third: 1}
    shop.undo(operation)
    settle()
    assert counts(shop) == before


def test_small_steps_end_where_large_ones_do(shop, rules, regroup, settle, two, monkeypatch):
    monkeypatch.setattr(regroup_reading, "CHUNK", 1)
    monkeypatch.setattr(regroups, "ROWS", 1)
    monkeypatch.setattr(regroup_steps, "ROWS", 1)
    before = answers(shop)
    rules(HALF)
    operation = regroup()
    assert sorted(counts(shop).values()) == [1, 1, 1, 3]
    shop.undo(operation)
    settle()
    assert answers(shop) == before


def test_undone_while_it_goes_on(shop, rules, settle, two, work, monkeypatch):
    before = answers(shop)
    rules(WHOLE)
    place = f"/projects/{shop.shop}/regroup"
    for runs in range(3):
        begun = shop.open("POST", place).json["data"]
        again = shop.open("POST", place)
        assert again.status_code == 409
        assert f"by operation {begun['operationId']}" in again.json["error"]
        for _ in range(runs):
            regroups.run(work)
        shop.undo(begun["operationId"])
        settle()
        assert shop.get(place)["state"] == "undone"
        assert answers(shop) == before


def test_a_comment_keeps_an_issue_that_was_made(shop, rules, regroup, settle, two):
    rules(HALF)
    operation = regroup()
    (new,) = counts(shop).keys() - set(two)
    shop.open("POST", f"/issues/{new}/comments", {"text": "Mine."})
    shop.undo(operation)
    settle()
    assert counts(shop) == dict(zip(two, (3, 2, 1), strict=True))
    assert shop.get(f"/issues/{new}")["id"] == two[1]


def test_a_deleted_project_takes_all_of_it_along(shop, rules, regroup, two, work):
    rules(HALF)
    regroup()
    slug = shop.get(f"/projects/{shop.shop}")["slug"]
    answer = shop.open("DELETE", f"/projects/{shop.shop}?confirm={slug}")
    assert answer.status_code == 202, answer.json
    deletions.run(work)
    for table in ("regroups", "regroup_flows", "regroup_events", "regroup_hashes"):
        assert shop.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def test_it_is_forgotten_after_30_days(shop, rules, regroup, two, work):
    rules(HALF)
    regroup()
    shop.db.execute("UPDATE operations SET created_at = ?", (factories.ago(days=31),))
    retention.run_rows(work)
    for table in ("regroups", "regroup_flows", "regroup_events", "regroup_hashes"):
        assert shop.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
    assert shop.open("GET", f"/projects/{shop.shop}/regroup").status_code == 404


def test_only_admins_begin_and_undo_it(shop, two, settle):
    begun = shop.open("POST", f"/projects/{shop.shop}/regroup").json["data"]
    settle()
    member = Actor(shop.org, factories.user(shop.db, shop.org, role="member"), "web")
    said = "Only owners and admins can group stored events again."
    with pytest.raises(Forbidden, match=said), connection.transaction(shop.db) as at:
        operations.regroup(shop.db, member, shop.shop, at)
    with pytest.raises(Forbidden, match=said), connection.transaction(shop.db) as at:
        operation_undo.undo(shop.db, member, begun["operationId"], at)


def test_another_organization_s_project_is_not_there(shop):
    for method, path in (("POST", ""), ("GET", ""), ("POST", "/preview")):
        answer = shop.open(method, f"/projects/{shop.foreign}/regroup{path}")
        assert answer.status_code == 404


def test_a_step_of_moving_that_was_read_before_more_events_leave_is_done_again(
    shop, rules, work, two, monkeypatch
):
    monkeypatch.setattr(regroup_steps, "ROWS", 1)
    rules(WHOLE)
    shop.open("POST", f"/projects/{shop.shop}/regroup")

    def task():
        return regroup_tasks.tasks(shop.db)[0]

    while task().state != "moving":
        regroups.STEPS[task().state](work, task())
    while (step := splitting.next_step(shop.db)) is None:
        regroups.STEPS["moving"](work, task())
    while regroup_steps.next_rows(shop.db, task()):
        regroups.STEPS["moving"](work, task())
    with connection.transaction(shop.db):
        splitting.write(shop.db, step, {})
    assert splitting.next_step(shop.db) is not None
    splits.run(work)
    assert checks.counters(shop.db) == []


def test_the_audit_log_says_who_began_and_how_it_ended(shop, rules, regroup, two):
    rules(WHOLE)
    operation = regroup()
    rows = shop.db.execute(
        "SELECT user_id, target, meta FROM audit_log WHERE action = 'grouping.regroup' ORDER BY id"
    ).fetchall()
    assert [(row["user_id"], row["target"]) for row in rows] == [
        (shop.owner, f"project:{shop.shop}"), (None, f"project:{shop.shop}"),
    ]  # fmt: skip
    assert json.loads(rows[1]["meta"]) == {
        "via": "system", "operationId": operation, "moved": 2, "events": 6,
    }  # fmt: skip


def test_the_command_line_tells_begins_and_undoes(shop, rules, two, settle, database):
    first, second, third = two
    slugs = shop.db.execute(
        """
        SELECT p.slug, o.slug AS org FROM projects p JOIN organizations o ON o.id = p.org_id
        WHERE p.id = ?
        """,
        (shop.shop,),
    ).fetchone()

    def run(*more):
        base = ["--db", str(database), "regroup", slugs["slug"], "--org", slugs["org"]]
        return CliRunner().invoke(main, [*base, *more])

    rules(WHOLE)
    refused = run("--status")
    assert (refused.exit_code, refused.output[:13]) == (1, "Stored events")
    said = run("--dry-run").output
    assert said.splitlines()[0] == (
        "Of 6 events 2 would come to another issue: 1 group of several issues, 0 issues split."
    )
    assert run().output == "0 % of 6 events are looked at.\n"
    assert run().exit_code == 1
    settle()
    assert run("--status").output == "Done: 2 events of 1 issue came to another issue.\n"
    assert counts(shop) == {first: 5, third: 1}
    assert run("--undo").output == "It is being undone.\n"
    settle()
    assert json.loads(run("--status", "--json").output)["state"] == "undone"
    assert counts(shop)[second] == 2


def test_ingestion_forgets_what_it_knows_once_for_all_issues_that_events_left(shop, rules, regroup):
    """Each time whatever is on its way is prepared anew, a few times at most."""
    for kind in "ABCDE":
        shop.send(f"{kind}Down")
    rules(WHOLE)
    versions = "SELECT config_version FROM instance"
    (before,) = shop.db.execute(versions).fetchone()
    regroup()
    assert shop.db.execute(versions).fetchone()[0] == before + 1
    assert [len(shop.listed(f"status=all&search=error.type:{kind}Down")) for kind in "AE"] == [1, 1]
