"""Ingestion from outside, by WSGI and by ASGI: what is answered and what is then stored."""

import base64
import json
import uuid
import zlib

import brotli
import pytest
import zstandard
from refusals import let, refuse
from sdk import KEY, gzipped, lines

from jentry.errors import TooManyRequests
from jentry.ingest.writer import Waiting

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = {"event_id": ID, "message": "hello", "level": "warning", "platform": "python"}
ENVELOPE = lines({"event_id": ID}, ("event", EVENT))
AUTH = f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=test/1.0"

pytestmark = pytest.mark.usefixtures("begins_now")


def test_an_event_answered_200_is_stored_and_a_repeat_changes_nothing(sdk, stored):
    for _ in range(2):
        reply = sdk.envelope(("event", EVENT), header={"event_id": ID})
        assert (reply.status, reply.json) == (200, {"id": ID})
    issue = stored.one("SELECT title, level, event_count FROM issues")
    assert issue == {"title": "hello", "level": "warning", "event_count": 1}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/api/7/envelope/", {"X-Sentry-Auth": AUTH}, id="X-Sentry-Auth"),
        pytest.param("/api/7/envelope", {"X-Sentry-Auth": AUTH}, id="no trailing slash"),
        pytest.param("/errors/api/7/envelope/", {"X-Sentry-Auth": AUTH}, id="below a prefix"),
        pytest.param("/api//7/envelope/", {"X-Sentry-Auth": AUTH}, id="a proxy's slashes"),
        pytest.param("/api/7/envelope/", {"Authorization": AUTH}, id="Authorization: Sentry"),
        pytest.param(
            "/api/7/envelope/",
            {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()},
            id="Basic",
        ),
        pytest.param(f"/api/7/envelope/?sentry_key={KEY}&sentry_version=7", {}, id="query"),
        pytest.param(
            f"/api/7/envelope/?sentry_key={KEY}", {"Authorization": "Bearer x"}, id="foreign bearer"
        ),
        pytest.param(
            "/api/7/envelope/", {"X-Sentry-Auth": f"sentry sentry_key={KEY}.flag"}, id="key flags"
        ),
    ],
)
def test_every_form_of_authentication_is_accepted(client, stored, path, headers):
    assert client.send(path, ENVELOPE, headers).status == 200
    assert stored.count("events") == 1


