"""Requests for the fuzz drill: good ones, and damaged ones at every level from JSON to HTTP.

The same seed and number give the same request.
"""

import base64
import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import brotli
import zstandard

from jentry.ingest.items import ITEM_TYPES
from tests.drills import hostile, samples

BOMB_BYTES = 30_000_000
EVERY = 10  # of so many requests one is a good event
CONTENT_TYPES = (
    "application/x-sentry-envelope", "application/json", "text/plain;charset=UTF-8", "",
    "image/png", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data",
)  # fmt: skip
EVENTS = {name for name, found in ITEM_TYPES.items() if found.is_event}
KINDS = (
    "event", "session", "sessions", "attachment", "client_report", "user_report", "feedback",
    "check_in", "transaction", "log", "span", "profile", "replay_recording", "", "EVENT", "futüre",
)  # fmt: skip
LENGTHS: tuple[Any, ...] = (-1, 0, 1, 2**31, 2**63, 2**64, 10**30, 1.5, "5", True, None, [], 1e400)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda raw: gzip.compress(raw, 1, mtime=0),
    "deflate": lambda raw: zlib.compress(raw, 1),
    "br": lambda raw: bytes(brotli.compress(raw, quality=1)),
    "zstd": lambda raw: zstandard.compress(raw, 1),
}


@dataclass(frozen=True, slots=True)
class Request:
    """`event_id` only for a good event, which must be answered 200 and stored."""

    path: str
    headers: dict[str, str]
    body: bytes
    pieces: tuple[int, ...] = ()  # where a chunked body is cut; not chunked when empty
    event_id: str | None = None


class Maker:
    """Requests to one project."""

    def __init__(self, seed: int, project_id: int, public_key: str) -> None:
        self.seed, self.project_id, self.key = seed, project_id, public_key

    def make(self, number: int) -> Request:
        chance = random.Random(f"{self.seed}/{number}")
        if number % EVERY == 0:
            return self._good(number, chance)
        kind = chance.random()
        if kind < 0.72:
            return self._envelope(chance)
        if kind < 0.88:
            return self._store(chance)
        if kind < 0.96:
            return self._report(chance)
        return self._check_in(chance)

    def _good(self, number: int, chance: random.Random) -> Request:
        event_id = f"{chance.getrandbits(128) | 1 << 127:032x}"
        event = samples.event(chance) | {
            "event_id": event_id,
            "tags": {"fuzz.number": str(number)},
            "timestamp": None,
        }
        body = _envelope({"event_id": event_id}, [({"type": "event"}, json.dumps(event).encode())])
        encoding = chance.choice(("", *PACKERS))
        path, headers = self._authenticated("envelope", chance)
        body, headers = _encoded(body, headers, encoding)
        return Request(path, headers, body, _pieces(body, chance), event_id)

    def _authenticated(self, kind: str, chance: random.Random) -> tuple[str, dict[str, str]]:
        path = f"/api/{self.project_id}/{kind}/"
        if chance.random() < 0.3:
            return f"{path}?sentry_key={self.key}&sentry_version=7", {}
        return path, {"X-Sentry-Auth": f"Sentry sentry_key={self.key}, sentry_client=fuzz/1"}

    def _dressed(
        self, path: str, headers: dict[str, str], body: bytes, chance: random.Random
    ) -> Request:
        """With odd headers, an encoding and chunks, each now and then damaged."""
        if chance.random() < 0.3:
            headers["Content-Type"] = chance.choice(CONTENT_TYPES)
        if chance.random() < 0.02:
            headers["X-Sentry-Auth"] = _header_text(hostile.any_text(chance))
        if chance.random() < 0.02:
            path = f"{path.split('?')[0]}?sentry_key={chance.choice(('', '%ff', self.key))}&a&=&%"
        for name in ("User-Agent", "Origin", "X-Forwarded-For", "Authorization"):
            if chance.random() < 0.05:
                headers[name] = _header_text(hostile.any_text(chance))
        body, headers = _hostile_encoding(body, headers, chance)
        return Request(path, headers, body, _pieces(body, chance))

    def _envelope(self, chance: random.Random) -> Request:
        body = self._envelope_body(chance)
        if chance.random() < 0.07:
            return self._dressed(chance.choice(("/tunnel", "/api/tunnel/")), {}, body, chance)
        return self._dressed(*self._authenticated("envelope", chance), body, chance)

    def _envelope_body(self, chance: random.Random) -> bytes:
        first = _event if chance.random() < 0.75 else _item
        items = [first(chance), *(_item(chance) for _ in range(chance.choice((0, 0, 0, 1, 2, 5))))]
        if chance.random() < 0.9:  # a second event would only make all of them be refused
            items[1:] = [item for item in items[1:] if item[0]["type"] not in EVENTS]
        header: Any = {
            "event_id": f"{chance.getrandbits(128):032x}",
            "sent_at": samples.NOW,
            "dsn": f"http://{self.key}@errors.example/{self.project_id}",
            "trace": {"trace_id": "a" * 32},
        }
        if chance.random() < 0.4:
            header.pop(chance.choice(tuple(header)))
        kind = chance.random()
        if kind < 0.12:
            header = _changed_header(header, chance)
        elif kind < 0.25:
            items = _rearranged(items, chance)
        body = _envelope(header, items, chance)
        if 0.25 <= kind < 0.4:
            body = hostile.damaged_bytes(body, chance, self._other(chance))
        return body

    def _other(self, chance: random.Random) -> bytes:
        text = chance.choice(samples.others())[1]
        return _envelope({}, [({"type": chance.choice(KINDS)}, text.encode())])

    def _store(self, chance: random.Random) -> Request:
        body = hostile.damaged(samples.event(chance), chance)
        kind = chance.random()
        if kind < 0.15:
            body = base64.b64encode(zlib.compress(body, 1))
        elif kind < 0.25:
            body = base64.b64encode(body)
        elif kind < 0.35:
            body = zlib.compress(body, 1)
        if chance.random() < 0.15:
            body = hostile.damaged_bytes(body, chance, body)
        return self._dressed(*self._authenticated("store", chance), body, chance)

    def _report(self, chance: random.Random) -> Request:
        content_type, text = chance.choice(samples.reports())
        body = hostile.damaged(json.loads(text), chance)
        kind = chance.choice(("security", "security", "csp-report", "nel"))
        path, headers = self._authenticated(kind, chance)
        return self._dressed(path, headers | {"Content-Type": content_type}, body, chance)

    def _check_in(self, chance: random.Random) -> Request:
        said = {"status": "ok", "duration": 3, "environment": "live", "check_in_id": "e" * 32}
        slug = chance.choice(("nightly", "%ff%00", "a" * 300, "%2e%2e", "n%20%E2%82%AC"))
        path, headers = self._authenticated(f"cron/{slug}", chance)
        return self._dressed(path, headers, hostile.damaged(said, chance), chance)


