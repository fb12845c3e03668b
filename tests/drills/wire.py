"""How the fuzz drill sends: over real HTTP on kept connections, or straight into the processor."""

import select
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from jentry.ingest.processor import IngestRequest, Processor
from jentry.ingest.receive import receive
from jentry.ingest.writer import Writer
from jentry.settings import Settings
from tests.drills.mutate import Request

PATIENCE = 60.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: the connection ended without one."""

    status: int
    body: bytes = b""


class Client(Protocol):
    def send(self, request: Request) -> Answer: ...

    def close(self) -> None: ...


def serialised(request: Request, host: str) -> bytes:
    """The bytes of the request, so that it can be kept in a file and sent again."""
    lines = [f"POST {request.path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = request.body
    if request.pieces:
        lines.append("Transfer-Encoding: chunked")
        starts = (0, *request.pieces[:-1])
        chunks = [body[start:end] for start, end in zip(starts, request.pieces, strict=True)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


class Http:
    """One kept connection; a new one when the server has closed it."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.address = (target.hostname or "127.0.0.1", target.port or 80)
        self.host = target.netloc
        self.socket: socket.socket | None = None

    def send(self, request: Request) -> Answer:
        data = serialised(request, self.host)
        is_kept = self.socket is not None and not self._is_closed()
        answer = self._exchange(data)
        if answer.status == 0 and is_kept:  # it may have closed just when we sent
            answer = self._exchange(data)
        return answer

    def _is_closed(self) -> bool:
        """Whether the server has ended the idle connection; then it is closed here too."""
        if self.socket is None or not select.select([self.socket], [], [], 0)[0]:
            return False
        self.close()
        return True

    def _exchange(self, data: bytes) -> Answer:
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(data)
            return self._answer()
        except OSError:
            self.close()
            return Answer(0)

    def _answer(self) -> Answer:
        assert self.socket is not None
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        while len(received) < end + 4 + length:
            received += self._more()
        if b"connection: close" in head:
            self.close()
        return Answer(int(head[9:12]), received[end + 4 :])

    def _more(self) -> bytes:
        assert self.socket is not None
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        return data

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class InProcess:
    """`Processor.process` and the writer without HTTP, for a quick look and for profilers."""

    def __init__(self, path: Path) -> None:
        settings = Settings(db=path, quota_5min=0, quota_hour=0)
        self.processor, self.writer = Processor(settings), Writer(path)

    def send(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        parts = url.path.strip("/").split("/")
        kind = {"csp-report": "security", "nel": "security"}.get(parts[-1], parts[-1])
        incoming = IngestRequest(
            kind="cron" if "cron" in parts else kind,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            project_id=int(parts[1]) if parts[-1] != "tunnel" else None,
            client_ip="127.0.0.1",
            slug=parts[-1],
        )
        reply = receive(self.processor, self.writer, incoming, request.body)
        return Answer(reply.status, reply.body)

    def close(self) -> None:
        self.writer.close()