@pytest.mark.parametrize("path", ["/api/7/envelope/", "/tunnel", "/api/tunnel", "/api/tunnel/"])
def test_the_dsn_of_the_envelope_is_enough(client, stored, path):
    body = lines({"dsn": f"https://{KEY}@other.example/7", "event_id": ID}, ("event", EVENT))
    assert client.send(path, body, {"Content-Type": "text/plain"}).status == 200
    assert stored.count("events") == 1


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        pytest.param("/api/7/envelope/", {}, b"{}", 401, id="no credentials"),
        pytest.param("/api/7/envelope/?sentry_key=" + "0" * 32, {}, b"{}", 403, id="unknown key"),
        pytest.param("/api/8/envelope/", {"X-Sentry-Auth": AUTH}, b"{}", 403, id="other project"),
        pytest.param("/api/7/envelope/", {"X-Sentry-Auth": AUTH}, b"", 400, id="empty body"),
        pytest.param("/api/7/envelope/", {"X-Sentry-Auth": AUTH}, b"[]", 400, id="not an object"),
        pytest.param("/api/7/store/", {"X-Sentry-Auth": AUTH}, b"", 400, id="empty store body"),
        pytest.param("/api/7/store/", {"X-Sentry-Auth": AUTH}, b"{", 400, id="broken store body"),
        pytest.param("/api/7/store/", {"X-Sentry-Auth": AUTH}, b"[1]", 400, id="store list"),
        pytest.param(
            "/api/7/envelope/",
            {"X-Sentry-Auth": AUTH},
            b'{}\n{"type":"event","length":99}\n{}',
            400,
            id="a length that lies",
        ),
        pytest.param(
            "/api/7/envelope/",
            {"X-Sentry-Auth": AUTH},
            b'{}\n{"type":"event"}\n{',
            400,
            id="bad JSON",
        ),
        pytest.param(
            "/api/7/envelope/",
            {"X-Sentry-Auth": AUTH, "Content-Encoding": "gzip"},
            gzipped(ENVELOPE)[:-9],
            400,
            id="truncated gzip",
        ),
        pytest.param(
            "/api/7/envelope/",
            {"X-Sentry-Auth": AUTH},
            lines({"dsn": f"https://{KEY}@x/8"}),
            400,
            id="dsn of another project",
        ),
    ],
)
def test_what_is_refused_says_why_and_stores_nothing(client, stored, path, headers, body, status):
    reply = client.send(path, body, headers)
    assert reply.status == status
    assert reply.json == {"detail": reply.json["detail"], "causes": [reply.json["detail"]]}
    assert reply.headers["x-sentry-error"] == reply.json["detail"][:500]
    assert reply.headers["access-control-allow-origin"] == "*"
    assert stored.count("events") == 0


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("", ENVELOPE, id="empty Content-Encoding"),
        pytest.param("gzip", gzipped(ENVELOPE), id="gzip"),
        pytest.param("GZIP ", gzipped(ENVELOPE), id="any case"),
        pytest.param("deflate", zlib.compress(ENVELOPE), id="deflate"),
        pytest.param("br", brotli.compress(ENVELOPE), id="br"),
        pytest.param("zstd", zstandard.compress(ENVELOPE), id="zstd"),
    ],
)
def test_bodies_are_read_in_every_encoding_whole_or_chunked(client, stored, encoding, body):
    headers = {"X-Sentry-Auth": AUTH, "Content-Encoding": encoding}
    assert client.send("/api/7/envelope/", body, headers).status == 200
    chunks = [body[:10], body[10:11], body[11:]]
    assert client.send("/api/7/envelope/", headers=headers, chunks=chunks).status == 200
    assert stored.one("SELECT event_count FROM issues") == {"event_count": 1}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(EVENT).encode(), id="JSON"),
        pytest.param(base64.b64encode(zlib.compress(json.dumps(EVENT).encode())), id="base64+zlib"),
        pytest.param(base64.b64encode(json.dumps(EVENT).encode()), id="base64"),
        pytest.param(zlib.compress(json.dumps(EVENT).encode()), id="zlib"),
    ],
)
@pytest.mark.parametrize("path", ["/api/7/store/", "/api/store/", "/api/7/store"])
def test_the_store_endpoint_takes_every_old_form(client, stored, path, body):
    reply = client.send(path, body, {"X-Sentry-Auth": AUTH})
    assert (reply.status, reply.json) == (200, {"id": ID})
    assert stored.one("SELECT title FROM issues") == {"title": "hello"}


def test_an_event_over_the_limit_is_413_and_counted(sdk, stored):
    reply = sdk.event(message="x" * (1024 * 1024))
    assert reply.status == 413
    assert stored.outcomes() == [("error", "invalid", "too_large", 1)]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_413(client, encoding):
    bomb = b"\0" * 30_000_000
    compress = {
        "gzip": gzipped,
        "deflate": zlib.compress,
        "br": lambda raw: brotli.compress(raw, quality=1),
        "zstd": zstandard.compress,
    }[encoding]
    headers = {"X-Sentry-Auth": AUTH, "Content-Encoding": encoding}
    assert client.send("/api/7/envelope/", compress(bomb), headers).status == 413


def test_a_body_over_the_wire_limit_is_drained_and_413(client, stored):
    chunks = [b"x" * 1_000_000] * 22
    headers = {"X-Sentry-Auth": AUTH}
    assert client.send("/api/7/envelope/", headers=headers, chunks=chunks).status == 413
    assert stored.outcomes() == [("error", "invalid", "too_large", 1)]


@pytest.mark.parametrize("path", ["/api/7/envelope/", "/api/7/store/", "/api/tunnel"])
def test_the_preflight_needs_no_key_and_allows_what_is_asked_for(client, path):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "x-shop-proxy"}
    reply = client.send(path, headers=asked, method="OPTIONS")
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["access-control-allow-headers"].endswith(", x-shop-proxy")
    assert "POST" in reply.headers["access-control-allow-methods"]


def test_items_of_other_kinds_are_accepted_counted_and_make_no_issue(sdk, stored):
    reply = sdk.envelope(
        ("transaction", {"type": "transaction", "transaction": "/x"}),
        ("future_thing", b"hi"),
        ("log", {"items": []}, {"item_count": 3}),
        ("profile", b"\0\1"),
    )
    assert reply.status == 200
    assert stored.count("issues") == 0
    assert stored.outcomes() == [
        ("default", "filtered", "not_stored", 1),
        ("log_item", "filtered", "not_stored", 3),
        ("profile", "filtered", "not_stored", 1),
        ("transaction", "filtered", "not_stored", 1),
    ]


