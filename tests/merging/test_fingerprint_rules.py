"""Fingerprint rules of a project: saved, in force from then on, and tried on stored events."""

import json
import re
from contextlib import closing

import pytest
from click.testing import CliRunner
from sdk import Stored

from jentry import create_app
from jentry.cli import main
from jentry.cli.grouping import told
from jentry.fingerprints.preview import Bounds, preview
from jentry.store import grouping_events
from jentry.store.audit import Actor
from jentry.store.tables import TABLES
from tests.fingerprints.test_language import EVENT, test_a_rule_fits


@pytest.fixture
def rules(shop):
    def save(text):
        answer = shop.open("PUT", f"/projects/{shop.shop}/fingerprint-rules", {"rules": text})
        assert answer.status_code == 200, answer.json
        return answer.json["data"]["rules"]

    return save


def tried(shop, text):
    answer = shop.open("POST", f"/projects/{shop.shop}/grouping/preview", {"rules": text})
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def everything(shop):
    """But when the token was used."""
    return [
        sorted(map(repr, map(tuple, shop.db.execute(f"SELECT * FROM {table}"))))
        for table in TABLES.keys() - {"api_tokens"}
    ]


def test_rules_hold_from_then_on_before_the_client_s_fingerprint(shop, rules):
    first, second = shop.send("DatabaseDown"), shop.send("CacheDown")
    text = rules('error.type:*Down -> system-down title="Down: {{ error.type }}"\nlevel:x -> y')
    assert text == shop.get(f"/projects/{shop.shop}/fingerprint-rules")["rules"]
    new = shop.send("DatabaseDown")
    assert new not in (first, second)
    assert shop.send("CacheDown", fingerprint=["of the client"]) == new
    assert shop.send("DatabaseUp") not in (first, second, new)
    assert shop.send("AnyType", fingerprint=["system-down"]) == new  # the same, whoever says it
    (hashed,) = shop.get(f"/issues/{new}/hashes")
    assert hashed["components"] == {
        "by": "fingerprint", "values": ["system-down"], "rule": "error.type:*Down",
    }  # fmt: skip
    titles = {row["id"]: row["title"] for row in shop.listed().values()}
    assert titles[new] == "AnyType: it broke"
    assert shop.send("CacheDown") == new
    assert shop.listed("status=all&query=Down: CacheDown").keys() == {new}
    payload = Stored(shop.db).payloads()[3]
    assert (payload["fingerprint"], payload["title"]) == (["of the client"], "Down: CacheDown")
    assert payload["fingerprint_rule"] == {
        "rule": "error.type:*Down", "values": ["system-down"], "title": "Down: CacheDown",
    }  # fmt: skip


def test_saving_the_same_again_is_not_audited(shop, rules):
    for text in ("level:error -> x", "level:error -> x", ""):
        rules(text)
    rows = shop.db.execute(
        "SELECT target, meta FROM audit_log WHERE action = 'grouping.update' ORDER BY id"
    ).fetchall()
    assert [row["target"] for row in rows] == [f"project:{shop.shop}"] * 2
    assert [json.loads(row["meta"])["rules"] for row in rows] == [1, 0]


def test_what_is_no_rule_is_refused_line_by_line(shop):
    wrong = {"rules": "level:error -> x\nnonsense -> y\n\nlevel:error"}
    sentence = (
        "rules: line 2: 'nonsense' is no matcher such as error.type:TimeoutError. "
        "line 4: Say how the events are grouped: -> and a fingerprint."
    )
    for method, address in (("PUT", "fingerprint-rules"), ("POST", "grouping/preview")):
        answer = shop.open(method, f"/projects/{shop.shop}/{address}", wrong)
        assert (answer.status_code, answer.json) == (400, {"error": sentence})
    assert shop.get(f"/projects/{shop.shop}/fingerprint-rules") == {"rules": ""}


def test_every_matcher_holds_of_what_an_sdk_sends(shop, rules):
    table = next(m for m in test_a_rule_fits.pytestmark if m.name == "parametrize").args[1]
    event = {name: value for name, value in EVENT.items() if name != "sdk"}
    wrong = []
    for matchers, fits in table:
        if "sdk:" in matchers:  # that of whoever sends
            continue
        rules(f'{matchers} -> x title="it fits"')
        issue = shop.send("DatabaseUnavailable", **event)
        if (shop.get(f"/issues/{issue}")["title"] == "it fits") != fits:
            wrong.append(matchers)
    assert wrong == []


def test_each_worker_follows_a_change(shop, rules, settings):
    other = create_app(settings)
    with closing(other.extensions["processor"]), closing(other.extensions["writer"]):
        here = shop.client
        shop.client = other.test_client()
        before = shop.send("DatabaseDown")  # it remembers the project
        shop.client = here
        rules("error.type:*Down -> system-down")
        shop.client = other.test_client()
        new = shop.send("DatabaseDown")
        assert new != before
        shop.client = here
        assert shop.send("CacheDown") == new
        rules("")
        shop.client = other.test_client()
        assert shop.send("DatabaseDown") == before


