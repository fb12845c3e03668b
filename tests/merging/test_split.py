"""Hashes are split off an issue: figures at every step, undoing, what is refused."""

import json

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.ingest.stored import said
from jentry.settings import Settings
from jentry.store import checks, connection, eviction, moving, splitting
from jentry.store.payloads import pack
from jentry.upkeep import splits as job
from jentry.upkeep.job import Turn, Work


@pytest.fixture
def work(database):
    work = Work(Settings(db=database), Turn())
    yield work
    work.close()


@pytest.fixture
def two(shop):
    """An issue that two hashes lead to, made so by a change of the rules: A of six events of three
    users, B of four of two, and another issue.
    """
    first = shop.send("A", user={"id": "1"}, timestamp="2026-11-20T09:00:00Z")
    other = shop.send("B", user={"id": "9"}, timestamp="2026-11-20T08:00:00Z", release="shop@2",
                      tags={"plan": "gold"})  # fmt: skip
    lead(shop, other, first)
    for number in range(5):
        shop.send("A", user={"id": str(number % 3)}, timestamp=f"2026-11-20T10:00:0{number}Z",
                  release="shop@1")  # fmt: skip
    for number in range(3):
        shop.send("B", user={"id": "2"}, timestamp=f"2026-11-20T11:00:0{number}Z", level="fatal",
                  release="shop@2", tags={"plan": "gold"})  # fmt: skip
    assert shop.listed().keys() == {first}
    return first


def lead(shop, source, target):
    """As a newer algorithm would: the events of both are one issue."""
    with connection.transaction(shop.db):
        shop.db.execute("UPDATE issue_hashes SET issue_id = ? WHERE issue_id = ?", (target, source))
        rows = shop.db.execute("SELECT * FROM events WHERE issue_id = ?", (source,)).fetchall()
        (user,) = shop.db.execute(
            "SELECT user_hash FROM issue_users WHERE issue_id = ?", (source,)
        ).fetchone()
        moving.move(shop.db, [
            moving.Moved(
                r["id"], source, target, r["timestamp"], r["release_id"], user, None, r["marks"]
            )
            for r in rows
        ])  # fmt: skip
        shop.db.execute("DELETE FROM issues WHERE id = ?", (source,))


def hash_of(shop, issue, kind):
    (found,) = [row["hash"] for row in shop.get(f"/issues/{issue}/hashes")
                if row["components"]["values"][0]["type"] == kind]  # fmt: skip
    return found


def split(shop, issue, *kinds):
    hashes = [hash_of(shop, issue, kind) for kind in kinds]
    answer = shop.open("POST", f"/issues/{issue}/split", {"hashes": hashes})
    assert answer.status_code == 201, answer.json
    return answer.json["data"]["issueId"], answer.json["data"]["operationId"]


def figures(shop, issue):
    found = shop.get(f"/issues/{issue}")
    return {
        "title": found["title"], "level": found["level"], "events": found["count"],
        "users": found["userCount"], "first": found["firstSeen"][11:19],
        "last": found["lastSeen"][11:19], "kept": found["eventsKept"],
        "releases": (found["firstRelease"], found["lastRelease"]),
        "plans": sum(t["total"] for t in shop.get(f"/issues/{issue}/tags") if t["key"] == "plan"),
        "hours": sum(row["events"] for row in shop.get(f"/issues/{issue}/stats?{DAYS}")),
    }  # fmt: skip


DAYS = "period=14d&resolution=day"
A = {"title": "A: it broke", "level": "error", "events": 6, "users": 3, "first": "09:00:00",
     "last": "10:00:04", "kept": 6, "releases": ("shop@1", "shop@1"), "plans": 0,
     "hours": 6}  # fmt: skip
B = {"title": "B: it broke", "level": "fatal", "events": 4, "users": 2, "first": "08:00:00",
     "last": "11:00:02", "kept": 4, "releases": ("shop@2", "shop@2"), "plans": 4,
     "hours": 4}  # fmt: skip


