"""Trackers for tests: real HTTP servers that answer as their documentation says."""

import json
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from servers import in_thread

SELECTS = ("project", "issue")  # parameters that choose among answers at one path


class Recorded:
    """A tracker's API as its documentation has it: lists in pages of `size`, unknown paths 404.

    `answers`: a body, or `{"status", "body", "headers"}`, at a path, with what selects it. `first`
    are given before anything else, one after another.
    """

    def __init__(self, answers, *, size=2, is_bugsink=False, first=()):
        self.answers, self.size, self.is_bugsink = answers, size, is_bugsink
        self.first = list(first)
        self.requests = []  # path with parameters, and headers
        self.hook = lambda path: None

    def answer(self, address):
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.first:
            return self.first.pop(0)
        self.hook(address)
        found = self.answers.get(parts.path)
        for name in SELECTS:
            found = self.answers.get(f"{parts.path}?{name}={query.get(name)}", found)
        if found is None:
            return {"status": 404, "body": {"detail": "Not found."}}
        if isinstance(found, dict) and "status" in found and "body" in found:
            return found
        if isinstance(found, dict):
            return {"body": found}
        start = int(query.get("cursor", "0:0").split(":")[1])
        end = start + self.size
        cursor = f"0:{end}:0"
        page, is_more = found[start:end], end < len(found)
        if self.is_bugsink:
            following = f"http://elsewhere.example.com{parts.path}?cursor={cursor}"
            return {"body": {"next": following if is_more else None, "results": page}}
        link = (
            f'<http://x/>; rel="previous"; results="false"; cursor="0:0:1", <http://x/>; '
            f'rel="next"; results="{str(is_more).lower()}"; cursor="{cursor}"'
        )
        return {"body": page, "headers": {"Link": link}}


@contextmanager
def serving(recorded):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            recorded.requests.append((self.path, dict(self.headers)))
            answer = recorded.answer(self.path)
            raw = answer.get("raw") or json.dumps(answer["body"]).encode()
            packer = zlib.compressobj(wbits=31)
            raw = packer.compress(raw) + packer.flush()
            self.send_response(answer.get("status", 200))
            for name, value in answer.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"