@pytest.mark.parametrize("kind", ["transaction", "feedback"])
def test_an_event_item_whose_body_says_otherwise_is_no_issue(sdk, stored, kind):
    body = {"type": kind, "contexts": {"feedback": {"message": "it hurts"}}}
    assert sdk.event(**body).status == 200
    assert stored.count("issues") == 0


def test_sessions_are_counted_and_bad_ones_dropped_without_a_word(sdk, stored):
    started = "2026-11-20T10:00:00Z"
    attrs = {"release": "web@1", "environment": "production"}
    good = {"sid": uuid.uuid4().hex, "started": started, "status": "crashed", "attrs": attrs}
    reply = sdk.envelope(
        ("session", good),
        ("session", good),
        ("session", good | {"sid": uuid.uuid4().hex, "status": "purple"}),
        ("session", {"sid": uuid.uuid4().hex, "started": started}),
        ("session", b"{"),
        (
            "sessions",
            {"aggregates": [{"started": started, "exited": 3, "errored": 1}], "attrs": attrs},
        ),
        ("sessions", {"aggregates": [{"started": started, "exited": -1}], "attrs": attrs}),
    )
    assert (reply.status, reply.json) == (200, {})
    release = stored.one("SELECT version, sessions, crashed, errored, first_seen FROM releases")
    assert release == {
        "version": "web@1", "sessions": 5, "crashed": 1, "errored": 1,
        "first_seen": "2026-11-20T10:00:00.000Z",
    }  # fmt: skip


def test_what_a_client_dropped_itself_is_counted(sdk, stored):
    entry = {"reason": "before_send", "category": "error", "quantity": 4}
    bad = [{"reason": "x", "category": "error", "quantity": -1}, 3, {"reason": None}]
    report = {"timestamp": "2026-11-20T10:00:00Z", "discarded_events": [entry, *bad]}
    assert sdk.envelope(("client_report", report)).status == 200
    odd = [{"reason": f"reason {n}", "category": f"category {n}", "quantity": 1} for n in range(3)]
    assert sdk.envelope(("client_report", {"discarded_events": odd})).status == 200
    assert stored.outcomes() == [
        ("error", "client_discard", "before_send", 4),
        ("other", "client_discard", "other", 3),
    ]


def test_attachments_reports_and_check_ins_are_kept(sdk, stored):
    check_in = {"monitor_slug": "Nightly backup", "status": "in_progress", "check_in_id": ID}
    sdk.envelope(
        ("event", EVENT),
        ("attachment", b"\x89PNG\n{}\n", {"filename": "shot.png", "content_type": "image/png"}),
        (
            "user_report",
            {"event_id": ID, "name": "Jo", "email": "jo@example.com", "comments": "Ouch"},
        ),
        header={"event_id": ID},
    )
    sdk.envelope(("check_in", check_in))
    sdk.envelope(("check_in", check_in | {"status": "ok", "duration": 12.5}))
    file = stored.one("SELECT filename, content_type, size, event_id AS e FROM attachments")
    assert file == {
        "filename": "shot.png",
        "content_type": "image/png",
        "size": 8,
        "e": bytes.fromhex(ID),
    }
    report = stored.one("SELECT source, name, email, comments FROM user_reports")
    assert report == {
        "source": "user_report", "name": "Jo", "email": "jo@example.com", "comments": "Ouch",
    }  # fmt: skip
    check = stored.one(
        "SELECT slug, status, duration FROM check_ins JOIN monitors m ON m.id = monitor_id"
    )
    assert check == {"slug": "nightly-backup", "status": "ok", "duration": 12.5}


def test_a_feedback_is_kept_even_before_its_event(sdk, stored):
    feedback = {"message": "it hurts", "contact_email": "jo@example.com", "associated_event_id": ID}
    sdk.envelope(("feedback", {"event_id": uuid.uuid4().hex, "contexts": {"feedback": feedback}}))
    found = stored.one("SELECT source, comments, event_id AS e FROM user_reports")
    assert found == {"source": "feedback", "comments": "it hurts", "e": bytes.fromhex(ID)}


@pytest.mark.parametrize("kind", ["user_report", "feedback"])
def test_what_people_write_is_scrubbed_too(sdk, stored, kind):
    text = "my card is 4111 1111 1111 1111"
    body = {"event_id": ID, "comments": text, "contexts": {"feedback": {"message": text}}}
    assert sdk.envelope((kind, body)).status == 200
    assert stored.one("SELECT comments FROM user_reports") == {"comments": "my card is [Filtered]"}