def test_what_was_split_off_is_as_if_it_had_never_been_together(shop, two, work, monkeypatch):
    monkeypatch.setattr(splitting, "CHUNK", 3)
    monkeypatch.setattr(splitting, "WINDOW", 4)
    new, operation = split(shop, two, "B")
    assert shop.listed().keys() == {two, new}
    assert (figures(shop, new)["title"], figures(shop, new)["events"]) == ("B: it broke", 0)
    before = figures(shop, new)["events"]
    while step := splitting.next_step(work.reading()):
        events = (*step.events, *filter(None, [step.latest]))
        told = said(work.reading(), step.project_id, events)
        with work.writing() as (db, _):
            assert splitting.write(db, step, told) <= 3
        assert checks.counters(shop.db) == []
        both = shop.listed()
        assert both[two]["count"] + both[new]["count"] == 10
        assert before <= both[new]["count"]
        before = both[new]["count"]
    assert (figures(shop, two), figures(shop, new)) == (A, B)
    assert shop.listed("search=error.type:B plan:gold user:2").keys() == {new}
    found = shop.get(f"/issues/{new}")
    assert (found["status"], found["substatus"], found["assigneeUserId"]) == (
        "unresolved", "ongoing", None,
    )  # fmt: skip
    assert {row["release"]: row["issues"] for row in
            shop.get(f"/projects/{shop.shop}/releases")} == {"shop@1": 1, "shop@2": 1}  # fmt: skip
    assert shop.send("B", user={"id": "7"}) == new
    assert shop.send("A") == two
    told = [tuple(row) for row in shop.db.execute("SELECT kind, issue_id FROM happenings")]
    assert ("new_issue", new) not in told
    rows = shop.db.execute("SELECT target, meta FROM audit_log WHERE action = 'issue.split'")
    how = {"via": "api", "token": "test"}
    done = {"hashes": 1, "operationId": operation}
    assert [(row["target"], json.loads(row["meta"])) for row in rows] == [
        (f"issue:{two}", how | {"into": new} | done), (f"issue:{new}", how | {"from": two} | done),
    ]  # fmt: skip


@pytest.mark.parametrize("is_moved", [True, False])
def test_undoing_joins_them_again(shop, two, work, is_moved):
    whole = figures(shop, two)
    new, operation = split(shop, two, "B")
    change = shop.get(f"/operations/{operation}")["change"]
    assert change == {"splitFrom": two, "splitInto": new}
    if is_moved:
        job.run(work)
    done = shop.undo(operation)
    assert (done["changed"], done["restored"], done["skipped"]) == (1, 1, 0)
    assert checks.counters(shop.db) == []
    job.run(work)
    assert figures(shop, two) == whole
    assert shop.get(f"/issues/{new}")["id"] == two
    assert shop.open("POST", f"/operations/{operation}/undo").status_code == 409
    shop.unmerge(two, new)
    assert (figures(shop, two), figures(shop, new)) == (A, B)


def test_a_hash_of_a_part_leaves_the_whole_and_its_part(shop, two, work):
    shop.merge(two, shop.send("C", user={"id": "1"}, timestamp="2026-11-20T07:00:00Z"))
    target = shop.send("D")
    shop.merge(target, two)
    new, _ = split(shop, target, "B")
    assert checks.counters(shop.db) == []
    job.run(work)
    assert figures(shop, new) == B
    assert shop.get(f"/issues/{target}")["count"] == 8
    shop.unmerge(target, two)
    assert figures(shop, two) == A


def test_where_it_was_merged_meanwhile_it_is_counted_there(shop, two, work):
    shop.open("PATCH", f"/issues/{two}", {"status": "resolved"})
    new, operation = split(shop, two, "B")
    target = shop.send("D", timestamp="2026-11-20T07:00:00Z")
    shop.merge(target, new, two)
    job.run(work)
    whole = shop.get(f"/issues/{target}")
    assert (whole["count"], whole["userCount"], whole["title"]) == (11, 4, "B: it broke")
    shop.unmerge(target, new)
    assert figures(shop, new) == B
    assert shop.undo(operation)["restored"] == 1  # into what has the other one by now
    shop.unmerge(target, two)
    assert (figures(shop, two), shop.get(f"/issues/{two}")["status"]) == (A, "resolved")


