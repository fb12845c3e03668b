"""The failover drill: the primary, a server or a server's machine fails under load, many times.

Two servers share a primary with two standbys. Clients send each event with a session of a release
of its own, once, and what was not answered 200 again and again, without the session, until it is.
After each failure every event that was answered 200 must be there, and its session if it came with
one; no event and no session twice; counters must equal rows; and no answer may be another than 200
or 503. The primary's last moments do not reach its standbys, so that an answer that has not waited
for them is one of an event that is lost. A server is killed with all its processes: the primary is
told by the system. A server's machine stands still with its connections open: nobody is told.
"""

import json
import os
import random
import secrets
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import click

from jentry import clock
from jentry.bench import server
from jentry.cli.base import answer, json_option, table
from jentry.store import checks, connection
from tests.drills import standbys

KINDS = ("primary", "server", "machine", "both")
SERVERS = 2
CLIENTS = 8
PATIENCE = 60.0  # seconds
PAUSE = 0.2  # seconds before what was not taken is sent again
UNBOUNDED = {
    f"JENTRY_{name}": "0"
    for name in (
        "MAX_RELEASES",
        "QUOTA_BYTES_HOUR",
        "QUOTA_RELEASES_HOUR",
        "QUOTA_SESSIONS_5MIN",
        "QUOTA_SESSION_HOURS_HOUR",
    )
}
EXPECTED = {0, 200, 503}  # of statuses; 0: no answer
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine only


@dataclass(frozen=True)
class Round:
    killed: str
    number: int
    acknowledged: int  # events
    lost: int  # of all that was acknowledged up to now, sessions too
    twice: int
    statuses: dict[int, int]  # 0: no answer
    seconds: float  # from the kill until an event that was sent after it was answered 200
    problems: list[str]

    @property
    def is_good(self) -> bool:
        return bool(self.acknowledged) and not (self.lost or self.twice or self.problems)

    def row(self) -> tuple[object, ...]:
        statuses = ", ".join(f"{n} x {status}" for status, n in sorted(self.statuses.items()))
        counts = (self.acknowledged, self.lost, self.twice)
        return self.killed, self.number, *counts, f"{self.seconds:.1f}", statuses


class Load:
    """Clients of all servers; what they were answered."""

    def __init__(self, urls: list[str], target: server.Target) -> None:
        self.urls, self.target = urls, target
        self.events: set[str] = set()  # that were answered 200
        self.sessions: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.killed_at = float("inf")
        self.goes_on = threading.Event()  # after the kill
        self._is_over = threading.Event()
        self._clients = [threading.Thread(target=self._run, args=(n,)) for n in range(CLIENTS)]

    def start(self) -> None:
        for client in self._clients:
            client.start()

    def stop(self) -> None:
        self._is_over.set()
        for client in self._clients:
            client.join()

    def _run(self, number: int) -> None:
        while not self._is_over.is_set():
            number += 1
            event_id = secrets.token_hex(16)
            body = envelope(event_id, number, has_session=True)
            if self._sent(number, event_id, body):
                self.sessions.add(event_id)
                continue
            body = envelope(event_id, number, has_session=False)
            while not self._is_over.wait(PAUSE):
                number += 1
                if self._sent(number, event_id, body):
                    break

    def _sent(self, number: int, event_id: str, body: bytes) -> bool:
        began = time.monotonic()
        status = post(self.urls[number % len(self.urls)], self.target, body)
        self.statuses[status] += 1
        if status == 200:
            self.events.add(event_id)
            if began > self.killed_at:
                self.goes_on.set()
        return status == 200


def envelope(event_id: str, number: int, *, has_session: bool) -> bytes:
    error = {"type": f"E{number % 20}", "value": "x"}
    event = {"exception": {"values": [error]}, "user": {"id": str(number % 50)}}
    counts = {"started": clock.timestamp(clock.now()), "exited": 1}
    sessions = {"attrs": {"release": event_id}, "aggregates": [counts]}
    items = [("event", event)] + [("sessions", sessions)] * has_session
    lines = [{"event_id": event_id}]
    for kind, item in items:
        lines += [{"type": kind}, item]
    return "\n".join(map(json.dumps, lines)).encode()