def _event(chance: random.Random) -> tuple[Any, bytes]:
    return {"type": "event"}, hostile.damaged(samples.event(chance), chance)


def _item(chance: random.Random) -> tuple[Any, bytes]:
    name, text = chance.choice(samples.others())
    header = {"type": name, "item_count": 1, "filename": "a.txt", "content_type": "text/plain"}
    if chance.random() < 0.15:
        return header | {"type": chance.choice(KINDS)}, hostile.damaged(json.loads(text), chance)
    return header, hostile.damaged(json.loads(text), chance)


def _changed_header(header: dict[str, Any], chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return hostile.any_value(chance)
    name = chance.choice(("event_id", "sent_at", "dsn", "sdk", "trace", ""))
    return header | {name: hostile.any_value(chance)}


def _rearranged(items: list[tuple[Any, bytes]], chance: random.Random) -> list[tuple[Any, bytes]]:
    """Shuffled, repeated, or with headers that are not what they should be."""
    kind = chance.randrange(5)
    if kind == 0:
        items = items * chance.choice((2, 40, 150)) if chance.random() < 0.5 else items + items
    elif kind == 1:
        items += [({"type": chance.choice(KINDS)}, b"")] * chance.choice((1, 99, 1001))
    elif kind == 2:
        header, payload = items[0]
        items[0] = (header | {chance.choice(hostile.KEYS): hostile.any_value(chance)}, payload)
    elif kind == 3:
        items[0] = (hostile.any_value(chance), items[0][1])
    chance.shuffle(items)
    return items


def _envelope(
    header: Any, items: list[tuple[Any, bytes]], chance: random.Random | None = None
) -> bytes:
    """With lengths where they are needed; with a source of chance some of them lie."""
    lines = [_line(header)]
    for item_header, payload in items:
        if isinstance(item_header, dict):
            if b"\n" in payload or chance is None or chance.random() < 0.5:
                item_header = item_header | {"length": len(payload)}
            if chance is not None and chance.random() < 0.03:
                lies = (*LENGTHS, len(payload) + 1, max(0, len(payload) - 1))
                item_header = item_header | {"length": chance.choice(lies)}
        lines += [_line(item_header), payload]
    ending = (
        b"\n" if chance is None else chance.choice((b"\n", b"\n", b"", b"\n\n", b"\r\n", b" x"))
    )
    return b"\n".join(lines) + ending


def _line(value: Any) -> bytes:
    return json.dumps(value).encode().replace(json.dumps(hostile.MARK).encode(), b"[{]")


def _encoded(body: bytes, headers: dict[str, str], encoding: str) -> tuple[bytes, dict[str, str]]:
    if not encoding:
        return body, headers
    return PACKERS[encoding](body), headers | {"Content-Encoding": encoding}


def _hostile_encoding(
    body: bytes, headers: dict[str, str], chance: random.Random
) -> tuple[bytes, dict[str, str]]:
    """Mostly right; now and then damaged, doubled, misnamed, or a bomb."""
    encoding = chance.choice(("", "", "", *PACKERS))
    body, headers = _encoded(body, headers, encoding)
    kind = chance.random()
    if kind < 0.05 and encoding:
        body = hostile.damaged_bytes(body, chance, body)
    elif kind < 0.07:
        body += chance.choice((b"\0\0", b"x", body, PACKERS["gzip"](b"")))
    elif kind < 0.09:
        names = (
            "gzip",
            "deflate",
            "br",
            "zstd",
            "identity",
            "",
            "gzip, br",
            "x-gzip",
            "zip",
            "\xff",
        )
        headers["Content-Encoding"] = chance.choice(names)
    elif kind < 0.0905:
        encoding = chance.choice(tuple(PACKERS))
        body, headers["Content-Encoding"] = _bomb(encoding), encoding
    return body, headers


@cache
def _bomb(encoding: str) -> bytes:
    return PACKERS[encoding](b'{}\n{"type":"event"}\n"' + b"0" * BOMB_BYTES)


def _pieces(body: bytes, chance: random.Random) -> tuple[int, ...]:
    if chance.random() > 0.2 or not body:
        return ()
    cuts = {chance.randint(1, len(body)) for _ in range(chance.choice((1, 2, 9)))}
    return tuple(sorted(cuts | {len(body)}))


def _header_text(value: str) -> str:
    """What HTTP lets stand in a header: one line of Latin-1."""
    return value.encode("latin-1", "replace").decode("latin-1").translate(CONTROLS)[:2000]


CONTROLS = dict.fromkeys((*range(32), 127), " ")
