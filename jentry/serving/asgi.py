"""The ASGI application: what SDKs send is handled in the event loop, all else by Flask in threads.

    receive -> Processor.process -> LoopWriter: apply -> commit, in a thread -> 200

A thread per request stops near 1,000 events/s on two cores because threads hand the interpreter
lock to and fro; here one loop does all the work, and a thread waits for the disk. Bodies are read
here, whoever they are for: no thread waits for a client.
"""

import asyncio
import gc
import re
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from jentry.app import request_id
from jentry.app.address import local_path
from jentry.app.start import prepare
from jentry.errors import Refusal, TooLarge
from jentry.health import readiness
from jentry.ingest import answers
from jentry.ingest.answers import Answer
from jentry.ingest.lanes import Lanes
from jentry.ingest.loop_writer import LoopWriter
from jentry.ingest.processor import LOOP_BYTES, IngestRequest, NeedsThread, Processed, Processor
from jentry.ingest.query import client_address, query_values
from jentry.ingest.receive import exchange
from jentry.ingest.symbolication.symbols import Unmapped
from jentry.serving.bodies import SECONDS, Budget, IncomingBody, announced, check
from jentry.serving.flask_requests import FlaskRequests
from jentry.serving.scheduler import Scheduler
from jentry.serving.timed import Timed, metrics_of
from jentry.settings import Settings
from jentry.store.rows import StoreResult, Submission

if TYPE_CHECKING:
    from flask import Flask

