"""Connections that want to stay, bodies that do not come: over real sockets, with short limits."""

import gc
import socket
import threading
import time

import pytest
from sdk import KEY, lines

from jentry.serving import connections, protocol
from jentry.serving.callers import Rank
from jentry.store.connection import transaction

GOOD = f"X-Sentry-Auth: Sentry sentry_key={KEY}, sentry_version=7"
UNKNOWN = GOOD.replace(KEY, "0" * 32)
PING = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
EVENT = lines({}, ("event", {"message": "m"}))
PROJECT = b'{"name":"cut"}'


def head(path, *headers, method="POST"):
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *headers, "", "")).encode()


def event(key=GOOD):
    return head("/api/7/envelope/", key, f"Content-Length: {len(EVENT)}") + EVENT


def cut(path, body, *headers):
    """The beginning of a request whose body announces more than there is."""
    return head(path, *headers, f"Content-Length: {len(body) + 1000}") + body


# What is sent, and the answers until the server ends the connection.
UNUSED = {
    "silent": (b"", []),
    "half a head": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", [408]),
    "idle after an answer": (PING, [200]),
    "half a head after answers": (PING + PING + b"GET ", [200, 200, 408]),
    "a request line after an answer": (PING + b"GET / HTTP/1.1\r\n", [200, 408]),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", [400]),
    "half an envelope": (cut("/api/7/envelope/", EVENT, GOOD), [408]),
    "half an envelope of nobody": (cut("/api/7/envelope/", EVENT), [408]),
    "half a tunnel": (cut("/tunnel", b"{"), [408]),
    "half a body for the API": (cut("/api/v1/projects", PROJECT), [408]),
    "half a report": (cut("/api/7/security/", b"{", GOOD), [408]),
    "half a form": (cut("/setup/x", b"a="), [408]),
}


def test_whoever_keeps_a_connection_without_using_it_loses_it(running, connect):
    clients = {name: connect(running) for name in UNUSED}
    for name, (sent, _) in UNUSED.items():
        clients[name].send(sent)
    expected = {name: statuses for name, (_, statuses) in UNUSED.items()}
    assert {name: client.answers() for name, client in clients.items()} == expected
    assert not [name for name, client in clients.items() if b"reset" in client.received]


def test_drops_do_not_keep_a_connection_open(running, connect):
    begun = [
        b"GET /healthz HTTP/1.1\r\nX-Slow: ",
        head("/api/7/envelope/", GOOD, "Content-Length: 5000"),
        head("/api/v1/projects", "Transfer-Encoding: chunked") + b"fff\r\n",
    ]
    clients = [connect(running) for _ in begun]
    open_still = dict(zip(clients, begun, strict=True))
    for client, beginning in open_still.items():
        client.send(beginning)
    deadline = time.monotonic() + 5
    while open_still and time.monotonic() < deadline:
        time.sleep(0.05)
        for client in list(open_still):
            try:
                client.send(b"a")
            except OSError:
                del open_still[client]
    assert not open_still


# Requests without their body.
BODILESS = {
    "key": (403, head("/api/7/envelope/", UNKNOWN, "Content-Length: 9000000")),
    "store": (403, head("/api/7/store/", UNKNOWN, "Content-Length: 90")),
    "security": (403, head("/api/7/security/", UNKNOWN, "Content-Length: 90")),
    "no key": (401, head("/api/7/security/", "Content-Length: 90")),
    "check-in": (403, head("/api/7/cron/x/" + "0" * 32, "Content-Length: 90")),
    "project": (403, head("/api/8/envelope/", GOOD, "Content-Length: 90")),
    "chunked": (403, head("/api/7/envelope/", UNKNOWN, "Transfer-Encoding: chunked")),
    "waits for 100": (
        403,
        head("/api/7/envelope/", UNKNOWN, "Content-Length: 9", "Expect: 100-continue"),
    ),
    "large": (413, head("/api/7/envelope/", GOOD, "Content-Length: 99000000")),
    "large form": (404, head("/setup/x", "Content-Length: 99000000")),
    "no token": (401, head("/api/v1/projects", "Content-Length: 99000000")),
    "no token, less": (401, head("/api/v1/projects", "Content-Length: 900000")),
    "no address": (404, head("/api/v1/nothing", "Content-Length: 99000000")),
    "no page": (404, head("/nothing", "Transfer-Encoding: chunked")),
    "method": (405, head("/healthz", "Content-Length: 99000000")),
    "ignored": (200, head("/api/7/nel/", "Content-Length: 99000000")),
}


