"""From the event loop to a WSGI application: a thread for each step, and none while nobody reads.

A step makes the next part of an answer. It is handed over in pieces, the next one when the one
before has been taken; meanwhile the thread is another request's.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from io import BytesIO
from threading import Lock
from typing import Any

from jentry.app.body import LINGERS, Unread

PIECE = 64 * 1024  # bytes

Environ = dict[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Turn = Callable[[], AbstractAsyncContextManager[None]]
WsgiApp = Callable[[Environ, Any], Iterable[bytes]]


def environ_of(scope: MutableMapping[str, Any], body: bytes | Unread) -> Environ:
    """PEP 3333: paths, queries and headers are text of the code points of their bytes."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        LINGERS: True,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_LENGTH", "CONTENT_TYPE"):
            name = f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    if isinstance(body, bytes) and (body or "CONTENT_LENGTH" in environ):
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


class WsgiMiddleware:
    def __init__(self, app: WsgiApp, threads: int) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(threads, "wsgi")

    async def __call__(
        self, environ: Environ, send: Send, turn: Turn, keeps: Callable[[int], object]
    ) -> int:
        """The status. Each step has its `turn`; `keeps` is told how many bytes wait to be sent.

        Raises what the application raises.
        """
        response = _Response(self.app, environ)
        try:
            part = await self._step(turn, response.begin)
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status,
                    "headers": response.headers,
                }
            )
            while not response.is_over:
                await _send_part(send, part, keeps, is_last=False)
                part = await self._step(turn, response.go_on)
            await _send_part(send, part, keeps, is_last=True)
        finally:
            if not response.is_over:
                self.threads.submit(response.leave)
        return response.status

    async def _step(self, turn: Turn, step: Callable[[], bytes]) -> bytes:
        async with turn():
            return await asyncio.get_running_loop().run_in_executor(self.threads, step)


async def _send_part(
    send: Send, part: bytes, keeps: Callable[[int], object], *, is_last: bool
) -> None:
    if len(part) > PIECE:
        keeps(len(part))
    start = 0
    while len(part) - start > PIECE:
        await send(_piece(part[start : start + PIECE], has_more=True))
        start += PIECE
    await send(_piece(part[start:] if start else part, has_more=not is_last))
    keeps(0)


def _piece(body: bytes, *, has_more: bool) -> MutableMapping[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": has_more}


class _Response:
    """An answer in the making; each method is called in some thread, all in one context."""

    def __init__(self, app: WsgiApp, environ: Environ) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_over = False
        self._app, self._environ = app, environ
        self._context = copy_context()
        self._lock = Lock()  # who leaves waits for the step that is under way
        self._iterable: Iterable[bytes] | None = None
        self._chunks: Iterator[bytes] = iter(())

    def begin(self) -> bytes:
        """Status, headers, and the first part of the body: all of it, when it is short."""
        with self._lock:
            return self._context.run(self._begin)

    def go_on(self) -> bytes:
        with self._lock:
            return self._context.run(self._next_part)

    def leave(self) -> None:
        """Nobody takes the rest."""
        with self._lock:
            if not self.is_over:
                self._context.run(self._close)

    def _begin(self) -> bytes:
        self._iterable = self._app(self._environ, self._start_response)
        self._chunks = iter(self._iterable)
        return self._next_part()

    def _start_response(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in headers
        ]

    def _next_part(self) -> bytes:
        """At least a piece, unless it is the last; then the iterable is closed."""
        part = next(self._chunks, None)
        if part is not None and len(part) >= PIECE:
            return part
        parts = [part or b""]
        size = len(parts[0])
        while size < PIECE and part is not None:
            part = next(self._chunks, None)
            if part is not None:
                parts.append(part)
                size += len(part)
        if part is None:
            self._close()
        return b"".join(parts)

    def _close(self) -> None:
        self.is_over = True
        close = getattr(self._iterable, "close", None)
        if close is not None:
            close()