def test_a_check_in_needs_no_sdk(client, stored):
    reply = client.send(f"/api/7/cron/nightly/{KEY}/?status=ok&duration=3", method="GET")
    assert reply.status == 202
    assert client.send(f"/api/7/cron/nightly/{KEY}/", method="GET").status == 400
    assert stored.one("SELECT status, duration FROM check_ins") == {"status": "ok", "duration": 3}


def test_csp_reports_are_issues(client, stored):
    report = {
        "csp-report": {
            "document-uri": "https://shop.example/pay", "violated-directive": "img-src 'self'",
            "blocked-uri": "https://evil.example/x.png", "effective-directive": "img-src",
        }
    }  # fmt: skip
    path = f"/api/7/security/?sentry_key={KEY}&sentry_environment=live&sentry_release=web@1"
    headers = {"Content-Type": "application/csp-report"}
    assert client.send(path, json.dumps(report).encode(), headers).status == 200
    issue = stored.one("SELECT type, title FROM issues")
    assert issue == {"type": "csp", "title": "Blocked 'image' from 'evil.example'"}
    assert client.send(path, b"x", {"Content-Type": "image/png"}).status == 415


def test_a_chunked_body_is_read_on_every_route(client, stored):
    body = lines({"dsn": f"https://{KEY}@other.example/7", "event_id": ID}, ("event", EVENT))
    assert client.send("/api/tunnel", chunks=[body[:20], body[20:]]).status == 200
    assert stored.count("events") == 1


def test_network_error_logging_is_ignored(client, stored):
    assert client.send("/api/7/nel/", b"[]").status == 200


def quota(db, **members):
    db.execute("UPDATE projects SET settings = ?", (json.dumps(members),))


def test_over_the_quota_events_are_429_with_both_headers_and_sessions_flow(sdk, stored, db):
    quota(db, quota_5min=2)
    replies = [sdk.event(message="m") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    seconds = int(replies[2].headers["retry-after"])
    assert 1 <= seconds <= 300
    limits = f"{seconds}:error;default;security;attachment:project:quota_exceeded"
    assert replies[2].headers["x-sentry-rate-limits"] == limits
    session = {"started": "2026-11-20T10:00:00Z", "attrs": {"release": "web@1"}}
    reply = sdk.envelope(("session", session), ("event", {"message": "m"}))
    assert reply.status == 429
    assert stored.one("SELECT sessions FROM releases") == {"sessions": 1}
    assert stored.one("SELECT event_count FROM issues") == {"event_count": 2}


def test_what_is_over_the_quota_is_counted_without_being_looked_into(sdk, stored, db, monkeypatch):
    quota(db, quota_5min=1)
    assert [sdk.event(message="m").status for _ in range(2)] == [200, 429]
    monkeypatch.setattr("jentry.ingest.items.event.normalise", lambda *_: 1 / 0)
    attachment = ("attachment", b"x", {"filename": "a.txt"})
    reply = sdk.envelope(("event", {"message": "m"}), attachment)
    assert reply.status == 429
    assert "x-sentry-rate-limits" in reply.headers
    legacy = sdk.client.send("/api/7/store/", b"{}", sdk.auth)
    csp = b'{"csp-report":{"violated-directive":"x","blocked-uri":"https://x.test"}}'
    headers = sdk.auth | {"Content-Type": "application/csp-report"}
    report = sdk.client.send("/api/7/security/", csp, headers)
    assert (legacy.status, report.status) == (429, 429)
    assert stored.outcomes() == [
        ("attachment", "rate_limited", "quota", 1),
        ("error", "accepted", "", 1),
        ("error", "rate_limited", "quota", 3),
        ("security", "rate_limited", "quota", 1),
    ]
    monkeypatch.undo()
    quota(db, quota_5min=2)
    assert sdk.event(message="m").status == 200  # at once


@pytest.mark.parametrize("pack", [bytes, gzipped, zlib.compress])
def test_over_the_quota_an_event_alone_is_not_opened(sdk, stored, db, monkeypatch, pack):
    quota(db, quota_5min=1)
    assert [sdk.event(message="m").status for _ in range(2)] == [200, 429]
    coding = {bytes: "", gzipped: "gzip", zlib.compress: "deflate"}[pack]
    headers = sdk.auth | {"Content-Encoding": coding}
    alone = lines({}, ("event", {"message": "m" * 90_000}))
    both = alone + b'{"type":"client_report"}\n{"discarded_events":[]}'
    with monkeypatch.context() as patch:
        if coding != "deflate":  # which does not say how long it is
            patch.setattr("jentry.ingest.processor.Inflater.whole", lambda *_: 1 / 0)
        assert sdk.client.send("/api/7/envelope/", pack(alone), headers).status == 429
    with monkeypatch.context() as patch:
        patch.setattr("jentry.ingest.items.client_report.jsontext.loads_or_none", lambda _: None)
        assert sdk.client.send("/api/7/envelope/", pack(both), headers).status == 429
    assert ("error", "rate_limited", "quota", 3) in stored.outcomes()
    assert ("internal", "invalid", "client_report", 1) in stored.outcomes()


def test_a_disabled_key_is_refused_at_once_and_works_again_when_enabled(sdk, db):
    assert sdk.event(message="m").status == 200
    db.execute("UPDATE client_keys SET disabled_at = '2026-11-20T10:00:00.000Z'")
    assert sdk.event(message="m").status == 403
    db.execute("UPDATE client_keys SET disabled_at = NULL")
    assert sdk.event(message="m").status == 200


def test_a_filtered_event_is_200_counted_by_its_rule_and_free(sdk, stored, db):
    quota(db, quota_5min=1, filters={"messages": ["*noise*"]})
    assert [sdk.event(message="some NOISE here").status for _ in range(3)] == [200] * 3
    assert sdk.event(message="signal").status == 200
    assert stored.outcomes() == [
        ("error", "accepted", "", 1),
        ("error", "filtered", "messages", 3),
    ]


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        (["*"], "https://any.example", 200),
        (["shop.example"], "https://shop.example", 200),
        (["https://shop.example"], "https://shop.example", 200),
        (["*.shop.example"], "https://m.shop.example", 200),
        (["shop.example"], "https://evil.example", 403),
        (["shop.example"], "https://shop.example.evil.example", 403),
        (["shop.example"], None, 200),
        (["shop.example"], "http://[", 403),
        (["shop.example"], "http://a]b", 403),
        (["shop.example"], "https://evil.example:x", 403),
        (["shop.example"], "null", 403),
        (["shop.example"], "x" * 100_000, 403),
        (["*"], "http://[", 200),
    ],
)
def test_only_expected_origins_may_send(sdk, db, allowed, origin, status):
    quota(db, allowed_origins=allowed)
    for name in ("Origin", "Referer"):
        headers = {name: origin} if origin else {}
        assert sdk.event(headers=headers, message="m").status == status


