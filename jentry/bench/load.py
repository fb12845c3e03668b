"""A load client: a closed loop over keep-alive connections, in one process without threads.

Run as `python -m jentry.bench.load OPTIONS` so that its work is not measured as the server's.
"""

import argparse
import json
import resource
import selectors
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jentry import clock
from jentry.bench.traffic import Bodies, event_ids, templates

PATIENCE = 15.0  # seconds for the last answers
RETRY = 0.05  # seconds before a refused connection is tried again


@dataclass
class Tally:
    """What came back. `latencies` in seconds; `broken` requests got no answer, `refused` could
    not even be sent.
    """

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    refused: int = 0

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


class Wire:
    """One connection: it sends a request, then reads the answer."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.unsent = b""
        self.answer = b""
        self.event_id = ""
        self.began = 0.0
        self.is_busy = False
        self.not_before = 0.0


class Load:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        target = urlsplit(options.url)
        self.address = (target.hostname or "127.0.0.1", target.port or 80)
        self.bodies = Bodies(templates(options.issues))
        self.ids = event_ids(options.seed)
        self.selector = selectors.DefaultSelector()
        self.wires = [Wire() for _ in range(options.connections)]
        self.tally = Tally()
        self.sent = 0
        self.acknowledged: list[str] = []
        self.head = (
            f"POST /api/{options.project}/envelope/ HTTP/1.1\r\nHost: {target.netloc}\r\n"
            "Content-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\n"
            f"X-Sentry-Auth: Sentry sentry_key={options.key}, sentry_version=7\r\nContent-Length: "
        ).encode()

    def run(self) -> dict[str, object]:
        start = last = time.perf_counter()
        deadline = start + self.options.seconds
        while True:
            now = time.perf_counter()
            is_over = now >= deadline
            for wire in self.wires:
                if not wire.is_busy and not is_over and self._may_send(wire, now - start, now):
                    self._send(wire)
            if is_over and (not any(w.is_busy for w in self.wires) or now > deadline + PATIENCE):
                break
            for key, mask in self.selector.select(0.005):
                self._move(key.data, mask)
            if self.tally.latencies:
                last = time.perf_counter() if any(w.is_busy for w in self.wires) else last
        return self._summary(max(time.perf_counter(), last) - start)

    def _may_send(self, wire: Wire, elapsed: float, now: float) -> bool:
        rate = self.options.rate
        return now >= wire.not_before and (not rate or self.sent < elapsed * rate)

    def _send(self, wire: Wire) -> None:
        self.sent += 1
        wire.event_id = next(self.ids)
        body = self.bodies.make(wire.event_id, clock.timestamp(clock.now()))
        wire.unsent = self.head + str(len(body)).encode() + b"\r\n\r\n" + body
        wire.answer = b""
        wire.began = time.perf_counter()
        wire.is_busy = True
        if wire.socket is None and not self._connect(wire):
            return
        self._write(wire)

    def _connect(self, wire: Wire) -> bool:
        try:
            wire.socket = socket.create_connection(self.address, timeout=2)
        except OSError:
            self.tally.refused += 1
            self._pause(wire)
            return False
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.socket.setblocking(False)
        self.selector.register(wire.socket, selectors.EVENT_READ, wire)
        return True

    def _move(self, wire: Wire, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._write(wire)
        if mask & selectors.EVENT_READ and wire.socket:
            self._read(wire)

    def _write(self, wire: Wire) -> None:
        assert wire.socket is not None  # noqa: S101
        try:
            wire.unsent = wire.unsent[wire.socket.send(wire.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._break(wire)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if wire.unsent else 0)
        self.selector.modify(wire.socket, wanted, wire)

    def _read(self, wire: Wire) -> None:
        assert wire.socket is not None  # noqa: S101
        try:
            data = wire.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._break(wire)
            return
        wire.answer += data
        end = wire.answer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = wire.answer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(wire.answer) >= end + 4 + length:
            self._done(wire, int(head[9:12]), b"connection: close" in head)

    def _done(self, wire: Wire, status: int, closes: bool) -> None:
        self.tally.latencies.append(time.perf_counter() - wire.began)
        self.tally.statuses[status] += 1
        if status == 200:
            self.acknowledged.append(wire.event_id)
        wire.is_busy = False
        if closes:
            self._close(wire)

    def _break(self, wire: Wire) -> None:
        """The server closed an idle connection, or died."""
        self._close(wire)
        if wire.is_busy:
            self.tally.broken += 1
            self._pause(wire)

    def _pause(self, wire: Wire) -> None:
        wire.is_busy = False
        wire.not_before = time.perf_counter() + RETRY

    def _close(self, wire: Wire) -> None:
        if wire.socket is not None:
            self.selector.unregister(wire.socket)
            wire.socket.close()
            wire.socket = None

    def _summary(self, seconds: float) -> dict[str, object]:
        if self.options.acknowledged:
            Path(self.options.acknowledged).write_text("\n".join(self.acknowledged))
        tally, stored = self.tally, self.tally.statuses[200]
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "connections": self.options.connections,
            "seconds": round(seconds, 2),
            "stored": stored,
            "rate": round(stored / seconds, 1),
            "p50": tally.quantile(0.5) if tally.latencies else None,
            "p95": tally.quantile(0.95) if tally.latencies else None,
            "p99": tally.quantile(0.99) if tally.latencies else None,
            "slowest": tally.quantile(1.0) if tally.latencies else None,
            "statuses": {str(status): n for status, n in sorted(tally.statuses.items())},
            "broken": tally.broken,
            "refused": tally.refused,
            "client_cpu": round(used.ru_utime + used.ru_stime, 2),
        }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m jentry.bench.load", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=0.0, help="events a second; 0 = all it can")
    parser.add_argument("--issues", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--acknowledged", help="file for the ids answered 200")
    load = Load(parser.parse_args())
    print("ready", flush=True)  # noqa: T201
    print(json.dumps(load.run()))  # noqa: T201


if __name__ == "__main__":
    main()
