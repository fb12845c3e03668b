"""What is uploaded late maps the events that came before it."""

import json

import factories
import pytest
from bundles import URL, bundle_of, crash, event
from click.testing import CliRunner

from jentry.cli import main
from jentry.settings import Settings
from jentry.store import (
    checks,
    connection,
    eviction,
    merging,
    operation_undo,
    regrouping,
    remapping,
)
from jentry.store.audit import Actor
from jentry.upkeep import symbolication as job
from jentry.upkeep.job import Turn, Work

pytest.importorskip("symbolic")

ACTOR = Actor(1, None, "cli")
CULPRIT = "readAmount(src/cart)"


@pytest.fixture
def run(database):
    def run(**settings):
        work = Work(Settings(db=database, **settings), Turn())
        try:
            job.run(work)
        finally:
            work.close()

    return run


@pytest.fixture(autouse=True)
def sound(db):
    yield
    assert checks.counters(db) == []


def issues(stored):
    rows = stored.all("SELECT culprit, event_count, status, substatus FROM issues ORDER BY id")
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("by", ["debug id", "release"])
def test_a_late_upload_heals_what_came_before(sdk, stored, upload, run, by):
    is_by_id = by == "debug id"
    for _ in range(3):
        sdk.event(**event("1", debug_id=is_by_id, release="shop@1"))
    (before,) = issues(stored)
    upload(bundle_of("1", debug_id=is_by_id), release="" if is_by_id else "shop@1")
    run()
    for payload in stored.payloads():
        frame = crash(payload)["stacktrace"]["frames"][-1]
        assert (frame["function"], frame["lineno"]) == ("readAmount", 7)
        assert crash(payload)["raw_stacktrace"]["frames"][-1]["filename"] == URL
    assert issues(stored) == [("readAmount(src/cart)", *before[1:])]
    assert {row["symbolication"] for row in stored.all("SELECT symbolication FROM events")} == {
        "mapped"
    }
    assert stored.count("event_wants") == stored.count("remappings") == 0
    (entry,) = stored.all("SELECT meta FROM audit_log WHERE action = 'event.remap'")
    assert json.loads(entry["meta"]) == {"via": "system", "events": 3, "mapped": 3, "moved": 0}


def test_events_that_come_afterwards_meet_the_same_issue(sdk, stored, upload, run):
    sdk.event(**event("1"))
    upload(bundle_of("1"))
    run()
    sdk.event(**event("1"))
    upload(bundle_of("2"))
    sdk.event(**event("2"))
    assert [row[1] for row in issues(stored)] == [3]


def test_what_another_build_lacked_is_left_alone(sdk, stored, upload, run):
    sdk.event(**event("2"))
    before = stored.payloads()
    upload(bundle_of("1"))
    run()
    assert stored.payloads() == before
    assert stored.count("event_wants") == 1
    assert stored.count("remappings") == stored.count("audit_log WHERE action = 'event.remap'") == 0


def test_what_has_gone_meanwhile_takes_nothing_away(sdk, stored, db, upload, run):
    upload(bundle_of("1"))
    sdk.event(**event("1"))
    before = stored.payload()
    db.execute("DELETE FROM artifact_bundles")
    db.execute("INSERT INTO event_wants SELECT project_id, 'pending', id FROM events")
    upload(bundle_of("2"))
    run()
    assert stored.payload() == before


def test_a_payload_that_changed_meanwhile_is_not_written(sdk, stored, db, upload):
    sdk.event(**event("1"))
    (kept,) = remapping.read(db, 7, [1])
    with connection.transaction(db):
        db.execute("UPDATE event_payloads SET data = ?", (b"\0",))
        db.execute("UPDATE events SET bytes = 1")
        change = remapping.Change(
            kept, "error", "t", "c", "s", 3, b"h", "{}", b"new", "", b"12345678", (), "mapped", (),
            None, None, (),
        )  # fmt: skip
        assert not regrouping.write(db, 7, [change], "").total()
    assert stored.one("SELECT data FROM event_payloads")["data"] == b"\0"


def test_the_newest_thousand_and_no_more(sdk, stored, upload, run, monkeypatch):
    monkeypatch.setattr(remapping, "MOST", 3)
    monkeypatch.setattr(remapping, "CHUNK", 2)
    monkeypatch.setattr(job, "CHUNK", 2)
    for _ in range(5):
        sdk.event(**event("1"))
    upload(bundle_of("1"))
    run()
    rows = stored.all("SELECT symbolication FROM events ORDER BY id")
    assert [row["symbolication"] for row in rows] == ["unmapped"] * 2 + ["mapped"] * 3


