"""What is uploaded late maps the events that came before it."""

import json
import subprocess

import factories
import pytest
from bundles import URL, bundle_of, crash, event
from servers import command

from jentry.settings import Settings
from jentry.store import checks, connection, remapping
from jentry.upkeep import symbolication as job
from jentry.upkeep.job import Turn, Work

pytest.importorskip("symbolic")


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
        db.execute("UPDATE event_payloads SET data = x'00'")
        db.execute("UPDATE events SET bytes = 1")
        change = remapping.Change(
            kept, "error", "t", "c", "s", 3, b"h", "{}", b"new", "", b"12345678", (), "mapped", ()
        )
        assert not remapping.write(db, 7, [change])
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
            words = command("sourcemaps", "reprocess", *where, *flags)
            done = subprocess.run(words, capture_output=True, text=True, check=True)
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