def test_an_answer_that_does_not_need_the_body_comes_before_it(running, connect):
    found = {}
    for name, (_, request_head) in BODILESS.items():
        client = connect(running)
        client.send(request_head)
        found[name] = client.answer()
        assert b"connection: close" in client.received.lower()
        client.socket.shutdown(socket.SHUT_WR)
        assert client.answers() == []
    assert found == {name: status for name, (status, _) in BODILESS.items()}


def test_a_large_body_is_read_once_its_sender_is_known(running, connect, token):
    bearer = f"Authorization: Bearer {token}"
    body = b'{"name":"large","platform":"python"' + b" " * 200_000 + b"}"
    client = connect(running)
    client.send(head("/api/v1/projects", bearer, f"Content-Length: {len(body)}") + body)
    assert client.answer() == 201
    client.send(head("/api/v1/projects", bearer, "Content-Length: 1048577"))
    assert client.answer() == 413


def test_what_a_caller_took_is_remembered_until_it_is_refused(running, connect, token, db):
    credentials = f"Bearer {token}"
    client = connect(running)

    def rank_now():
        with running.app._pages.result().callers.rank(credentials.encode()) as rank:
            return rank

    def asks(path, status, rank):
        client.send(head(path, f"Authorization: {credentials}", method="HEAD"))
        assert client.answer() == status
        deadline = time.monotonic() + 5
        while rank_now() is not rank:  # it is noted once the answer is out
            assert time.monotonic() < deadline
            time.sleep(0.01)

    asks("/api/v1/projects", 200, Rank.FIRST)
    asks("/docs/api", 200, Rank.FIRST)  # a page for everybody: nobody was asked
    with transaction(db):
        db.execute("DELETE FROM api_tokens")
    asks("/docs/api", 200, Rank.FIRST)
    asks("/api/v1/projects", 401, Rank.STRANGER)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/projects", PROJECT),
        ("/api/7/envelope/", EVENT),
        ("/api/7/security/", b'{"csp-report":{"violated-directive":"a","blocked-uri":"b"}}'),
    ],
)
@pytest.mark.parametrize("half", [True, False], ids=["may read", "gone"])
def test_a_request_that_ends_too_early_is_400_and_not_performed(
    running, connect, token, db, framing, path, body, half
):
    client = connect(running)
    headers = (GOOD, f"Authorization: Bearer {token}")
    if framing == "length":
        client.send(cut(path, body, *headers))
    else:
        chunk = b"%x\r\n%b\r\n" % (len(body), body)
        client.send(head(path, *headers, "Transfer-Encoding: chunked") + chunk)
    if half:
        client.socket.shutdown(socket.SHUT_WR)
        assert client.answers() == [400]
    client.close()
    other = connect(running)
    other.send(PING)
    assert other.answer() == 200
    for table, rows in (("projects", 1), ("events", 0)):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == rows


def test_a_client_that_has_said_all_still_gets_its_answer(running, connect):
    client = connect(running)
    client.send(event())
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answers() == [200]


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        pytest.param(431, head("/", *(f"X{n}: a" for n in range(101))), id="many headers"),
        pytest.param(
            431, head("/", *(f"X{n}: {'a' * 4000}" for n in range(10)), method="GET"), id="40 KB"
        ),
        pytest.param(
            400,
            head("/api/7/envelope/", "Transfer-Encoding: chunked") + b"1\r\na\r\n" * 5000,
            id="tiny chunks",
        ),
        pytest.param(
            400, head("/api/7/envelope/", f"Content-Length: {'9' * 5000}"), id="length of 5,000"
        ),
        pytest.param(
            403,
            head(
                "/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", method="GET",
            ),
            id="websocket",
        ),
    ],
)  # fmt: skip
def test_what_only_costs_is_refused(running, connect, status, sent):
    client = connect(running)
    client.send(sent)
    assert client.answers() == [status]


@pytest.mark.parametrize("target", ["http://one.example", "HTTPS://one.example:8443"])
def test_a_target_may_name_the_host_which_counts(running, connect, target):
    host = target.partition("//")[2]
    requests = [
        head(f"{target}/api/7/envelope/", GOOD, f"Content-Length: {len(EVENT)}") + EVENT,
        head(f"{target}/healthz", method="GET"),
        head(f"{target}?a=/b", method="GET"),
        head(f"{target}/docs/api", "Connection: close", method="GET"),
    ]
    client = connect(running)
    client.send(b"".join(requests))
    assert client.answers() == [200, 200, 200, 200]
    assert f"http://{host}/api/v1".encode() in client.received