def test_what_was_not_read_in_time_is_read_later(sdk, stored, upload, run, monkeypatch):
    monkeypatch.setattr("jentry.mapper.master.Mapper.look_up", lambda *_: 1 / 0)
    upload(bundle_of("1"))
    sdk.event(**event("1"))
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "pending"}
    monkeypatch.undo()
    run()
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "mapped"}
    assert stored.count("event_wants") == 0


def test_without_the_library_it_waits(sdk, stored, upload, run, monkeypatch):
    sdk.event(**event("1"))
    upload(bundle_of("1"))
    with monkeypatch.context() as patch:
        patch.setattr(job, "is_there", lambda: False)
        run()
    assert stored.count("remappings") == 1
    run()
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": "mapped"}


def test_a_client_s_own_raw_trace_harms_nothing(sdk, stored, upload, run):
    sent = event("1")
    crash(sent)["raw_stacktrace"] = {"frames": [{"function": "x"}]}
    assert sdk.event(**sent).status == 200
    upload(bundle_of("1"))
    run()
    assert sdk.event(**sent).status == 200
    assert stored.count("events") == 2


@pytest.mark.parametrize("by", ["command", "api"])
def test_more_is_asked_for(sdk, stored, db, upload, database, client, settings, by):
    token = factories.token(db, 1, factories.user(db, 1))

    def ask(*flags, **body):
        if by == "command":
            where = ("--org", "acme", "--project", "shop", "--json", "--db", database)
            words = ("sourcemaps", "reprocess", *where, *flags)
            done = CliRunner().invoke(main, list(map(str, words)))
            assert done.exit_code == 0, done.stderr
            return json.loads(done.stdout)
        path = f"{settings.url.partition('jentry.test')[2]}/api/v1/projects/7/symbolication"
        headers = {"Authorization": f"Bearer {token}"}
        reply = client.send(path, json.dumps(body).encode(), headers=headers)
        assert reply.status == 200, reply.body
        return reply.json["data"]

    for release in ("shop@1", "shop@2"):
        sdk.event(**event("1", release=release))
    upload(bundle_of("1"))
    db.execute("DELETE FROM remappings")
    db.execute("DELETE FROM event_wants")
    both = {"events": 2, "mapped": 2, "moved": 0}
    one = {"events": 1, "mapped": 1, "moved": 0}
    assert ask("--dry-run", dryRun=True) == both
    assert ask("--limit", "1", "--dry-run", limit=1, dryRun=True) == one
    assert {row["symbolication"] for row in stored.all("SELECT symbolication FROM events")} == {
        "unmapped"
    }
    assert ask("--release", "shop@1", release="shop@1") == one
    assert ask() == one
    assert ask() == {"events": 0, "mapped": 0, "moved": 0}
    via = [row["meta"] for row in stored.all("SELECT meta FROM audit_log ORDER BY id")][-2:]
    assert [json.loads(meta)["via"] for meta in via] == ["cli" if by == "command" else "api"] * 2


# -- Issues --


def lumped(sdk, *kinds, **more):
    """Events of one minified place that are as many bugs: what the map says of it decides."""
    for kind in kinds:
        sent = event("1", release="shop@1", user={"id": f"u{kind}"}, tags={"kind": kind}, **more)
        frames = crash(sent)["stacktrace"]["frames"]
        if kind == "call":
            del frames[-1]
        crash(sent)["stacktrace"]["frames"] = [frames[-1] | {"function": "t"}]
        sent["fingerprint"] = ["{{ default }}"]
        sdk.event(**sent)


def counted(stored):
    return stored.all(
        """
        SELECT i.id, i.event_count, i.user_count,
               (SELECT count(*) FROM events e WHERE e.issue_id = i.id) AS kept,
               (SELECT sum(events) FROM issue_hours h WHERE h.issue_id = i.id) AS hours,
               (SELECT sum(events) FROM issue_releases r WHERE r.issue_id = i.id) AS releases
        FROM issues i ORDER BY i.id
        """
    )


def shown(stored):
    rows = stored.all("SELECT id, status, event_count, user_count FROM issues ORDER BY id")
    return [tuple(row.values()) for row in rows]


