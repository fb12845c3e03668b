"""Those who are told: a mail server and a web server on this machine."""

import email
import email.policy
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from servers import in_thread

# Titles and names as nobody wishes them in a mail.
HOSTILE = [
    "x\r\nBcc: evil@example.com",
    "=?utf-8?q?x=0D=0ABcc:_evil@example.com?=",
    "a\u2028Bcc: evil@example.com\x0bX: y\x85Z: q",
    "\ud800 half a pair",
    "\u202egnp.exe\u200b\ufeff",
    "@everyone <!channel> @**all** <users/all> <@U123>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](https://evil.example.com) **bold** `code`",
    "x" * 5000,
    "",
]


def read(built):
    return email.message_from_bytes(built.as_bytes(), policy=email.policy.default)


@dataclass
class Mailbox:
    """A mail server that keeps what it gets; `refuse` maps an address to the answer it gets."""

    mails: list = field(default_factory=list)
    refuse: dict = field(default_factory=dict)
    answer: str = "250 2.0.0 queued"
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append((envelope.rcpt_tos[0], mail, envelope.content))
        return self.answer

    @property
    def subjects(self):
        return [mail["Subject"] for _, mail, _ in self.mails]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def mail_server(port=None, **options):
    """aiosmtpd looks whether it can be reached, so it must know its port before."""
    box = Mailbox(port=port or free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Hook:
    """A web server that keeps what it gets and answers as it is told."""

    posts: list = field(default_factory=list)  # path, headers, body
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b"ok"
    drip: float = 0  # seconds that it drips bytes of a header
    delay: float = 0  # seconds until it answers
    port: int = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook/secret-path?token=s3cret"


def handler(hook):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((self.path, dict(self.headers), body))
            time.sleep(hook.delay)
            if hook.drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                end = time.monotonic() + hook.drip
                while time.monotonic() < end:
                    self.wfile.write(b"a")
                    time.sleep(0.05)
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(hook.body)))
            self.end_headers()
            self.wfile.write(hook.body)

        def handle(self):
            with suppress(OSError):
                super().handle()

        def log_message(self, *args):
            pass

    return Handler


@contextmanager
def web_server():
    hook = Hook()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hook))
    server.daemon_threads = True
    hook.port = server.server_address[1]
    with in_thread(server):
        yield hook
