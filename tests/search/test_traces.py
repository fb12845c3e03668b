"""Issues are found by the traces of their events that are kept."""

import pytest

from jentry.store import connection, merging, traces
from jentry.store.audit import Actor
from jentry.upkeep import search as job

ONE, OTHER, NONE = "1" * 32, "2" * 32, "3" * 32


def send(world, project, kind, trace):
    return world.send(project, kind, contexts={"trace": {"trace_id": trace, "span_id": "5" * 16}})


@pytest.fixture(params=[1024, 2], ids=["one block", "many blocks"])
def filled(world, request, monkeypatch):
    """`a` has an event of both traces, `b` of one; between them are events without one."""
    monkeypatch.setattr(traces, "BLOCK", request.param)
    world.a = send(world, world.shop, "A", ONE)
    for _ in range(5):
        world.send(world.shop, "Between")
    send(world, world.shop, "A", OTHER)
    world.b = send(world, world.blog, "B", ONE)
    world.send(world.shop, "Last")
    return world


def found(world, search, path="/issues"):
    answer = world.ask(path, query_string={"search": search, "limit": 100})
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json["data"]}


def blocks(world):
    return {row["trace"].hex()[:1] for row in world.db.execute("SELECT trace FROM trace_blocks")}


def test_issues_have_the_trace_of_any_event_that_is_kept(filled):
    of_shop = f"/projects/{filled.shop}/issues"
    assert found(filled, f"trace:{ONE}") == {filled.a, filled.b}
    assert found(filled, f"trace:{ONE}", of_shop) == {filled.a}
    assert found(filled, f"trace:{OTHER} trace:{ONE}") == {filled.a}
    assert found(filled, f"trace:[{OTHER}, {NONE}]") == {filled.a}
    assert found(filled, f"trace:{NONE}") == set()
    everything = found(filled, "")
    assert found(filled, f"-trace:{ONE}") == everything - {filled.a, filled.b}
    assert found(filled, f"-trace:{NONE}") == everything


def test_a_merged_issue_has_those_of_its_parts(filled):
    other = send(filled, filled.shop, "C", NONE)
    with connection.transaction(filled.db) as at:
        (org,) = filled.db.execute("SELECT org_id FROM projects LIMIT 1").fetchone()
        merging.join(filled.db, Actor(org, None, "cli"), other, [filled.a], at)
    assert found(filled, f"trace:{OTHER}") == {other}


def test_what_is_gone_is_not_found_and_swept(filled):
    with connection.transaction(filled.db):
        filled.db.execute("DELETE FROM events WHERE issue_id = ?", (filled.a,))
    assert found(filled, f"trace:{OTHER}") == set()
    assert found(filled, f"trace:{ONE}") == {filled.b}
    before = blocks(filled)
    filled.work(job.sweep)
    assert before == {"1", "2"}
    assert blocks(filled) == ({"1"} if traces.BLOCK == 2 else before)  # the last is still growing
    assert found(filled, f"trace:{ONE}") == {filled.b}


def test_many_blocks_of_one_trace_are_not_all_looked_through(world, monkeypatch):
    monkeypatch.setattr(traces, "BLOCK", 1)
    monkeypatch.setattr(traces, "MOST_BLOCKS", 2)
    sent = [send(world, world.shop, kind, ONE) for kind in "ABC"]
    assert found(world, f"trace:{ONE}") == set(sent[1:])


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_blocks_and_events_are_found_without_a_scan(world):
    send(world, world.shop, "A", ONE)
    seen = []
    connection.watch(world.db, seen.append)
    assert traces.issues(world.db, world.org, f"= {world.shop}", ONE)
    traces.stale(world.db, -1)
    connection.watch(world.db, None)
    plan = " ".join(
        row["detail"]
        for sql in seen
        if sql.lstrip().startswith(("SELECT", "WITH"))
        for row in world.db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    )
    assert "SEARCH t USING PRIMARY KEY (block=? AND trace=?)" in plan
    assert "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan
    assert "SCAN e" not in plan
    assert "SCAN t " not in plan
