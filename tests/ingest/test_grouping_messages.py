"""What varies in a message becomes a marker; what the program says stays."""

import time

import pytest

from jentry.ingest.grouping.parametrise import PATTERN, parametrise


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("nothing varies here", "nothing varies here"),
        ("user 17 has -3 of 1,000 carts", "user <number> has <number> of <number> carts"),
        ("took 1.5 and -2e5 of 3.25", "took <number> and <number> of <number>"),
        ("request took 12ms, retry in 3 seconds", "request took <duration>, retry in <duration>"),
        ("mail to ann.b+x@mail.example.com", "mail to <email>"),
        ("GET https://a.example/orders?y=1 failed", "GET <host>/orders<path> failed"),
        ("see https://a.example/x?y=1, then stop", "see <url>, then stop"),
        ("POST /api/v2/orders/17/lines: 500", "POST /api/v2/orders<path>: <number>"),
        ("connect to db-7.internal:5432", "connect to <host>"),
        ("refused (stock-7f9c:8080)", "refused (<host>)"),
        ("attempted address: stock:80, timeout: 10ms", "<host>, timeout: <duration>"),
        ("The duplicate key value is (A-1, x).", "The duplicate key value is <data>."),
        (
            "in: GenServer.call(#PID<0.8.0>, {:buy, 12}, 5000)",
            "in: GenServer.call(<reference>, {:buy, <data>}, <number>)",
        ),
        (
            'in: GenServer.call(A.B, {:buy, "x"}, 5)',
            "in: GenServer.call(A.B, {:buy, <data>}, <number>)",
        ),
        ("retried on ip-10-2-33-4", "retried on <host>"),
        ("upstream node-7f9c:8143 is gone", "upstream <host> is gone"),
        ("depends on e-mail", "depends on e-mail"),
        ("booking ABC1D17 at 4f1c0ab", "booking <id> at <number>"),
        ("SHA256 and E11000 of B17", "SHA<number> and <number> of <number>"),
        ("dial tcp 10.0.0.7:6379: refused", "dial tcp <host>: refused"),
        ("from 2001:db8::1 to ::1", "from <host> to <host>"),
        ("id 7d1f0000-1111-4222-8333-abcdefabcdef!", "id <uuid>!"),
        ("trace 00-" + "a" * 31 + "1-" + "b" * 16 + "-01", "trace <traceparent>"),
        ("commit " + "0a" * 20, "commit <sha1>"),
        ("etag " + "0a" * 16, "etag <md5>"),
        ("at 0x7ffe and deadbeef1", "at <number> and <number>"),
        ("due 2026-11-24T10:11:12.5Z, now", "due <date>, now"),
        ("due 24.11.2026, 10:11", "due <date>"),
        ("due Tue, 24 Nov 2026 10:11:12 GMT", "due <date>"),
        ("at 10:11:12", "at <date>"),
        ("cannot open '/tmp/x 1': gone", "cannot open <quoted>: gone"),
        ('user "ann \\" b" unknown', "user <quoted> unknown"),
        ("don't stop, it's fine", "don't stop, it's fine"),
        ("Datei „a.txt“ und «b» fehlen", "Datei <quoted> und <quoted> fehlen"),
        ("open /var/lib/x7/a.db: no such file", "open <path>: no such file"),
        ("open C:\\Users\\ann\\a.txt failed", "open <path> failed"),
        ("order ORD-1234 and cus_9s6XKzkNRiz8i3", "order <id> and <id>"),
        ("worker-17 of queue_3", "worker-<number> of queue_<number>"),
        ("worker-95704 of queue_1234567", "worker-<number> of queue_<number>"),
        ("12345678 of 8_589_934_593 bytes", "<number> of <number> bytes"),
        ("slow (1,234 ms)", "slow (<duration>)"),
        ("Call to /wards/7 failed with 503", "Call to /wards<path> failed with <number>"),
        ("[Errno 2] Datei fehlt: '/x/1'", "[Errno 2]: <quoted>"),
        ("unknown time zone Europe/Kiyv", "unknown time zone <zone>"),
        ("limits.memory=2Gi of 41Gi", "limits.memory=<number>Gi of <number>Gi"),
        ("verified=true for x", "verified=<bool> for x"),
        ("true for x", "true for x"),
        ("(reading 'amount')", "(reading 'amount')"),
        ("module 'x' has no attribute 'y'", "module 'x' has no attribute 'y'"),
        ("undefined method `name' for nil", "undefined method `name' for nil"),
        ("disk at 91.5% of 1,200.00", "disk at <number>% of <number>"),
        ("client 4.12.0-beta.3 is too old", "client <version> is too old"),
        ("leaked com.acme.Conn@1b2c3d", "leaked com.acme.Conn<number>"),
        ("asset app/img/logo.png is missing", "asset <path> is missing"),
        ("bad eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x-_y", "bad <token>"),
        ("got {'id': 1, 'tags': ['a', 'b']}, sorry", "got <data>, sorry"),
        ("got [1, 2, 3] and map[a:1 b:2]", "got <data> and <data>"),
        ("Key (email)=(ann@b.de) exists", "Key (email)=<data> exists"),
        ('unique constraint "users_email"', 'unique constraint "users_email"'),
        ("a\n\n  b\nc", "a\nb"),
        ("", ""),
    ],
)
def test_message(message: str, expected: str) -> None:
    assert parametrise(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        *("a." * 4000, "'" * 8000, '"\\' * 4000, "a@" * 4000, "/a" * 4000, "1," * 4000),
        *("-" * 8000, "0a" * 4000, ":1" * 4000, "A-1" * 3000, "x://" * 2000, " 1 000" * 1500),
        *("GET /a" * 1500, "user.name" * 900, "a-1." * 2000, "Mon, 1 Jan " * 800),
        *("{'" * 4000, "[1," * 3000, "a/" * 4000, "=(" * 4000, "1.1" * 3000, "eyJaaaaaaaa" * 800),
    ],
)
def test_no_message_is_slow(message: str) -> None:
    """Sixteen times the length takes about that many times as long, not its square, 256."""
    short, long = (_least(message[:length]) for length in (250, 4000))
    assert long < 100 * max(short, 1e-5)


def _least(message: str) -> float:
    return min(_seconds(message) for _ in range(3))


def _seconds(message: str) -> float:
    start = time.process_time()
    PATTERN.sub("", message)
    return time.process_time() - start