@pytest.mark.parametrize("host", ["a" * 5000, "a..b", "xn--\xfc", "[::1", "a:b:c", ""])
def test_a_host_that_cannot_be_is_no_error_of_ours(running, connect, caplog, host):
    client = connect(running)
    for path in ("/nothing", "/docs/api", "/api/v1/projects", "/api/7/nothing"):
        client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1"))
    client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    statuses = client.answers()
    assert len(statuses) == 5
    assert statuses[-1] == 200
    assert not [status for status in statuses if status >= 500]
    assert [record.message for record in caplog.records] == []


def test_bodies_that_do_not_come_hold_nobody_up(running, connect, token):
    waiting = [connect(running) for _ in range(40)]
    for number, client in enumerate(waiting):
        path = ("/api/v1/projects", "/api/7/envelope/", "/setup/x", "/tunnel")[number % 4]
        client.send(cut(path, b"{", GOOD))
    client = connect(running)
    for request in (
        PING,
        head("/readyz", method="GET"),
        head("/api/v1/projects", f"Authorization: Bearer {token}", method="GET"),
        event(),
    ):
        client.send(request)
        assert client.answer() == 200
    assert [client.answers() for client in waiting] == [[408]] * 40


def test_idle_connections_give_way_to_new_ones(run, connect, caplog):
    running = run(most=20)
    running.connections.seconds = dict(connections.SECONDS)
    idle = [connect(running) for _ in range(20)]
    for client in idle:
        client.send(PING)
        assert client.answer() == 200
    for _ in range(30):
        client = connect(running)
        client.send(event())
        assert client.answer() == 200
    assert len(running.connections) <= 20
    assert idle[0].answers() == []


def test_the_largest_body_gives_way_when_there_is_no_room(run, connect):
    running = run(max_bodies_bytes=30_000)
    large = [connect(running) for _ in range(3)]
    for client in large:
        client.send(cut("/api/7/envelope/", b"x" * 13_000, GOOD))
    client = connect(running)
    client.send(event())
    assert client.answer() == 200
    answers = [client.answers() for client in large]
    assert sorted(answers) == [[408], [408], [503]]
    (refused,) = [client for client in large if b" 503 " in client.received]
    assert b"retry-after: 5" in refused.received.lower()


def test_an_answer_that_nobody_reads_is_given_up(run, connect, monkeypatch):
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.3)
    running = run()
    client = connect(running, receive_buffer=4096)
    for _ in range(200):
        client.send(head("/api/v1/openapi.json", method="GET"))
    deadline = time.monotonic() + 10
    while len(running.connections) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(running.connections) == 0


def test_a_connection_that_has_ended_leaves_nothing_behind(running, connect):
    """A collection would find it, once there are 10,000 such objects, and hold everybody up."""
    requests = [b"", PING, PING + PING, event(), event(UNKNOWN), b"nonsense\r\n\r\n", PING[:20]]
    gc.disable()
    try:
        for sent in requests * 2:
            client = connect(running)
            client.send(sent)
            if sent:
                time.sleep(0.02)
            client.close()
        deadline = time.monotonic() + 10
        while (left := _connections_of(running)) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        gc.enable()
    assert left == []


def _connections_of(running):
    found = (item for item in gc.get_objects() if isinstance(item, protocol.HttpConnection))
    return [repr(item) for item in found if item.connections is running.connections]


def test_a_server_that_stops_closes_idle_connections_and_answers_what_is_on_its_way(run, connect):
    running = run()
    running.connections.seconds = dict(connections.SECONDS)
    idle, late = connect(running), connect(running)
    for client in (idle, late):
        client.send(PING)
        assert client.answer() == 200
    began = time.monotonic()
    running.stop()
    late.send(event())
    assert late.answer() == 200
    assert late.answers() == idle.answers() == []
    idle.close(), late.close()
    running.thread.join(10)
    assert not running.thread.is_alive()
    assert time.monotonic() - began < 8  # neither the 75 s of an idle one nor gunicorn's 10


def test_a_proxy_that_keeps_connections_loses_nothing(running, database, db):
    """Its connections are idle for about as long as the server keeps them."""
    acknowledged = []

    def forward(pause):
        for _ in range(2):
            client = socket.create_connection(running.address)
            for _ in range(3):
                client.sendall(event())
                received = client.recv(65536)
                if not received:
                    break  # closed while idle, before the request was sent: sent again elsewhere
                acknowledged.append(received)
                time.sleep(pause)
            client.close()

    threads = [threading.Thread(target=forward, args=(0.36 + n / 200,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = db.execute("SELECT count(*) FROM events").fetchone()[0]
    assert len(acknowledged) == stored
    assert all(b" 200 " in answer for answer in acknowledged)
