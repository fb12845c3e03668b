"""Real traffic of 17 client versions, replayed byte for byte, twice."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from interfaces import WsgiClient

from jentry import clock, create_app
from jentry.ingest.titles import describe
from jentry.settings import Settings
from jentry.store import connection, orgs, projects
from jentry.store.audit import Actor
from jentry.store.payloads import unpack

CORPUS = Path(__file__).parents[1] / "corpus"
INDEX = json.loads((CORPUS / "index.json").read_text())
KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
CAPTURED = "2026-11-24T10:00:00.000Z"  # the traffic must not look old when it is replayed later
EVENTS = [
    pytest.param(item, id=f"{entry['file']}-{number}")
    for entry in INDEX
    for number, item in enumerate(entry["expect"])
    if item["item"] == "event"
]


def requests():
    for entry in INDEX:
        head = json.loads((CORPUS / f"{entry['file']}.http.json").read_text())
        body = (CORPUS / entry["file"]).parent / head["body_file"]
        yield entry["file"], head, body.read_bytes()


def replay(client):
    """Answers by file name that are not 2xx."""
    refused = {}
    for name, head, body in requests():
        path = f"{head['path']}?{head['query']}" if head["query"] else head["path"]
        skipped = ("content-length", "transfer-encoding", "host")
        headers = {k: v for k, v in head["headers"] if k.lower() not in skipped}
        chunked = "chunked" in (head["body_encoding"]["transfer_encoding"] or "")
        chunks = [body[at : at + 4096] for at in range(0, len(body), 4096)] if chunked else None
        reply = client.send(path, body, headers, method=head["method"], chunks=chunks)
        if reply.status != 200:
            refused[name] = (reply.status, reply.body)
    return refused


class Replayed:
    def __init__(self, db, refused):
        self.db = db
        self.refused = refused
        self.events = {}
        for row in db.execute(
            """
            SELECT e.event_id, e.level, e.environment, r.version AS release, p.data,
                   i.title
            FROM events e
            JOIN event_payloads p ON p.id = e.id
            JOIN issues i ON i.id = e.issue_id
            LEFT JOIN releases r ON r.id = e.release_id
            """
        ):
            event = json.loads(unpack(db, row["data"]))
            self.events[bytes(row["event_id"]).hex()] = dict(row) | {"event": event}


@pytest.fixture(scope="module")
def replayed(own_database):
    patch = pytest.MonkeyPatch()
    patch.setattr(clock, "now", lambda: clock.parse(CAPTURED))
    db = connection.connect(own_database, write=True, shared=True)
    with connection.transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        projects.create(db, Actor(org["id"], None, "cli"), "Shop", None, None, at, 7, KEY)
    client = WsgiClient(create_app(Settings(db=own_database, quota_5min=0, quota_hour=0)))
    refused = replay(client) | replay(client)
    client.close()
    patch.undo()
    yield Replayed(db, refused)
    db.close()


def test_every_request_is_answered_200(replayed):
    assert replayed.refused == {}


def test_only_errors_messages_and_browser_reports_are_events(replayed):
    expected = {
        item["event_id"]
        for entry in INDEX
        for item in entry["expect"]
        if item["item"] == "event" and item.get("event_id")
    }
    anonymous = sum(
        1
        for entry in INDEX
        for item in entry["expect"]
        if item["item"] == "csp" or (item["item"] == "event" and not item.get("event_id"))
    )
    assert expected <= replayed.events.keys()
    # What has no id of its own was stored at each of the two replays.
    assert len(replayed.events) == len(expected) + 2 * anonymous


def cleaned(value):
    """As it is stored: without lone surrogates and NUL."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", value)


