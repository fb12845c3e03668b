"""HTTP as it really comes, byte by byte, to a real server behind each client."""

import contextlib
import json
import socket
import time
import uuid
import zlib

import pytest
from interfaces import AsgiClient
from sdk import KEY, Stored, gzipped, lines

from jentry.bench import server
from jentry.serving.asgi import AsgiApp
from jentry.store import connection, orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import transaction

AUTH = f"X-Sentry-Auth: Sentry sentry_key={KEY}, sentry_version=7"
LIMITED_KEY = "b" * 32
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
LARGE = b'{}\n{"type":"attachment"}\n' + b"x" * 6_000_000


@pytest.fixture(scope="module", params=server.INTERFACES)
def place(request, new_databases):
    """One server for each client: its address and its file."""
    with new_databases() as path, pytest.MonkeyPatch.context() as patch:
        server.make_target(path)
        patch.setenv("JENTRY_TRUSTED_PROXIES", "1")
        with contextlib.closing(connection.connect(path, write=True, shared=True)) as db:
            with transaction(db) as at:
                actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
                projects.create(db, actor, "Shop", None, "python", at, 7, KEY)
                projects.create(db, actor, "Limited", None, "python", at, 8, LIMITED_KEY)
                limits = json.dumps({"quota_5min": 1})
                db.execute("UPDATE projects SET settings = ? WHERE id = 8", (limits,))
            with server.running(path, request.param) as running:
                host, port = running.url.removeprefix("http://").split(":")
                yield (host, int(port)), Stored(db)


@pytest.fixture
def wire(place):
    wire = Wire(place[0])
    yield wire
    wire.close()


@pytest.fixture
def has_event(place):
    def look(event_id):
        rows = place[1].all("SELECT id FROM events WHERE event_id = ?", bytes.fromhex(event_id))
        return len(rows) == 1

    return look


