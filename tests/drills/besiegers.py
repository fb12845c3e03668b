"""Hostile clients of every kind at once, as coroutines of one process beside the server.

Each kind keeps to a pace, so that what is seen is what one request costs, not how many there are.
Run as `python -m tests.drills.besiegers HOST PORT PROJECT KEY TOKEN SECONDS [KIND …]`; prints what
was answered, by kind.
"""

import asyncio
import contextlib
import gzip
import json
import random
import socket
import sys
import uuid
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import brotli
import zstandard

from tests.drills.hostile import KEYS, VALUES

PATIENCE = 60.0  # seconds for anything
BOMB = b"\0" * 60_000_000


@dataclass
class Target:
    host: str
    port: int
    project: int
    key: str
    token: str
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def auth(self) -> str:
        return f"X-Sentry-Auth: Sentry sentry_key={self.key}, sentry_version=7"

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def envelope(self, *headers: str) -> bytes:
        return head("POST", f"/api/{self.project}/envelope/", *headers)


Kind = Callable[[Target], Awaitable[None]]
KINDS: list[tuple[Kind, int]] = []  # each with how many of it there are


def kind(number: int) -> Callable[[Kind], Kind]:
    def add(function: Kind) -> Kind:
        KINDS.append((function, number))
        return function

    return add


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *headers, "", "")).encode()


@contextlib.asynccontextmanager
async def connected(target: Target, receive_buffer: int = 0):
    """Reader and writer; with a small buffer the server soon sees that nobody reads."""
    raw = socket.socket()
    if receive_buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (target.host, target.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=max(receive_buffer, 4096))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def ask(target: Target, name: str, *parts: bytes) -> None:
    """Send, and count the status of the first answer."""
    async with connected(target) as (reader, writer):
        for part in parts:
            writer.write(part)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        line = await reader.readline()
        target.answers[f"{name} {line[9:12].decode() or 'closed'}"] += 1


async def drip(target: Target, name: str, beginning: bytes, seconds: float = 1.0) -> None:
    async with connected(target) as (reader, writer):
        writer.write(beginning)
        answer = asyncio.ensure_future(reader.readline())
        while not answer.done():
            writer.write(b"a")
            await asyncio.wait([answer], timeout=seconds)
        line = answer.result()
        target.answers[f"{name} {line[9:12].decode() or 'closed'}"] += 1


@kind(60)
async def slow_heads(target: Target) -> None:
    await drip(target, "slow head", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")


@kind(60)
async def slow_bodies(target: Target) -> None:
    paths = ("/api/v1/projects", "/nothing", "/api/1/nel/", "/setup/x", "/tunnel")
    path = random.choice((*paths, f"/api/{target.project}/envelope/"))
    beginning = head("POST", path, target.auth, target.bearer, "Content-Length: 50000")
    await drip(target, "slow body", beginning)


@kind(12)
async def large_slow_bodies(target: Target) -> None:
    beginning = target.envelope(target.auth, "Content-Length: 5000000") + b"{}\n" * 1_300_000
    await drip(target, "large body", beginning)


@kind(1)
async def bombs(target: Target) -> None:
    packed = {
        "gzip": gzip.compress(BOMB, 1),
        "deflate": zlib.compress(BOMB, 1),
        "br": brotli.compress(BOMB, quality=1),
        "zstd": zstandard.compress(BOMB),
    }
    while True:
        for name, body in packed.items():
            headers = (target.auth, f"Content-Encoding: {name}", f"Content-Length: {len(body)}")
            await ask(target, f"bomb {name}", target.envelope(*headers), body)
            await asyncio.sleep(1)


@kind(2)
async def hostile_events(target: Target) -> None:
    """Events full of the texts that careless patterns are slow on."""
    texts = [value for value in VALUES if isinstance(value, str) and value.isprintable()]
    while True:
        event = {"event_id": uuid.uuid4().hex, "message": random.choice(texts)}
        event["extra"] = {f"{key}{n}": random.choice(texts) for n, key in enumerate(KEYS[:20])}
        event["exception"] = {"values": [{"type": "E", "value": random.choice(texts)}]}
        body = gzip.compress(
            b'{}\n{"type":"event"}\n' + json.dumps(event).encode("utf-8", "replace") + b"\n", 1
        )
        headers = (target.auth, "Content-Encoding: gzip", f"Content-Length: {len(body)}")
        await ask(target, "hostile event", target.envelope(*headers), body)
        await asyncio.sleep(0.4)


@kind(12)
async def unread_answers(target: Target) -> None:
    paths = ("/docs/api", "/api/v1/openapi.json", "/api/v1/issues?status=all&limit=100")
    request = head("GET", random.choice(paths), target.bearer, "Accept: application/x-ndjson")
    async with connected(target, receive_buffer=4096) as (_, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(request * 50)
            await asyncio.sleep(PATIENCE)


@kind(4)
async def slow_readers(target: Target) -> None:
    request = head(
        "GET", "/api/v1/issues?status=all", target.bearer, "Accept: application/x-ndjson"
    )
    async with connected(target, receive_buffer=4096) as (reader, writer):
        writer.write(request)
        while await reader.read(1000):
            await asyncio.sleep(0.2)


@kind(4)
async def unknown_keys(target: Target) -> None:
    while True:
        auth = f"X-Sentry-Auth: Sentry sentry_key={uuid.uuid4().hex}"
        await ask(target, "unknown key", target.envelope(auth, "Content-Length: 20000000"))
        await asyncio.sleep(0.1)


@kind(300)
async def idle_connections(target: Target) -> None:
    async with connected(target) as (reader, writer):
        writer.write(head("GET", "/healthz"))
        while await reader.read(4096):
            await asyncio.sleep(0.1)


@kind(2)
async def readers_of_the_manual(target: Target) -> None:
    while True:
        await ask(target, "manual", head("GET", "/docs/api", f"X-Random: {random.random()}"))
        await asyncio.sleep(0.1)


@kind(2)
async def nonsense(target: Target) -> None:
    chunked = target.envelope(target.auth, "Transfer-Encoding: chunked")
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    requests = (
        chunked + b"1\r\na\r\n" * 20_000,
        chunked + b"zz\r\n",
        head("GET", "/", *(f"X{n}: {'a' * 4000}" for n in range(99))),
        head("GET", "/", *upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        target.envelope(target.auth, "Content-Length: 9", "Content-Length: 8"),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
        b"\0" * 100_000,
    )
    while True:
        for request in requests:
            await ask(target, "nonsense", request)
            await asyncio.sleep(0.1)


async def again_and_again(function: Kind, target: Target) -> None:
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await function(target)
        await asyncio.sleep(random.uniform(0.1, 0.5))


async def besiege(target: Target, seconds: float, names: list[str]) -> None:
    """By those kinds that are named, or all."""
    tasks = [
        asyncio.ensure_future(again_and_again(function, target))
        for function, number in KINDS
        if not names or function.__name__ in names
        for _ in range(number)
    ]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # raises what was wrong with a besieger


if __name__ == "__main__":
    host, port, project, key, token, seconds, *names = sys.argv[1:]
    aim = Target(host, int(port), int(project), key, token)
    print("ready", flush=True)
    asyncio.run(besiege(aim, float(seconds), names))
    print(json.dumps(aim.answers))
