"""The ASGI application: envelopes are handled in the event loop, all else by Flask in threads.

    receive -> Processor.process -> LoopWriter: apply -> commit, in a thread -> 200

A thread per request stops near 1,000 events/s on two cores because threads hand the interpreter
lock to and fro; here one loop does all the work, and a thread waits for the disk.
"""

import asyncio
import gc
import re
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from jentry.app.address import local_path
from jentry.app.factory import create_app
from jentry.errors import TooManyRequests
from jentry.ingest import answers
from jentry.ingest.answers import Answer
from jentry.ingest.loop_writer import LoopWriter
from jentry.ingest.processor import (
    ATTEMPTS,
    DRAIN,
    IngestRequest,
    NeedsThread,
    Processed,
    Processor,
)
from jentry.ingest.query import client_address, query_values
from jentry.serving.scheduler import Scheduler
from jentry.serving.wsgi import WsgiMiddleware
from jentry.settings import Settings
from jentry.store.rows import StoreResult

HOT_PATH = re.compile(
    r"/api/(?P<project>[0-9]{1,18})/(?P<kind>envelope|store)/?|(?:/api)?/(?P<tunnel>tunnel)/?"
)
NOT_ASCII = re.compile(rb"[\x80-\xff]")
FLASK_THREADS = 4  # more are slower: they only pass the interpreter lock around
HEAVY_THREADS = 2
HEAVY_BYTES = 256 * 1024  # of a body: processed in a thread, so that the loop stays free

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Disconnected(Exception):
    """The client left before its request was complete."""


class AsgiApp:
    """`read_seconds`: how long the whole body of an envelope may take to arrive."""

    def __init__(self, settings: Settings | None = None, read_seconds: float = 30) -> None:
        flask = create_app(settings)
        self.read_seconds = read_seconds
        self.settings: Settings = flask.config["SETTINGS"]
        self.processor = cast(Processor, flask.extensions["processor"])
        self.base_path = urlsplit(self.settings.url or "").path
        self.flask = flask
        self.writer: LoopWriter  # once the loop runs
        self.wsgi = WsgiMiddleware(_terminated(flask), FLASK_THREADS)
        self.scheduler = Scheduler()
        self.threads = ThreadPoolExecutor(HEAVY_THREADS, "heavy")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"cannot serve {scope['type']}")
        path = local_path(scope["path"], self.base_path)
        hot = HOT_PATH.fullmatch(path) if scope["method"] == "POST" else None
        if hot is None:
            scope["query_string"] = NOT_ASCII.sub(_quoted, scope.get("query_string", b""))
            with self.scheduler.request():
                await self.wsgi(scope, receive, send)
            return
        try:
            answer = await self.ingest(
                _incoming(scope, hot, self.settings.trusted_proxies), receive
            )
        except Disconnected:
            return
        await _respond(answer, send)

    async def lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.writer = LoopWriter(self.settings.db, asyncio.get_running_loop())
                self.flask.extensions["writer"] = self.writer
                gc.freeze()  # modules stay: with them, a large event took five times as long
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.writer.close()
                self.threads.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def ingest(self, incoming: IngestRequest, receive: Receive) -> Answer:
        try:
            async with asyncio.timeout(self.read_seconds):
                body = await _read(receive, self.processor.wire_limit(incoming))
        except TimeoutError:
            seconds = self.read_seconds
            return answers.refused(408, f"the body did not arrive within {seconds} seconds")
        for _ in range(ATTEMPTS):
            processed = await self.open(incoming, body)
            if processed.submission is None:
                return processed.reply
            waiter: asyncio.Future[StoreResult] = asyncio.get_running_loop().create_future()
            try:
                self.writer.submit(processed.submission, waiter)
            except TooManyRequests:
                return answers.busy()
            try:
                result = await waiter
            except Exception:  # logged by the writer
                return answers.unstorable()
            if not result.is_stale:
                return processed.answer(result)
            self.processor.forget()
        return answers.unsettled()

    async def open(self, incoming: IngestRequest, body: bytes | None) -> Processed:
        """In the loop when it is quick, in a thread when it is large or asks the database."""
        if body is not None and len(body) <= HEAVY_BYTES:
            try:
                work = partial(self.processor.process, incoming, body, in_loop=True)
                return await self.scheduler.event(work)
            except NeedsThread:
                pass
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self.processor.process, incoming, body)


def _terminated(app: Callable[..., Any]) -> Callable[..., Any]:
    """Bodies end by themselves here; without being told, Flask reads none that has no length."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True
        return app(environ, start_response)

    return call


def _quoted(byte: re.Match[bytes]) -> bytes:
    """Of a query string, which a2wsgi takes to be ASCII."""
    return b"%%%02X" % byte[0][0]


def _incoming(scope: Scope, hot: re.Match[str], hops: int) -> IngestRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    peer = scope.get("client")
    return IngestRequest(
        kind=hot["kind"] or hot["tunnel"],
        headers=headers,
        query=query_values(scope.get("query_string", b"")),
        project_id=int(hot["project"]) if hot["project"] else None,
        client_ip=client_address(peer[0] if peer else None, headers, hops),
    )


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None when it is over the limit (and drained)."""
    chunks, size = [], 0
    while size <= DRAIN:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not message.get("more_body", False):
            break
    return b"".join(chunks) if size <= limit else None


async def _respond(answer: Answer, send: Send) -> None:
    headers = answer.headers | {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
    }
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (name.lower().encode(), value.encode("latin-1", "replace"))
                for name, value in headers.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
