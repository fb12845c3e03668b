"""The two ways into the application, driven alike: Flask by WSGI, the event loop by ASGI."""

import asyncio
import json
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder, run_wsgi_app


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class WsgiClient:
    name = "wsgi"

    def __init__(self, app):
        self.app = app

    def send(self, path, body=b"", headers=None, method="POST", chunks=None) -> Reply:
        environ = EnvironBuilder(path, method=method, data=body, headers=headers).get_environ()
        environ["REMOTE_ADDR"] = "127.0.0.1"
        if chunks is not None:  # no Content-Length, as modern Node sends it
            environ.pop("CONTENT_LENGTH", None)
            environ |= {"wsgi.input": _Stream(chunks), "wsgi.input_terminated": True}
        parts, status, answer = run_wsgi_app(self.app, environ, buffered=True)
        return Reply(
            int(status.split()[0]), {k.lower(): v for k, v in answer.items()}, b"".join(parts)
        )

    def close(self):
        self.app.extensions["writer"].close()
        self.app.extensions["processor"].close()


class _Stream:
    """A terminated stream that gives one chunk a read."""

    def __init__(self, chunks):
        self.chunks = list(chunks)

    def read(self, size=-1):
        return self.chunks.pop(0) if self.chunks else b""


class AsgiClient:
    name = "asgi"

    def __init__(self, app):
        self.app = app
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.events = {}
        self._call(self._lifespan("startup"))

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def _lifespan(self, what):
        if what == "startup":
            self.queue = asyncio.Queue()
            self.done = {"startup": asyncio.Event(), "shutdown": asyncio.Event()}

            async def send(message):
                self.done[message["type"].split(".")[1]].set()

            self.task = asyncio.ensure_future(self.app({"type": "lifespan"}, self.queue.get, send))
        await self.queue.put({"type": f"lifespan.{what}"})
        await self.done[what].wait()

    def send(self, path, body=b"", headers=None, method="POST", chunks=None, stalls=False) -> Reply:
        """`stalls`: the body never ends."""
        return self._call(self._send(path, body, headers or {}, method, chunks, stalls))

    async def _send(self, path, body, headers, method, chunks, stalls):
        url = urlsplit(path)
        headers = {name.lower(): value for name, value in headers.items()}
        if chunks is None and (body or method == "POST"):
            headers.setdefault("content-length", str(len(body)))
        parts = [body] if chunks is None else list(chunks)
        messages = [
            {"type": "http.request", "body": part, "more_body": stalls or number < len(parts)}
            for number, part in enumerate(parts, 1)
        ] or [{"type": "http.request", "body": b"", "more_body": False}]
        answered = asyncio.Event()
        got = {"headers": [], "body": b""}

        async def receive():
            if messages:
                return messages.pop(0)
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                got.update(status=message["status"], headers=message["headers"])
            else:
                got["body"] += message.get("body", b"")
                if not message.get("more_body"):
                    answered.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": url.path,
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
            "client": ("127.0.0.1", 40000),
            "server": ("jentry.test", 80),
        }
        await self.app(scope, receive, send)
        answer = {k.decode().lower(): v.decode("latin-1") for k, v in got["headers"]}
        return Reply(got["status"], answer, got["body"])

    def close(self):
        self._call(self._lifespan("shutdown"))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()
