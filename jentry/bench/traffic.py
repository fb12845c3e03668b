"""Events like those of a Python web application: about 21 KB of JSON, 5 KB as gzip.

Frames carry real source context, taken from jentry's own files, so that they compress as source
does. The same seed gives the same events.
"""

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ERRORS = (
    ("KeyError", "'order row {n} not found in table orders'"),
    ("ValueError", "cannot parse amount {n} of currency EUR"),
    ("ConnectionError", "could not reach payment host {n} after 3 attempts"),
    ("TimeoutError", "waited {n} ms for a worker"),
    ("PermissionError", "user {n} may not change this basket"),
    ("IntegrityError", "duplicate key value violates constraint: id {n}"),
)
PAGES = ("order", "basket", "payment", "search", "profile", "invoice", "stock", "coupon")
CRUMBS = ("query", "httplib", "log", "redis")
FRAMES = 12
BREADCRUMBS = 34


@dataclass(frozen=True)
class Template:
    """One event without what differs from send to send: `head(id, time) + tail` is its JSON."""

    issue: int
    tail: bytes

    def json(self, event_id: str, timestamp: str) -> bytes:
        return head(event_id, timestamp) + self.tail


def head(event_id: str, timestamp: str) -> bytes:
    trace = event_id[16:] + event_id[:16]
    return (
        f'{{"event_id":"{event_id}","timestamp":"{timestamp}","contexts":{{"trace":'
        f'{{"trace_id":"{trace}","span_id":"{trace[:16]}","op":"http.server"}},'
    ).encode()


def templates(issues: int, each: int = 3, seed: int = 1) -> list[Template]:
    """`each` variants of every issue, in a fixed random order."""
    chance = random.Random(seed)
    made = [
        Template(issue, _tail(issue, random.Random(f"{seed}/{issue}/{variant}")))
        for issue in range(issues)
        for variant in range(each)
    ]
    chance.shuffle(made)
    return made


class Bodies:
    """Gzip'd envelopes put together from parts compressed once: cheap enough for a load client."""

    def __init__(self, made: list[Template]) -> None:
        self._parts = [(template, _deflated(template.tail)) for template in made]
        self._next = 0

    def make(self, event_id: str, timestamp: str) -> bytes:
        template, compressed = self._parts[self._next % len(self._parts)]
        self._next += 1
        first = head(event_id, timestamp)
        prefix = (
            f'{{"event_id":"{event_id}","sent_at":"{timestamp}"}}\n'
            f'{{"type":"event","length":{len(first) + len(template.tail)}}}\n'
        ).encode() + first
        size = len(prefix)
        checksum = zlib.crc32(template.tail, zlib.crc32(prefix))
        total = size + len(template.tail)
        return b"".join(
            (
                b"\x1f\x8b\x08\0\0\0\0\0\0\xff\0",
                size.to_bytes(2, "little"),
                (size ^ 0xFFFF).to_bytes(2, "little"),
                prefix,
                compressed,
                checksum.to_bytes(4, "little"),
                total.to_bytes(4, "little"),
            )
        )


def _deflated(tail: bytes) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return compressor.compress(tail) + compressor.flush()


