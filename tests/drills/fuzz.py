"""The hostility drill: damaged requests at full speed, good events among them.

Nothing may answer 5xx or not at all, no good event may be missing, counters must equal rows, the
API must be able to show what was stored, and the server's memory must stay where it was.
"""

import gc
import heapq
import json
import os
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from jentry import memory
from jentry.bench import server
from jentry.bench.server import INTERFACES
from jentry.cli.base import answer, json_option
from jentry.serving.asgi import COLLECT
from jentry.serving.protocol import LINGER_BYTES
from jentry.store import checks, connection
from jentry.store.payloads import unpack
from tests.drills.mutate import Maker, Request
from tests.drills.wire import Answer, Client, Http, InProcess, serialised

CONNECTIONS = 4
MAX_GROWTH_MB = 96  # from a tenth of the run to its end: SQLite may fill a cache of 64 MiB
SLOWEST = 5
SLOW_SECONDS = 10.0
READ_BACK = 500  # issues whose events are read over the API
LOG_LINES = 200


@dataclass
class Report:
    """`violations` is empty when all went well; `memory` is the PSS in MB at every tenth."""

    interface: str
    seed: int
    envelopes: int = 0
    seconds: float = 0.0
    good: int = 0
    stored: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    slowest: list[tuple[float, int, int]] = field(default_factory=list)  # ms, number, status
    read: int = 0  # answers of the API afterwards
    violations: list[str] = field(default_factory=list)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))


def drill(
    interface: str,
    envelopes: int,
    seed: int,
    only: int | None = None,
    folder: Path = Path(),
    tick: Callable[[int], None] = lambda number: None,
) -> Report:
    """Offending requests are saved in `folder`; `tick` is told how many were sent since."""
    report = Report(interface, seed)
    with tempfile.TemporaryDirectory(prefix="jentry-fuzz-") as scratch:
        path = Path(scratch) / "jentry.db"
        target = server.make_target(path)
        token = server.make_token(path)
        maker = Maker(seed, target.project_id, target.public_key)
        with _serving(path, interface, report) as (connect, pss, url):
            run = _Run(report, maker, envelopes, folder, pss, tick)
            run.all(connect, [only] if only is not None else range(envelopes))
            if url:
                _read_back(url, target.project_id, token, report)
        _look(path, run.acknowledged, report)
    return report


@contextmanager
def _serving(
    path: Path, interface: str, report: Report
) -> Iterator[tuple[Callable[[], Client], Callable[[], float], str]]:
    """How to connect, how to measure memory, and the address."""
    if interface == "processor":
        with _like_a_server():
            client = InProcess(path)
            yield (lambda: client), (lambda: server.pss_mb([os.getpid()])), ""
        return
    with server.running(path, interface) as running:
        threading.Thread(target=_keep_log, args=(running, report), daemon=True).start()
        yield (lambda: Http(running.url)), running.pss_mb, running.url


@contextmanager
def _like_a_server() -> Iterator[None]:
    """What a worker does about memory, for as long as this process is one."""
    memory.set_up()
    before, is_over = gc.get_threshold(), threading.Event()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    trimming = threading.Thread(target=_trim, args=(is_over,), daemon=True)
    trimming.start()
    try:
        yield
    finally:
        is_over.set()
        trimming.join()
        gc.set_threshold(*before)
        gc.unfreeze()


def _trim(is_over: threading.Event) -> None:
    trimmer = memory.Trimmer()
    seconds = 0.0
    while not is_over.wait(seconds):
        seconds = trimmer.trim()


def _keep_log(running: server.Server, report: Report) -> None:
    """Also so that a server with much to say is not stopped by a full pipe."""
    with suppress(ValueError):  # closed meanwhile
        for line in running.process.stdout or ():
            report.log.append(line.rstrip())