INGEST = re.compile(
    r"""/api/(?P<project>[0-9]+)/
        (?:(?P<kind>envelope|store|security|csp-report|nel)
          |cron/(?P<slug>[^/]+)(?:/(?P<key>[^/]+))?)/?
       |(?:/api)?/(?P<tunnel>tunnel)/?
       |/api/(?P<old>store)/?""",
    re.VERBOSE,
)
KINDS = {"csp-report": "security", None: "cron"}
# Objects between two collections. JSON of nothing but lists took three times as long with 700, and
# cycles, which there are few of, are all that waits.
COLLECT = (10_000, 10, 10)
HEALTH = ("/healthz", "/readyz")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiApp:
    """`read_seconds`: how long the whole body of a request may take to arrive, if it is small.

    What pages and the API need is loaded when somebody first asks for them: a quarter of the time
    to start, and of the memory of a server that only stores events.
    """

    def __init__(self, settings: Settings | None = None, read_seconds: float = SECONDS) -> None:
        self.read_seconds = read_seconds
        self.settings = prepare(settings)
        self.processor = Processor(self.settings)
        self.base_path = urlsplit(self.settings.url or "").path
        self.writer: Lanes  # once the loop runs
        self.scheduler = Scheduler()
        self.bodies = Budget(self.settings.max_bodies_bytes)
        self._pages: asyncio.Future[FlaskRequests] | None = None
        self.large = ThreadPoolExecutor(1, "large")  # bodies, one at a time: each is memory
        self.lookups = ThreadPoolExecutor(1, "keys")
        self.probes = ThreadPoolExecutor(1, "readyz")
        self._probe: asyncio.Future[tuple[int, str]] | None = None
        self.metrics = metrics_of(self.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})  # answered with 403
        else:
            path = local_path(scope["path"], self.base_path)
            if self.metrics is None:
                await self.answer(scope, path, receive, send)
            else:
                with Timed(self.metrics, path, send) as timed:
                    await self.answer(scope, path, receive, timed.send)

    async def answer(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        """`path` is that of the route."""
        method = scope["method"]
        if (incoming := self.ingested(scope, path)) is not None:
            await _respond(await self.ingest(incoming, scope, receive), send)
        elif path in HEALTH and method in ("GET", "HEAD"):
            answer = await self.health(path)
            answer.headers[request_id.HEADER] = request_id.repeated(_given_id(scope))
            await _respond(answer, send, is_head=method == "HEAD")
        else:
            pages = await self.pages()
            await pages(scope, path, receive, send)

    async def pages(self) -> FlaskRequests:
        """What answers all but events; loaded once, and tried again where that fails."""
        loop = asyncio.get_running_loop()
        if self._pages is None or (self._pages.done() and self._pages.exception()):
            self._pages = loop.run_in_executor(None, self._load)
        return await asyncio.shield(self._pages)

    def _load(self) -> FlaskRequests:
        from jentry.app.factory import assemble  # noqa: PLC0415

        flask: Flask = assemble(self.settings)
        flask.extensions |= {"processor": self.processor, "writer": self.writer}
        gc.freeze()
        return FlaskRequests(flask, self.scheduler, self.bodies, self.read_seconds)

    def _lane(self) -> LoopWriter:
        measured = self.metrics.batch_stored if self.metrics else None
        return LoopWriter(self.settings.db, asyncio.get_running_loop(), measured)

    async def lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.writer = Lanes(self.settings.db, self._lane)
                gc.freeze()  # modules stay: with them, a large event took five times as long
                gc.set_threshold(*COLLECT)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.writer.close()
                self.large.shutdown()
                self.processor.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def health(self, path: str) -> Answer:
        """`/readyz` is never behind others: who asks while a look is taken gets its result."""
        status, text = 200, "ok\n"
        if path == "/readyz":
            if self._probe is None or self._probe.done():
                loop = asyncio.get_running_loop()
                probe = partial(readiness.probe, self.settings)
                self._probe = loop.run_in_executor(self.probes, probe)
            status, text = await asyncio.shield(self._probe)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        headers |= readiness.later(status)
        return Answer(status, text.encode(), headers, "text/plain; charset=utf-8")

    def ingested(self, scope: Scope, path: str) -> IngestRequest | None:
        """What SDKs and browsers post; check-ins may also be a GET. None: it is for Flask."""
        method = scope["method"]
        found = INGEST.fullmatch(path) if method in ("POST", "GET") else None
        if found is None or (method == "GET" and not found["slug"]):
            return None
        return _incoming(scope, found, self.settings.trusted_proxies)

    async def ingest(self, incoming: IngestRequest, scope: Scope, receive: Receive) -> Answer:
        if incoming.kind == "nel":
            return answers.accepted(None)
        refusal = await self.refusal(incoming)
        if refusal is not None and refusal.submission is None:  # nothing to count
            return refusal.reply
        with self.bodies.hold() as hold:
            body: bytes | None = b""
            try:
                if refusal is None:
                    limit = self.processor.wire_limit(incoming)
                    check(announced(scope["headers"]), limit)
                    body = await IncomingBody(receive, hold, limit, self.read_seconds).whole()
            except TooLarge:
                body = None
            except Refusal as error:
                return answers.refused(error.status, error.message, error.headers)
            return await exchange(self.processor, partial(self.process, incoming, body), self.store)

    async def refusal(self, incoming: IngestRequest) -> Processed | None:
        try:
            return self.processor.refusal(incoming, in_loop=True)
        except NeedsThread:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.lookups, self.processor.refusal, incoming)

    async def process(self, incoming: IngestRequest, body: bytes | None) -> Processed:
        """What a source map has to be asked first is waited for, for a while."""
        try:
            return await self.opened(incoming, body)
        except Unmapped as unmapped:
            waited = [asyncio.wrap_future(f) for f in self.processor.symbols.start(unmapped.places)]
            await asyncio.wait(waited, timeout=self.settings.map_seconds)
            return await self.opened(incoming, body, is_final=True)

    async def opened(
        self, incoming: IngestRequest, body: bytes | None, *, is_final: bool = False
    ) -> Processed:
        """In the loop when it is quick, in a thread when it is large or asks the database.

        Raises Unmapped, unless `is_final`.
        """
        threads = self.large
        process = partial(self.processor.process, incoming, body, is_final=is_final)
        if body is None or len(body) <= LOOP_BYTES:
            try:
                work = partial(process, in_loop=True)
                if not body:
                    return work()
                return await self.scheduler.event(work, incoming.project_id)
            except NeedsThread:
                threads = self.large if body else self.lookups
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, process)

    async def store(self, submission: Submission) -> StoreResult:
        """Raises TooManyRequests, or what kept it from being stored."""
        waiter: asyncio.Future[StoreResult] = asyncio.get_running_loop().create_future()
        self.writer.submit(submission, waiter)
        try:
            return await waiter
        finally:
            del waiter  # its error knows this frame: together they would keep the submission


def _given_id(scope: Scope) -> str:
    values = (value for name, value in scope["headers"] if name.lower() == b"x-request-id")
    return cast(bytes, next(values, b"")).decode("latin-1")


def _incoming(scope: Scope, found: re.Match[str], hops: int) -> IngestRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query = query_values(scope.get("query_string", b""))
    if found["key"]:
        query.setdefault("sentry_key", found["key"])
    peer = scope.get("client")
    kind = found["kind"] or found["tunnel"] or found["old"]
    return IngestRequest(
        kind=KINDS.get(kind, kind),
        headers=headers,
        query=query,
        project_id=_id(found["project"]),
        client_ip=client_address(peer[0] if peer else None, headers, hops),
        slug=found["slug"] or "",
    )


def _id(digits: str | None) -> int | None:
    """0, which no project has, for what is no id at all."""
    if digits is None:
        return None
    return int(digits) if len(digits) <= 18 else 0


async def _respond(answer: Answer, send: Send, *, is_head: bool = False) -> None:
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
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})