def figures(number, events, users):
    same = dict.fromkeys(("event_count", "kept", "hours", "releases"), events)
    return {"id": number, "user_count": users} | same


def late(sdk, *numbers, **more):
    """Events of builds that nobody has uploaded."""
    for number in numbers:
        sdk.event(**event(number, release="shop@1", user={"id": number}, **more))


def merged(stored):
    """Merged issues: the parts of each, its own first."""
    rows = stored.all(
        "SELECT issue_id, part_id FROM issue_parts ORDER BY issue_id, part_id <> issue_id, part_id"
    )
    return [tuple(row.values()) for row in rows]


def undo(db):
    with connection.transaction(db) as at:
        row = db.execute("SELECT max(id) AS id FROM operations").fetchone()
        return operation_undo.undo(db, ACTOR, row["id"], at)


def test_an_event_moves_to_the_issue_of_its_source(sdk, stored, db, upload, run):
    """What it leaves behind is merged, can be taken out again, and stays out."""
    upload(bundle_of("1"))
    late(sdk, "1", "2", "2")
    assert counted(stored) == [figures(1, 1, 1), figures(2, 2, 1)]
    upload(bundle_of("2"))
    run()
    assert shown(stored) == [(1, "unresolved", 3, 2), (2, "merged", 0, 0)]
    assert merged(stored) == [(1, 1), (1, 2)]
    told = stored.all("SELECT target, meta FROM audit_log WHERE action = 'issue.merge'")
    metas = [(entry["target"], json.loads(entry["meta"])) for entry in told]
    assert [(target, meta["via"]) for target, meta in metas] == [
        ("issue:1", "system"), ("issue:2", "system"),
    ]  # fmt: skip
    assert metas[1][1]["into"] == 1
    late(sdk, "1", "2")
    assert shown(stored) == [(1, "unresolved", 5, 2), (2, "merged", 0, 0)]
    assert undo(db)["restored"] == 1
    assert shown(stored) == [(1, "unresolved", 5, 2), (2, "unresolved", 0, 0)]
    assert stored.one("SELECT culprit FROM issues WHERE id = 2")["culprit"] == CULPRIT
    with connection.transaction(db):
        db.execute("DELETE FROM artifact_bundles")
    late(sdk, "2")  # leads to its own issue again
    assert shown(stored)[1] == (2, "unresolved", 1, 1)
    upload(bundle_of("2"))
    run()
    assert shown(stored) == [(1, "unresolved", 6, 2), (2, "unresolved", 0, 0)]
    assert not merged(stored)


@pytest.mark.parametrize("mark", ["comment", "status", "assignee"])
def test_what_people_did_to_an_issue_is_kept_in_the_merge(sdk, stored, db, upload, run, mark):
    upload(bundle_of("1"))
    late(sdk, "1", "2")
    if mark == "comment":
        factories.insert(db, "comments", issue_id=2, text="mine", created_at="2026-01-01")
    elif mark == "status":
        db.execute("UPDATE issues SET status = 'resolved', substatus = NULL WHERE id = 2")
    else:
        db.execute("UPDATE issues SET assignee_id = ? WHERE id = 2", (factories.user(db, 1),))
    seen = "SELECT status, substatus, assignee_id FROM issues WHERE id = 2"
    before = stored.one(seen)
    upload(bundle_of("2"))
    run()
    assert merged(stored) == [(1, 1), (1, 2)]
    undo(db)
    assert stored.one(seen) == before
    assert stored.count("comments") == (mark == "comment")
    assert shown(stored)[1][2] == 0


@pytest.mark.parametrize("status", ["resolved", "ignored"])
def test_what_is_done_with_does_not_come_back(sdk, stored, db, upload, run, status):
    upload(bundle_of("1"))
    late(sdk, "1", *("2" * 30))
    substatus = None if status == "resolved" else "archived_until_escalating"
    db.execute("UPDATE issues SET status = ?, substatus = ? WHERE id = 1", (status, substatus))
    db.execute("DELETE FROM happenings")
    upload(bundle_of("2"))
    run()
    assert shown(stored)[0] == (1, status, 31, 2)
    assert stored.count("issue_returns") == stored.count("happenings") == 0


