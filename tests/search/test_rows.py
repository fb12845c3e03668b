"""What is kept of events for the search, and that it goes with what it is of."""

import json

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import connection, search_fill
from jentry.upkeep import search as job

TABLES = ("facets", "issue_facets", "issue_shapes", "issue_people", "trace_blocks")


def facets(db):
    rows = db.execute(
        """
        SELECT s.issue_id, f.key, f.tail, f.folded
        FROM issue_facets s JOIN facets f ON f.id = s.facet_id
        """
    )
    return sorted(map(tuple, rows))


def kept(db):
    people = sorted(map(tuple, db.execute("SELECT * FROM issue_people")))
    shapes = sorted(map(tuple, db.execute("SELECT * FROM issue_shapes")))
    marks = [row[0] for row in db.execute("SELECT marks FROM events ORDER BY id")]
    traces = sorted(map(tuple, db.execute("SELECT * FROM trace_blocks")))
    return facets(db), people, shapes, marks, traces


@pytest.fixture
def filled(world):
    for number in range(3):
        user = {"id": f"p{number}", "email": f"P{number}@Acme.Test"}
        world.send(world.shop, user=user, tags={"stadt": "KÖLN"}, environment="production")
        world.send(world.shop, "KeyError", "Shop::Cart::add", "src\\shop\\cart.rb", release="a@1")
    world.send(world.blog, request={"url": "https://acme.test/a?b=c#d", "method": "GET"},
               contexts={"trace": {"trace_id": "ab" * 16, "span_id": "5" * 16}})  # fmt: skip
    assert kept(world.db)[3][-1].endswith(" tabababababab ")
    return world


def test_facets_are_folded_and_paths_have_tails(filled):
    found = {row[1:] for row in facets(filled.db)}
    assert {
        ("function", "pay", "pay"), ("function", "add", "shop.cart.add"),
        ("file", "cart.py", "shop/cart.py"), ("file", "cart.rb", "src/shop/cart.rb"),
        ("module", "cart", "shop.cart"), ("error.type", "", "keyerror"),
        ("platform", "", "python"), ("url", "", "https://acme.test/a"), ("http.method", "", "get"),
        ("has", "", "stack"), ("has", "", "user.email"), ("has", "", "tags[stadt]"),
        ("has", "", "release"),
    } <= found  # fmt: skip


def test_a_repeated_event_brings_nothing(filled):
    before = kept(filled.db)[:3]
    filled.send(filled.shop, user={"id": "p0"}, tags={"stadt": "KÖLN"}, environment="production")
    assert kept(filled.db)[0] == before[0]
    assert kept(filled.db)[1] == before[1]


def forget(db, name="events"):
    with connection.transaction(db):
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE events SET marks = NULL")
        search_fill.begin(db, db.execute("SELECT max(id) FROM events").fetchone()[0])


def test_upkeep_fills_in_what_ingestion_keeps(filled, monkeypatch):
    before = kept(filled.db)
    forget(filled.db)
    monkeypatch.setattr(search_fill, "CHUNK", 2)
    filled.work(job.fill)
    assert kept(filled.db) == before
    assert search_fill.state(filled.db)["left"] == 0


def test_filling_in_can_be_stopped_and_goes_on_where_it_was(filled):
    forget(filled.db)

    def run(*args):
        done = CliRunner().invoke(main, ["--db", str(filled.db.path), "search", *args, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    total = filled.db.execute("SELECT max(id) FROM events").fetchone()[0]
    assert run("stop") == {"left": total, "total": total, "isOn": False}
    filled.work(job.fill)
    assert run("status")["left"] == total
    assert run("resume") == {"left": total, "total": total, "isOn": True}
    filled.work(job.fill)
    assert run("status") == {"left": 0, "total": total, "isOn": True}


def test_what_is_of_no_issue_is_swept_out(filled):
    before = len(kept(filled.db)[1])
    with connection.transaction(filled.db):
        filled.db.execute("INSERT INTO issue_people VALUES (?, 999)", (bytes(range(1, 9)),))
        filled.db.execute(
            "INSERT INTO facets (project_id, key, tail, folded) VALUES (?, 'sdk', '', 'old')",
            (filled.shop,),
        )
    filled.work(job.sweep)
    assert len(kept(filled.db)[1]) == before
    assert not filled.db.execute("SELECT 1 FROM facets WHERE folded = 'old'").fetchall()
    filled.send(filled.shop, "OtherError")  # nothing that is gone is remembered