class _Run:
    def __init__(
        self,
        report: Report,
        maker: Maker,
        envelopes: int,
        folder: Path,
        pss: Callable[[], float],
        tick: Callable[[int], None],
    ) -> None:
        self.report, self.maker, self.folder = report, maker, folder
        self.pss, self.tick = pss, tick
        self.tenth = max(1, envelopes // 10)
        self.acknowledged: dict[str, int] = {}  # good events: id, number
        self.lock = threading.Lock()

    def all(self, connect: Callable[[], Client], numbers: range | list[int]) -> None:
        began = time.perf_counter()
        remaining = iter(numbers)
        threads = [
            threading.Thread(target=self._connection, args=(connect(), remaining))
            for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.report.seconds = round(time.perf_counter() - began, 1)
        self._check_memory()

    def _connection(self, client: Client, numbers: Iterator[int]) -> None:
        while True:
            with self.lock:
                number = next(numbers, None)
            if number is None:
                break
            request = self.maker.make(number)
            began = time.perf_counter()
            answer = client.send(request)
            took = time.perf_counter() - began
            with self.lock:
                self._note(number, request, answer, took)
        client.close()

    def _note(self, number: int, request: Request, answer: Answer, took: float) -> None:
        report = self.report
        report.envelopes += 1
        report.statuses[answer.status] += 1
        heapq.heappush(report.slowest, (round(1000 * took, 1), number, answer.status))
        if len(report.slowest) > SLOWEST:
            heapq.heappop(report.slowest)
        if request.event_id:
            report.good += 1
            self.acknowledged[request.event_id] = number
        is_lost = request.event_id is not None and answer.status != 200
        is_read = len(request.body) <= LINGER_BYTES
        is_unanswered = answer.status == 0 and is_read
        if is_unanswered or answer.status >= 500 or is_lost or took > SLOW_SECONDS:
            self._violation(number, request, answer, took)
        if report.envelopes % self.tenth == 0:
            report.memory.append(self.pss())
            self.tick(self.tenth)

    def _violation(self, number: int, request: Request, answer: Answer, took: float) -> None:
        file = self.folder / f"fuzz-{self.report.seed}-{number}.http"
        file.write_bytes(serialised(request, "127.0.0.1"))
        what = f"answered {answer.status}" if answer.status else "not answered"
        kind = "good event" if request.event_id else "request"
        said = answer.body[:200].decode("latin-1")
        self.report.violations.append(
            f"seed {self.report.seed}, {kind} {number} was {what} after {took:.1f} s: {said} "
            f"(saved as {file})"
        )

    def _check_memory(self) -> None:
        memory = self.report.memory
        if memory and memory[-1] - memory[0] > MAX_GROWTH_MB:
            self.report.violations.append(f"memory grew from {memory[0]} to {memory[-1]} MB")


def _read_back(url: str, project_id: int, token: str, report: Report) -> None:
    """What strangers made us store must not break those who read it."""
    base = f"{url}/api/v1"
    issues = f"{base}/projects/{project_id}/issues?limit=100"
    found: list[dict[str, Any]] = []
    for page in range(1, READ_BACK // 100 + 1):
        found += _get(f"{issues}&page={page}", token, report)
    for issue in found:
        _get(f"{base}/issues/{issue['id']}/events?limit=10", token, report)
    _get(f"{base}/projects/{project_id}/releases", token, report)


def _get(address: str, token: str, report: Report) -> list[dict[str, Any]]:
    report.read += 1
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            data: list[dict[str, Any]] = json.load(answer)["data"]
            return data
    except (OSError, ValueError) as error:
        said = error.read(200) if isinstance(error, urllib.error.HTTPError) else b""
        report.violations.append(f"GET {address}: {error} {said!r}")
        return []


def _look(path: Path, acknowledged: dict[str, int], report: Report) -> None:
    """Into the file, once the server has stopped."""
    db = connection.connect(path)
    try:
        rows = db.execute("SELECT id, event_id FROM events").fetchall()
        report.stored = len(rows)
        places = {row["event_id"].hex(): row["id"] for row in rows}
        for event_id, number in acknowledged.items():
            if _number(db, places.get(event_id)) != str(number):
                report.violations.append(
                    f"seed {report.seed}: good event {number} ({event_id}) is lost or damaged"
                )
        accepted = db.execute(
            """
            SELECT coalesce(sum(quantity), 0)
            FROM outcome_hours
            WHERE outcome = 'accepted' AND category IN ('error', 'security')
            """
        ).fetchone()[0]
        if accepted != len(rows):
            report.violations.append(f"{accepted} events counted, {len(rows)} stored")
    finally:
        db.close()
    report.violations += checks.problems_of(path)


def _number(db: connection.Connection, row_id: int | None) -> str | None:
    row = db.execute("SELECT data FROM event_payloads WHERE id = ?", (row_id,)).fetchone()
    return json.loads(unpack(db, row["data"]))["tags"].get("fuzz.number") if row else None


@click.command()
@click.option("--envelopes", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same requests.")
@click.option("--only", type=click.IntRange(0), help="Send just the request of this number.")
@click.option(
    "--interface",
    type=click.Choice((*INTERFACES, "processor")),
    default="asgi",
    show_default=True,
    help="Over HTTP to the event loop or to WSGI threads, or straight into the processor.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    metavar="FOLDER",
    help="Where offending requests are kept.  [default: the current folder]",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    envelopes: int,
    seed: int,
    only: int | None,
    interface: str,
    save: Path,
    as_json: bool,
) -> None:
    """Send damaged requests of every kind, with good events among them.

    Exit 1 when one is answered 5xx or not at all, a good event is lost, the file is unsound, the
    API cannot show what was stored, or memory grows.
    """
    with click.progressbar(length=envelopes, label="envelopes", hidden=as_json) as bar:
        report = drill(interface, envelopes, seed, only, save, bar.update)
    result = vars(report) | {"log": list(report.log), "slowest": sorted(report.slowest)[::-1]}
    statuses = ", ".join(f"{status}: {n:,}" for status, n in sorted(report.statuses.items()))
    answer(
        as_json,
        result,
        f"{report.envelopes:,} requests of seed {seed} to {interface} in {report.seconds} s, "
        f"{report.good:,} of them good events; {report.stored:,} events stored.",
        f"answers: {statuses}; the API was read {report.read:,} times",
        f"memory, MB at every tenth: {' '.join(map(str, report.memory))}",
        "slowest: "
        + ", ".join(
            f"{ms:g} ms (number {n}, {status})" for ms, n, status in sorted(report.slowest)[::-1]
        ),
        *(report.violations or ["Nothing lost, nothing broken."]),
        *(report.log if report.violations else ()),
    )
    ctx.exit(1 if report.violations or report.envelopes == 0 else 0)


if __name__ == "__main__":
    command()