def event_ids(seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    while True:
        yield f"{chance.getrandbits(128) | 1 << 127:032x}"


def _tail(issue: int, chance: random.Random) -> bytes:
    shape = random.Random(f"shape/{issue}")  # what all events of the issue share
    kind, text = shape.choice(ERRORS)
    page = shape.choice(PAGES)
    release = chance.randint(0, 4)
    body: dict[str, Any] = {
        "level": chance.choice(("error", "error", "error", "warning", "fatal")),
        "exception": {"values": [_exception(shape, chance, issue, kind, text)]},
        "user": _user(chance),
        "transaction": f"/api/{page}/{{id}}",
        "tags": {"page": page, "shard": str(chance.randint(0, 7)), "plan": "pro"},
        "extra": {"basket": [chance.randint(1, 10**6) for _ in range(8)], "step": "pay"},
        "breadcrumbs": {"values": [_crumb(chance) for _ in range(BREADCRUMBS)]},
        "modules": {"flask": "3.1.3", "werkzeug": "3.1.4", "sqlalchemy": "2.0.44"},
        "request": _request(page, chance),
        "release": f"shop@2.{release}.0",
        "environment": chance.choice(("production", "production", "staging")),
        "server_name": f"web-{chance.randint(1, 4)}",
        "sdk": {"name": "sentry.python.flask", "version": "2.75.0", "integrations": ["flask"]},
        "platform": "python",
    }
    runtime = {"name": "CPython", "version": "3.11.7", "build": "3.11.7 (main)"}
    dumped = json.dumps(body)
    return f'"runtime":{json.dumps(runtime)}}},{dumped[1:]}'.encode()


def _exception(
    shape: random.Random, chance: random.Random, issue: int, kind: str, text: str
) -> dict[str, Any]:
    frames = [_frame(shape, chance, issue, depth) for depth in range(FRAMES)]
    return {
        "type": kind,
        "value": text.format(n=chance.randint(1, 10**6)),
        "module": None,
        "mechanism": {"type": "flask", "handled": False},
        "stacktrace": {"frames": frames},
    }


def _frame(shape: random.Random, chance: random.Random, issue: int, depth: int) -> dict[str, Any]:
    lines = shape.choice(_sources())
    at = shape.randrange(5, len(lines) - 6)
    is_app = depth > 5
    name = f"{shape.choice(PAGES)}_{shape.choice(('load', 'save', 'check', 'send'))}"
    if is_app:
        name += f"_{issue}"  # `fill` puts other names in its place
    place = f"shop/{name}.py" if is_app else f"flask/{name}.py"
    root = "/srv/shop/app" if is_app else "/usr/lib/python3/site-packages"
    return {
        "filename": place,
        "abs_path": f"{root}/{place}",
        "function": name,
        "module": place.removesuffix(".py").replace("/", "."),
        "lineno": at,
        "pre_context": lines[at - 5 : at],
        "context_line": lines[at],
        "post_context": lines[at + 1 : at + 6],
        "in_app": is_app,
        "vars": {
            "self": f"<shop.{name} object at 0x7f{chance.getrandbits(40):010x}>",
            "order_id": str(chance.randint(1, 10**7)),
            "options": {"retries": "3", "timeout": "2.5", "flags": ["1", "2", "3"]},
            "rows": [f"'{word}'" for word in PAGES],
        },
    }


def _crumb(chance: random.Random) -> dict[str, Any]:
    return {
        "type": "default",
        "category": chance.choice(CRUMBS),
        "level": "info",
        "message": f"SELECT id, amount FROM orders WHERE id = {chance.randint(1, 10**7)} LIMIT 20",
        "timestamp": f"2026-11-20T10:00:{chance.randint(10, 59)}.{chance.randint(0, 999999):06d}Z",
        "data": {"db": "orders", "rows": chance.randint(0, 20), "ms": chance.randint(1, 90)},
    }


def _user(chance: random.Random) -> dict[str, Any]:
    number = chance.randint(1, 5000)
    return {
        "id": str(number),
        "email": f"customer{number}@example.com",
        "ip_address": f"203.0.113.{number % 250}",
    }


def _request(page: str, chance: random.Random) -> dict[str, Any]:
    return {
        "url": f"https://shop.example.com/api/{page}/{chance.randint(1, 10**6)}",
        "method": "POST",
        "query_string": f"page={chance.randint(1, 9)}&sort=price",
        "headers": {
            "Host": "shop.example.com",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Referer": f"https://shop.example.com/{page}",
            "X-Request-Id": f"{chance.getrandbits(64):016x}",
        },
        "env": {"SERVER_NAME": "web", "SERVER_PORT": "443"},
        "data": {"id": chance.randint(1, 10**6), "amount": "19.90", "currency": "EUR"},
    }


@cache
def _sources() -> list[list[str]]:
    root = Path(__file__).parents[1]
    files = (path.read_text("utf-8").splitlines() for path in sorted(root.rglob("*.py")))
    return [lines for lines in files if len(lines) > 30]