def test_what_is_no_longer_kept_stays_counted_where_it_was(shop, two, work):
    gone = shop.db.execute("SELECT id FROM events WHERE timestamp = ?",
                           ("2026-11-20T08:00:00.000Z",)).fetchone()[0]  # fmt: skip
    with connection.transaction(shop.db) as at:
        eviction.delete_events(shop.db, [(two, gone)], "age", at)
    new, _ = split(shop, two, "B")
    job.run(work)
    assert (figures(shop, two)["events"], figures(shop, two)["kept"]) == (7, 6)
    assert figures(shop, two)["first"] == "08:00:00"
    assert figures(shop, two)["last"] == "10:00:04"
    assert figures(shop, new)["events"] == 3


def test_what_changes_while_it_is_read_is_read_anew(shop, two, work):
    new, _ = split(shop, two, "B")
    step = splitting.next_step(work.reading())
    shop.db.execute("UPDATE event_payloads SET data = ? WHERE id = ?",
                    (pack(b"{}"), step.events[1].id))  # fmt: skip
    shop.db.execute("UPDATE events SET bytes = ? WHERE id = ?",
                    (len(pack(b"{}")), step.events[1].id))  # fmt: skip
    with work.writing() as (db, _):
        assert splitting.write(db, step, {}) == 1
    job.run(work)
    assert figures(shop, new)["events"] == 4


@pytest.mark.parametrize(
    ("hashes", "status", "error"),
    [
        pytest.param(["all"], 400, "At least one must stay", id="nothing would stay"),
        pytest.param(["foreign"], 400, "does not lead to issue", id="of another issue"),
        pytest.param(["00"], 400, "does not lead to issue", id="of none"),
        pytest.param(["xyz"], 400, "Not a hash", id="no hash"),
        pytest.param(["0" * 66], 400, "Not a hash", id="too long"),
        pytest.param([], 400, "Length must be between", id="none"),
        pytest.param(None, 400, "null", id="null"),
    ],
)
def test_what_cannot_be_split_is_refused(shop, two, hashes, status, error):
    own = [row["hash"] for row in shop.get(f"/issues/{two}/hashes")]
    foreign = hash_of(shop, shop.send("Z"), "Z")
    known = {"all": own, "foreign": [foreign]}
    body = hashes and [one for name in hashes for one in known.get(name, [name])]
    answer = shop.open("POST", f"/issues/{two}/split", {"hashes": body})
    assert answer.status_code == status
    assert error in answer.json["error"]


def test_a_part_is_not_split_by_its_id_nor_deleted_while_events_move(shop, two, work):
    target = shop.send("D")
    shop.merge(target, two)
    hashed = hash_of(shop, target, "B")
    answer = shop.open("POST", f"/issues/{two}/split", {"hashes": [hashed]})
    assert answer.status_code == 409
    new, _ = split(shop, target, "B")
    for issue in (new, target):
        answer = shop.open("DELETE", f"/issues/{issue}?confirm={issue}")
        assert (answer.status_code, "are being moved" in answer.json["error"]) == (409, True)
    job.run(work)
    assert shop.open("DELETE", f"/issues/{new}?confirm={new}").status_code == 202


def test_hashes_are_listed_and_split_by_command(shop, two, database, work):
    def run(*words):
        done = CliRunner().invoke(main, ["issue", *words, "--json", "--db", str(database)])
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    listed = run("hashes", str(two))
    assert listed == shop.get(f"/issues/{two}/hashes")
    assert [(row["eventsKept"], row["firstSeen"][11:19], row["lastSeen"][11:19], row["partId"])
            for row in listed] == [
        (6, "09:00:00", "10:00:04", two), (4, "08:00:00", "11:00:02", two),
    ]  # fmt: skip
    done = run("split", str(two), listed[1]["hash"])
    job.run(work)
    assert figures(shop, done["issueId"]) == B
    shop.undo(done["operationId"])