def post(url: str, target: server.Target, body: bytes) -> int:
    """The status; 0 without an answer."""
    address = f"{url}/api/{target.project_id}/envelope/?sentry_key={target.public_key}"
    try:
        with opener.open(urllib.request.Request(address, body), timeout=PATIENCE) as answered:
            answered.read()
            return answered.status
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
    except OSError:
        return 0


class Scene:
    """Nodes, two servers on them, and what they have stored up to now."""

    def __init__(self, nodes: standbys.Nodes) -> None:
        self.nodes = nodes
        self.target = server.make_target(nodes.address)
        self.servers: list[server.Server] = []
        self.events: set[str] = set()  # answered 200 in all rounds
        self.sessions: set[str] = set()

    def serve(self) -> None:
        for _ in range(SERVERS):
            self.servers.append(server.start(self.nodes.address))

    def close(self) -> None:
        for running in self.servers:
            running.stop()

    def round(self, killed: str, number: int, seconds: float) -> Round:
        load = Load([running.url for running in self.servers], self.target)
        chosen = self.servers[number % SERVERS]
        load.start()
        try:
            time.sleep(seconds)
            load.killed_at = began = time.monotonic()
            if killed == "machine":
                os.killpg(chosen.process.pid, signal.SIGSTOP)
                load.urls = [running.url for running in self.servers if running is not chosen]
            elif killed != "primary":
                chosen.kill()
            gone = self.nodes.fail_over() if killed in ("primary", "both") else None
            load.goes_on.wait(PATIENCE)
            without = time.monotonic() - began
            if gone:
                self.nodes.join(gone)
            if killed == "machine":
                chosen.kill()
            if killed != "primary":
                self.servers[number % SERVERS] = server.start(self.nodes.address)
        finally:
            load.stop()
        self.events |= load.events
        self.sessions |= load.sessions
        return self._seen(killed, number, load, without)

    def _seen(self, killed: str, number: int, load: Load, without: float) -> Round:
        with closing(connection.connect(self.nodes.address)) as db:
            events = Counter(row[0].hex() for row in db.execute("SELECT event_id FROM events"))
            sessions = dict(
                tuple(row)
                for row in db.execute(
                    """
                    SELECT r.version, sum(h.sessions)
                    FROM session_hours h JOIN releases r ON r.id = h.release_id
                    GROUP BY r.version
                    """
                )
            )
        problems = checks.problems_of(self.nodes.address)
        if others := load.statuses.keys() - EXPECTED:
            problems.append(f"events were answered {sorted(others)}")
        return Round(
            killed,
            number,
            acknowledged=len(load.events),
            lost=len(self.events - events.keys()) + len(self.sessions - sessions.keys()),
            twice=sum(n > 1 for found in (events, sessions) for n in found.values()),
            statuses=dict(load.statuses),
            seconds=without,
            problems=problems,
        )


def drill(rounds: int, killed: str) -> Iterator[Round]:
    """One database lives through all rounds; who was primary comes back as a standby."""
    chance = random.Random(rounds)
    with (
        patch.dict(os.environ, UNBOUNDED),
        tempfile.TemporaryDirectory(prefix="jentry-failover-") as folder,
        standbys.running(Path(folder)) as nodes,
        closing(Scene(nodes)) as scene,
    ):
        scene.serve()
        for number in range(1, rounds + 1):
            yield scene.round(killed, number, chance.uniform(1, 3))


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--kill", "killed", type=click.Choice(KINDS), default="primary", show_default=True)
@json_option
@click.pass_context
def command(ctx: click.Context, rounds: int, killed: str, as_json: bool) -> None:
    """Kill the primary, a server, or both, or let a server's machine fail, under load.

    Nothing acknowledged may be lost, nothing may be there twice. Exit 1 when something is.
    """
    shown = []
    for each in drill(rounds, killed):
        shown.append(each)
        print(*each.row(), *each.problems, file=sys.stderr, flush=True)
    result = {
        "killed": killed,
        "rounds": rounds,
        "acknowledged": sum(each.acknowledged for each in shown),
        "lost": sum(each.lost for each in shown),
        "twice": max(each.twice for each in shown),
        "problems": [line for each in shown for line in each.problems],
    }
    columns = ("killed", "round", "acknowledged", "lost", "twice", "seconds", "answers")
    answer(as_json, result, *table([columns, *(each.row() for each in shown)], ""))
    ctx.exit(0 if all(each.is_good for each in shown) else 1)


if __name__ == "__main__":
    command()