class Wire:
    """A client that sends exactly the bytes it is told to."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, *parts):
        for part in parts:
            self.socket.sendall(part)

    def answer(self, has_body=True):
        """Status, headers with lower-case names, body."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if has_body else 0
        return status, headers, self.file.read(length)

    def is_closed(self):
        """Whether the server ends the connection without another byte."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()


def event(message="hello"):
    event_id = uuid.uuid4().hex
    return event_id, lines({"event_id": event_id}, ("event", {"message": message}))


def head(*headers, path="/api/7/envelope/", method="POST", version="1.1", auth=AUTH):
    all_headers = ("Host: jentry.test", *filter(None, (auth,)), *headers)
    return "\r\n".join((f"{method} {path} HTTP/{version}", *all_headers, "", "")).encode()


def post(body, *headers, **more):
    return head(f"Content-Length: {len(body)}", *headers, **more) + body


def chunked(*chunks):
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def assert_serves(wire, has_event):
    """The connection is still good for an event."""
    event_id, body = event()
    wire.send(post(body))
    status, headers, answer = wire.answer()
    assert (status, json.loads(answer)) == (200, {"id": event_id})
    assert {name: headers[name] for name in CORS} == CORS
    assert has_event(event_id)


def test_a_chunked_body_needs_neither_length_nor_type(wire, has_event):
    event_id, body = event()
    wire.send(head("Transfer-Encoding: chunked") + chunked(body[:1], body[1:30], body[30:]))
    assert wire.answer()[0] == 200
    assert has_event(event_id)
    assert_serves(wire, has_event)


WHOLE = lambda body: (f"Content-Length: {len(body)}", body)  # noqa: E731
CHUNKS = lambda body: ("Transfer-Encoding: chunked", chunked(body[:65536], body[65536:]))  # noqa: E731


@pytest.mark.parametrize("framed", [WHOLE, CHUNKS], ids=["Content-Length", "chunked"])
@pytest.mark.parametrize(
    ("status", "headers", "more"),
    [
        pytest.param(401, (), {"auth": None}, id="no key"),
        pytest.param(403, (), {"auth": AUTH.replace("a1", "00")}, id="unknown key"),
        pytest.param(403, (), {"path": "/api/6/envelope/"}, id="other project"),
        pytest.param(413, (), {"path": "/api/7/store/"}, id="too large event"),
        pytest.param(413, ("Content-Encoding: gzip",), {}, id="too large compressed"),
        pytest.param(413, ("Content-Encoding: gzip",), {"path": "/api/7/store/"}, id="store"),
        pytest.param(413, ("Content-Encoding: br",), {"path": "/api/tunnel"}, id="tunnel"),
        pytest.param(401, (), {"path": "/api/7/security/", "auth": None}, id="security"),
        pytest.param(200, (), {"path": "/api/7/nel/"}, id="ignored"),
        pytest.param(404, (), {"path": "/api/7/minidump/"}, id="unknown route"),
        pytest.param(405, (), {"path": "/api/7/envelope/", "method": "PUT"}, id="wrong method"),
    ],
)
def test_whoever_sends_a_whole_body_sees_why_it_is_refused(
    wire, has_event, framed, status, headers, more
):
    """The event loop answers first and throws the rest away; threads read it, and go on."""
    framing, body = framed(LARGE)
    wire.send(head(framing, *headers, **more), body)
    got, said, answer = wire.answer()
    assert got == status
    if status != 200:
        assert said["x-sentry-error"] == json.loads(answer)["detail"][:500]
        assert {name: said[name] for name in CORS} == CORS
    if said.get("connection") == "close":
        assert wire.is_closed()
    else:
        assert_serves(wire, has_event)


def test_a_client_may_wait_for_100_continue(wire, has_event):
    event_id, body = event()
    wire.send(head(f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert wire.answer(has_body=False)[0] == 100
    wire.send(body)
    assert wire.answer()[0] == 200
    assert has_event(event_id)


def test_pipelined_requests_are_answered_in_order(wire, has_event):
    sent = [event() for _ in range(5)]
    wire.send(b"".join(post(body) for _, body in sent))
    answers = [wire.answer() for _ in sent]
    assert [json.loads(body)["id"] for _, _, body in answers] == [event_id for event_id, _ in sent]
    assert all(has_event(event_id) for event_id, _ in sent)


@pytest.mark.parametrize("is_chunked", [False, True], ids=["whole", "chunked"])
def test_a_request_may_be_cut_at_any_byte(wire, is_chunked):
    event_id, body = event()
    packed = gzipped(body)
    encoding = "Content-Encoding: gzip"
    if is_chunked:
        request = head("Transfer-Encoding: chunked", encoding) + chunked(packed[:9], packed[9:])
    else:
        request = post(packed, encoding)
    for cut in range(1, len(request), 5):
        wire.send(request[:cut])
        time.sleep(0.001)
        wire.send(request[cut:])
        status, _, answer = wire.answer()
        assert (status, json.loads(answer)["id"], cut) == (200, event_id, cut)


def test_http_1_0_is_answered_and_closed(wire, has_event):
    event_id, body = event()
    wire.send(post(body, version="1.0"))
    assert wire.answer()[0] == 200
    assert wire.is_closed()
    assert has_event(event_id)


@pytest.mark.parametrize(
    "path", ["/api/7/envelope/", "/api/7/store/", "/tunnel", "/api/7/security/"]
)
def test_methods_other_than_post_are_told_what_to_do(wire, has_event, path):
    wire.send(head("Origin: https://shop.test", path=path, method="OPTIONS", auth=None))
    status, headers, _ = wire.answer()
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    wire.send(head(path=path, method="HEAD", auth=None))
    status, headers, _ = wire.answer(has_body=False)
    assert (status, headers["access-control-allow-origin"]) == (405, "*")
    wire.send(head(path=path, method="GET", auth=None))
    status, headers, body = wire.answer()
    assert (status, headers["x-sentry-error"]) == (405, json.loads(body)["detail"])
    assert_serves(wire, has_event)


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"hello\r\n\r\n", id="no request line"),
        pytest.param(b"POST /api/7/envelope/\r\n\r\n", id="no version"),
        pytest.param(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", id="TLS"),
        pytest.param(b"\0" * 10_000 + b"\r\n\r\n", id="zeros"),
        pytest.param(b"POST /" + b"a" * 8200 + b" HTTP/1.1\r\n\r\n", id="long line"),
        pytest.param(head(*(f"X-{n}: {n}" for n in range(500))), id="many headers"),
        pytest.param(head(path="/?q=\xff").decode().encode("latin-1"), id="raw query"),
        pytest.param(head(path="/\xff").decode().encode("latin-1"), id="raw path"),
        pytest.param(head("X-Long: " + "a" * 100_000), id="long header"),
        pytest.param(head("Content-Length: -1"), id="negative length"),
        pytest.param(head("Content-Length: 5", "Content-Length: 6") + b"hello!", id="two lengths"),
        pytest.param(head("Content-Length: 1e3"), id="no length"),
        pytest.param(
            head("Content-Length: 3", "Transfer-Encoding: chunked") + chunked(b"{}"), id="both"
        ),
        pytest.param(head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n", id="bad chunk"),
    ],
)
def test_nonsense_is_a_4xx_and_harms_nobody(wire, place, has_event, nonsense):
    other = Wire(place[0])
    wire.send(nonsense)
    with contextlib.suppress(ConnectionError, IndexError):  # closed while we still sent
        assert 400 <= wire.answer(has_body=False)[0] < 500
    assert_serves(other, has_event)
    other.close()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["whole", "chunked"])
def test_a_client_that_leaves_halfway_stores_nothing(place, wire, has_event, is_chunked):
    event_id, body = event()
    leaver = Wire(place[0])
    if is_chunked:
        leaver.send(head("Transfer-Encoding: chunked") + chunked(body[:-9])[:-5])
    else:
        leaver.send(post(body)[:-9])
    leaver.close()
    assert_serves(wire, has_event)
    assert not has_event(event_id)


def test_429_has_both_headers_and_the_connection_goes_on(wire, has_event):
    limited = AUTH.replace(KEY, LIMITED_KEY)
    wire.send(post(event()[1], path="/api/8/envelope/", auth=limited))
    wire.answer()
    wire.send(post(event()[1], path="/api/8/envelope/", auth=limited))
    status, headers, _ = wire.answer()
    seconds = headers["retry-after"]
    limits = f"{seconds}:error;default;security;attachment:project:quota_exceeded"
    assert (status, headers["x-sentry-rate-limits"]) == (429, limits)
    assert {name: headers[name] for name in CORS} == CORS
    assert_serves(wire, has_event)


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6,2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("path", ["/api/7/envelope/", "/tunnel"])
def test_behind_a_proxy_the_client_is_whom_the_proxy_saw(place, wire, path, forwarded, seen):
    event_id = uuid.uuid4().hex
    body = {"message": "m", "user": {"ip_address": "{{auto}}"}}
    dsn = f"http://{KEY}@jentry.test/7"
    wire.send(
        post(
            lines({"event_id": event_id, "dsn": dsn}, ("event", body)),
            f"X-Forwarded-For: {forwarded}",
            path=path,
            auth=None,
        )
    )
    assert wire.answer()[0] == 200
    assert ip_address(place[1], event_id) == seen


def ip_address(stored, event_id):
    ids = [row["event_id"] for row in stored.all("SELECT event_id FROM events ORDER BY id")]
    return stored.payloads()[ids.index(bytes.fromhex(event_id))]["user"]["ip_address"]


def test_a_compressed_chunked_body_is_inflated_while_it_comes(wire, has_event):
    event_id, body = event("long " * 100_000)
    packed = zlib.compress(body)
    wire.send(head("Transfer-Encoding: chunked", "Content-Encoding: deflate"))
    for start in range(0, len(packed), 200):
        wire.send(
            b"%x\r\n" % len(packed[start : start + 200]), packed[start : start + 200], b"\r\n"
        )
    wire.send(b"0\r\n\r\n")
    assert wire.answer()[0] == 200
    assert has_event(event_id)


def test_a_server_that_stops_says_so_in_its_last_answers(new_database):
    target = server.make_target(new_database)
    more = {
        "path": f"/api/{target.project_id}/envelope/",
        "auth": AUTH.replace(KEY, target.public_key),
    }
    with server.running(new_database) as running:
        host, port = running.url.removeprefix("http://").split(":")
        wire = Wire((host, int(port)))
        wire.send(post(event()[1], **more))
        assert "connection" not in wire.answer()[1]
        running.process.terminate()
        deadline = time.monotonic() + 5
        said = None
        while said is None and time.monotonic() < deadline:  # the signal takes a moment
            wire.send(post(event()[1], **more))
            status, headers, _ = wire.answer()
            said = headers.get("connection")
        wire.close()
    assert (status, said) == (200, "close")


def test_a_body_that_does_not_arrive_in_time_is_408(settings):
    client = AsgiClient(AsgiApp(settings, read_seconds=0.05))
    reply = client.send("/api/7/envelope/", chunks=[b"{}\n"], stalls=True)
    client.close()
    assert (reply.status, reply.json["detail"]) == (
        408, "the body did not arrive within 0.05 seconds and one more for each 64 KiB",
    )  # fmt: skip