def test_ip_addresses_are_not_stored_where_the_project_says_so(sdk, stored, db):
    quota(db, store_ips=False)
    sdk.event(message="m", platform="javascript", user={"id": "1", "ip_address": "203.0.113.9"})
    assert "203.0.113.9" not in json.dumps(stored.payload())
    assert "127.0.0.1" not in json.dumps(stored.payload())


def test_when_too_much_waits_events_are_429_and_told_when_to_come_back(sdk, monkeypatch):
    def full(*_):
        raise TooManyRequests("full")

    assert sdk.event(message="m").status == 200
    monkeypatch.setattr(Waiting, "put", full)
    reply = sdk.event(message="m")
    assert (reply.status, reply.headers["retry-after"]) == (429, "5")
    limits = "5:error;default;security;attachment:organization:backpressure"
    assert reply.headers["x-sentry-rate-limits"] == limits


def test_a_database_that_cannot_be_written_is_503_and_loses_nothing_already_stored(sdk, stored, db):
    assert sdk.event(message="m").status == 200
    refuse(db, "INSERT", "events", "disk full")
    reply = sdk.event(message="m")
    assert (reply.status, reply.headers["retry-after"]) == (503, "30")
    let(db, "events")
    assert sdk.event(message="m").status == 200
    assert stored.one("SELECT event_count FROM issues") == {"event_count": 2}


def test_a_bug_of_ours_is_a_500_that_is_logged_and_counted(sdk, stored, monkeypatch, caplog):
    def broken(event):
        raise ZeroDivisionError

    monkeypatch.setattr("jentry.ingest.items.event.group", broken)
    reply = sdk.event(message="m")
    assert (reply.status, reply.json["detail"]) == (500, "internal error, see the server's log")
    assert stored.outcomes() == [("error", "invalid", "internal_error", 1)]
    assert "ZeroDivisionError" in caplog.text