def test_a_preview_says_what_would_join_and_part_and_changes_nothing(shop):
    first, second = shop.send("DatabaseDown"), shop.send("CacheDown", level="warning")
    assert shop.send("DatabaseDown", level="info") == first
    shop.send("Other")
    shop.send("DatabaseDown", project=shop.blog)
    state = everything(shop)
    found = tried(shop, "level:info -> quiet\nerror.type:*Down -> down\nerror.type:None -> none")
    assert {name: found[name] for name in ("events", "isComplete", "moved", "joined", "split")} == {
        "events": 4, "isComplete": True, "moved": 3, "joined": 1, "split": 1,
    }  # fmt: skip
    assert [(rule["line"], rule["rule"], rule["events"]) for rule in found["byRule"]] == [
        (1, "level:info", 1), (2, "error.type:*Down", 2), (3, "error.type:None", 0),
    ]  # fmt: skip
    assert [each["issueId"] for each in found["byRule"][1]["examples"]] == [second, first]
    assert [(each["issueId"], each["line"], each["events"]) for each in found["groups"]] == [
        (None, 2, 2), (None, 1, 1),
    ]  # fmt: skip
    assert {each["issueId"] for each in found["groups"][0]["sources"]} == {first, second}
    assert found["issues"][0] == {
        "issueId": first, "title": "DatabaseDown: it broke", "events": 2, "leaving": 2,
    }  # fmt: skip
    assert everything(shop) == state


def test_a_preview_knows_merged_issues_and_groups_that_are_there(shop, rules):
    first, second = shop.send("A"), shop.send("B")
    shop.merge(first, second)
    assert tried(shop, "")["moved"] == 0
    assert tried(shop, "error.type:B -> {{ default }}")["moved"] == 0
    rules("error.type:C -> c")
    third = shop.send("C")
    assert tried(shop, "error.type:C -> c")["moved"] == 0
    (group,) = tried(shop, "error.type:* -> c")["groups"]
    assert (group["issueId"], group["events"], len(group["sources"])) == (third, 3, 2)
    assert tried(shop, "")["groups"][0]["issueId"] is None


def test_more_sources_than_are_shown_are_counted(shop):
    for number in range(22):
        shop.send(f"A{chr(65 + number)}Error")
    (group,) = tried(shop, "level:error -> x")["groups"]
    assert (len(group["sources"]), group["sourceCount"]) == (20, 22)
    found = preview(shop.db, shop.actor, shop.shop, "level:error -> x")
    assert list(told(found))[-1] == "    and 2 more"


@pytest.mark.parametrize("bounds", [Bounds(events=2), Bounds(bytes=1), Bounds(seconds=-1)])
def test_a_preview_is_bounded(shop, bounds):
    for _ in range(3):
        shop.send("A")
    found = preview(shop.db, Actor(shop.org, None, "cli"), shop.shop, "level:error -> x", bounds)
    assert found["events"] < 3
    assert not found["is_complete"]


@pytest.mark.sqlite(reason="it reads SQLite's plans")
def test_a_preview_reads_only_its_project_by_the_times_of_its_issues(shop):
    for number in range(3):
        shop.send("A", timestamp=f"2026-11-20T10:00:0{number}Z")
        shop.send("B", timestamp=f"2026-11-20T10:00:0{number}Z", project=shop.blog)
    seen = []
    shop.db.set_trace_callback(seen.append)
    found = preview(shop.db, shop.actor, shop.shop, "level:error -> x", Bounds(events=2))
    shop.db.set_trace_callback(None)
    assert (found["events"], found["is_complete"]) == (2, False)
    plans = {
        row["detail"]
        for sql in seen if re.search(r"\b(?:events e|issues i)\b", sql)
        for row in shop.db.execute(f"EXPLAIN QUERY PLAN {sql}")
    }  # fmt: skip
    assert not [plan for plan in plans if re.search(r"SCAN (?:e|i)\b|TEMP B-TREE", plan)]
    assert any("issues_by_last_seen" in plan for plan in plans)
    assert any("events_by_issue" in plan for plan in plans)


def test_the_newest_events_come_in_their_order_whatever_issue_they_are_of(shop, monkeypatch):
    monkeypatch.setattr(grouping_events, "CHUNK", 2)
    times = [f"2026-11-20T10:{n * 7 % 60:02d}:00.000Z" for n in range(24)]
    for n, moment in enumerate(times):
        issue = shop.send("ABC"[n % 3], timestamp=moment)
    shop.merge(shop.send("A", timestamp=times[0]), issue)
    found = [event.id for event in grouping_events.newest(shop.db, shop.actor, shop.shop)]
    rows = shop.db.execute("SELECT id FROM events ORDER BY timestamp DESC, id DESC")
    assert found == [row["id"] for row in rows]


def test_the_command_line_prints_tries_and_saves(shop, database, tmp_path):
    shop.send("DatabaseDown")
    slugs = shop.db.execute(
        """
        SELECT p.slug, o.slug AS org FROM projects p JOIN organizations o ON o.id = p.org_id
        WHERE p.id = ?
        """,
        (shop.shop,),
    ).fetchone()
    text = tmp_path / "rules"
    text.write_text("error.type:*Down -> down\n", "utf-8")

    def run(*more):
        base = ["--db", str(database), "project", "fingerprint-rules"]
        return CliRunner().invoke(main, [*base, slugs["slug"], "--org", slugs["org"], *more])

    assert run().output == "No rule yet.\n"
    said = run("--file", str(text), "--try").output
    assert "Of 1 event 1 would come to another issue" in said
    assert "line 1: error.type:*Down fits 1" in said
    assert run().output == "No rule yet.\n"
    assert run("--file", str(text)).output == "error.type:*Down -> down\n"
    assert json.loads(run("--json").output) == {"rules": "error.type:*Down -> down"}
    text.write_text("nonsense", "utf-8")
    refused = run("--file", str(text))
    assert (refused.exit_code, refused.output[:13]) == (1, "rules: line 1")