@pytest.mark.parametrize("expected", EVENTS)
def test_an_event_is_stored_as_its_client_meant_it(replayed, expected):
    stored = replayed.events.get(expected.get("event_id"))
    if stored is None:
        (stored,) = [
            found
            for found in list(replayed.events.values())
            if found["event"].get("release") == expected.get("release")
            and found["event"]["platform"] == expected["platform"]
            and _title_of(found) in _titles(expected)
        ][:1]
    event = stored["event"]
    assert _title_of(stored) in _titles(expected)
    assert stored["level"] == expected["level"]
    assert stored["release"] == expected.get("release")
    assert (stored["environment"] or "production") == expected["environment"]
    assert len(event.get("exception", {}).get("values", [])) == expected.get("exceptions", 0)
    user = {k: v for k, v in event.get("user", {}).items() if k in expected.get("user", {})}
    wanted = {k: str(v) for k, v in expected.get("user", {}).items()}
    if wanted.get("ip_address") == "{{auto}}":
        wanted["ip_address"] = "127.0.0.1"
    assert user == wanted
    for key, value in _usable_tags(expected).items():
        assert event["tags"][key] == value


def _title_of(stored):
    return describe(stored["event"]).title


def _titles(expected):
    return [cleaned(title) for title in (expected["title"], *expected.get("title_accept", []))]


def _usable_tags(expected):
    """Tags that the rules keep: not null, not empty, one line, not too long, key not reserved."""
    kept = {}
    for key, value in expected.get("tags", {}).items():
        spelled = str(value).lower() if isinstance(value, bool) else str(value).strip()
        usable = value is not None and spelled and "\n" not in spelled and len(spelled) <= 200
        name = key.strip().replace(" ", "-")
        if usable and name not in ("environment", "release"):
            kept[name] = cleaned(spelled)
    return kept


def test_sessions_are_counted_once_each_and_aggregates_at_every_arrival(replayed):
    """Per release, after two replays. The highest rank wins."""
    ranks = {"ok": 0, "exited": 1, "errored": 1, "crashed": 2, "abnormal": 2, "unhandled": 2}
    single, totals = {}, defaultdict(Counter)
    for entry in INDEX:
        for item in entry["expect"]:
            if item["item"] == "session":
                known = single.setdefault(item["sid"], {"status": "ok", "errors": 0} | item)
                if ranks[item["status"]] > ranks[known["status"]]:
                    known["status"] = item["status"]
                known["errors"] = max(known["errors"] or 0, item.get("errors") or 0)
            elif item["item"] == "sessions":
                for part in ("errored", "crashed"):
                    totals[item["release"]][part] += 2 * item[part]
                totals[item["release"]]["sessions"] += 2 * item["total"]
    for session in single.values():
        counts = totals[session["release"]]
        counts["sessions"] += 1
        if session["status"] in ("crashed", "abnormal", "unhandled", "errored"):
            counts[session["status"]] += 1
        elif session["errors"]:
            counts["errored"] += 1
    parts = ("sessions", "errored", "crashed", "abnormal", "unhandled")
    stored = {
        row["version"]: {part: row[part] for part in parts}
        for row in replayed.db.execute("SELECT * FROM releases WHERE sessions > 0")
    }
    assert stored == {
        release: {part: counts[part] for part in parts} for release, counts in totals.items()
    }


def test_reports_attachments_and_check_ins_of_the_corpus_are_kept(replayed):
    kinds = Counter(item["item"] for entry in INDEX for item in entry["expect"])
    count = {
        table: replayed.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("user_reports", "attachments")
    }
    assert count["user_reports"] == kinds["user_report"] + sum(
        1
        for entry in INDEX
        for item in entry["expect"]
        if item["item"].startswith("feedback") and item.get("message")
    )
    assert 0 < count["attachments"] <= 2 * kinds["attachment"]
    ids = {
        item["check_in_id"]
        for entry in INDEX
        for item in entry["expect"]
        if item["item"] == "check_in"
    }
    stored = replayed.db.execute("SELECT count(*) FROM check_ins").fetchone()[0]
    assert stored >= len(ids - {"0" * 32})