def test_lifetime_counts_of_what_was_evicted_go_along(sdk, stored, db, upload, run):
    upload(bundle_of("1"))
    late(sdk, "1", "2", "2", "2")
    with connection.transaction(db) as at:
        eviction.delete_events(db, [(2, 2)], "age", at)
    upload(bundle_of("2"))
    run()
    assert shown(stored) == [(1, "unresolved", 4, 2), (2, "merged", 0, 0)]
    assert stored.one("SELECT part_id, event_count FROM issue_parts WHERE part_id = 2") == {
        "part_id": 2, "event_count": 1,
    }  # fmt: skip


def test_one_minified_issue_falls_apart_into_its_bugs(sdk, stored, db, upload, run):
    """The newest event's bug keeps the issue."""
    lumped(sdk, "body", "call", "call", "body", "call")
    assert [row["event_count"] for row in counted(stored)] == [5]
    upload(bundle_of("1"))
    run()
    assert counted(stored) == [figures(1, 3, 1), figures(2, 2, 1)]
    kinds = stored.all(
        """
        SELECT s.issue_id, t.value, s.events FROM issue_tags s JOIN tags t ON t.id = s.tag_id
        WHERE t.key = 'kind' ORDER BY s.issue_id, t.value
        """
    )
    assert [tuple(row.values()) for row in kinds] == [(1, "call", 3), (2, "body", 2)]
    assert stored.one("SELECT issues FROM releases") == {"issues": 2}
    lumped(sdk, "body", "call")
    assert [row["event_count"] for row in counted(stored)] == [4, 3]


def test_a_user_stays_where_something_of_them_may_be_left(sdk, stored, db, upload, run):
    """In another event, or in one that is not kept any more."""
    lumped(sdk, "body", "call", "body", "call", email="both@shop.test")
    upload(bundle_of("1"))
    run()
    assert counted(stored) == [figures(1, 2, 1), figures(2, 2, 1)]


@pytest.mark.parametrize("into", ["another", "the same"])
def test_events_move_between_parts(sdk, stored, db, upload, run, into):
    """Whoever merged them: what they counted for goes along, in the parts and in what they make."""
    upload(bundle_of("1"))
    late(sdk, "1", "2", "2")
    sdk.event(fingerprint=["other"], release="shop@1", user={"id": "2"})
    sdk.event(fingerprint=["fourth"], release="shop@1")
    with connection.transaction(db) as at:
        for whole, members in {"another": [(3, [2]), (4, [1])], "the same": [(3, [1, 2])]}[into]:
            merging.join(db, ACTOR, whole, members, at)
    upload(bundle_of("2"))
    run()
    rows = stored.all("SELECT symbolication FROM events WHERE id < 4")
    assert {row["symbolication"] for row in rows} == {"mapped"}
    alone = {
        "another": [(3, "unresolved", 1, 1), (4, "unresolved", 4, 2)],
        "the same": [(3, "unresolved", 4, 2), (4, "unresolved", 1, 0)],
    }
    assert [row for row in shown(stored) if row[1] != "merged"] == alone[into]
    with connection.transaction(db) as at:
        merging.part(db, ACTOR, 3, [2], at)
    assert shown(stored)[1] == (2, "unresolved", 0, 0)
    assert stored.count("issue_returns") == 0


def test_what_people_have_merged_does_not_fall_apart(sdk, stored, db, upload, run):
    lumped(sdk, "body", "call", "call", "body")
    sdk.event(fingerprint=["other"])
    with connection.transaction(db) as at:
        merging.join(db, ACTOR, 2, [1], at)
    upload(bundle_of("1"))
    run()
    assert [row for row in shown(stored) if row[1] != "merged"] == [(2, "unresolved", 5, 2)]


def test_what_was_merged_by_itself_still_falls_apart(sdk, stored, db, upload, run):
    """Of a minified place one bug is known; the other turns up when that place is merged."""

    def forget():
        with connection.transaction(db):
            db.execute("DELETE FROM artifact_bundles")

    upload(bundle_of("1"))
    lumped(sdk, "call")
    forget()
    lumped(sdk, "call")
    upload(bundle_of("1"))
    run()
    assert shown(stored) == [(1, "unresolved", 2, 1), (2, "merged", 0, 0)]
    forget()
    lumped(sdk, "body", "call", "body")
    assert shown(stored)[0] == (1, "unresolved", 5, 2)
    upload(bundle_of("1"))
    run()
    assert shown(stored) == [
        (1, "unresolved", 3, 1), (2, "merged", 0, 0), (3, "unresolved", 2, 1),
    ]  # fmt: skip
