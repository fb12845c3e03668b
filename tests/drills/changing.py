"""A proxy before a server that changes members of the answers of `/api/0`."""

import http.client
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.sentry_members import TABLE, parts

API = "/api/0"
WAYS = ("drop", "null", "type", "form")
OWN = ("connection", "transfer-encoding", "content-length", "keep-alive", "date", "server")
OTHER: dict[type, Any] = {
    type(None): {},
    str: 7,
    bool: "yes",
    int: "7",
    float: "7",
    dict: "x",
    list: "x",
}
Pair = tuple[str, str]  # a kind and one of its members


class Proxy:
    """`way`: drop (the member is missing), null, type (a value of another one), form (a text that
    is neither a time, a number nor an absolute address, where the member is one of these).
    """

    def __init__(self, server: str) -> None:
        self.upstream = urlsplit(server).netloc
        self.url = ""
        self.seen: set[Pair] = set()  # of answers that were not changed
        self.asked: list[tuple[str, str, int]] = []  # method, address and status, of the same
        self._changes: dict[str, set[str]] = {}
        self._way = ""

    @contextmanager
    def changing(self, pairs: Iterable[Pair], way: str) -> Iterator[None]:
        for kind, member in pairs:
            self._changes.setdefault(kind, set()).add(member)
        self._way = way
        try:
            yield
        finally:
            self._changes, self._way = {}, ""

    def met(self, method: str, address: str, status: int) -> None:
        if not self._way:
            self.asked.append((method, address, status))

    def passed(self, path: str, body: bytes) -> bytes:
        try:
            found = json.loads(body)
        except ValueError:
            return body
        for kind, held in list(parts(path, found)):
            if self._way:
                _change(held, self._changes.get(kind, set()), self._way)
            else:
                self.seen.update((kind, member) for member in held.keys() & TABLE[kind].keys())
        return json.dumps(found).encode() if self._way else body


def _change(held: dict[str, Any], members: set[str], way: str) -> None:
    for member in held.keys() & members:
        value = held[member]
        if way == "drop":
            del held[member]
        elif way == "null":
            held[member] = None
        elif way == "type":
            held[member] = OTHER[type(value)]
        elif way == "form" and _has_form(value):
            held[member] = "/x"


def _has_form(value: object) -> bool:
    return isinstance(value, str) and (value[:4].isdigit() or value.startswith("http"))


@contextmanager
def changing_proxy(server: str) -> Iterator[Proxy]:
    """Listens on a port of its own."""
    proxy = Proxy(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(size) if size else None
            upstream = http.client.HTTPConnection(proxy.upstream, timeout=60)
            headers = dict(self.headers.items()) | {"Accept-Encoding": "identity"}
            upstream.request(self.command, self.path, sent, headers)
            answer = upstream.getresponse()
            body = answer.read()
            path = urlsplit(self.path).path
            proxy.met(self.command, self.path, answer.status)
            if answer.status < 300 and path.startswith(API):
                body = proxy.passed(path.removeprefix(API), body)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in OWN:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            upstream.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    proxy.url = f"http://127.0.0.1:{listening.server_address[1]}"
    try:
        yield proxy
    finally:
        listening.shutdown()
        listening.server_close()
