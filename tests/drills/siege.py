"""The siege: hostile requests of every kind at once, while good events come in at a steady rate.

Every good event must be stored, nearly as fast as in a quiet run before; `/healthz` answers as if
nothing were. What the machine itself lets everybody wait for is not the server's: the time that its
event loop was ready to run and had no processor is taken off, and a bare loop beside it is asked
the same.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option, table
from jentry.store import checks
from tests.drills import bare
from tests.drills.besiegers import KINDS
from tests.drills.kill import stored_ids

RATE = 200  # good events a second
CONNECTIONS = 8
SLOWER = 3.0  # times the p99 of the quiet run
HEALTH_LATER = 100.0  # milliseconds
CALM_SECONDS = 60.0  # after which memory is as before
PEAK_MB = 150.0
KEPT_MB = 20.0


@dataclass
class Run:
    """Latencies in milliseconds, memory in megabytes."""

    stored: int
    statuses: dict[str, int]
    broken: int
    p50: float
    p99: float
    health_p50: float
    health_worst: float  # as it was seen
    health_own: float  # the worst without what the loop waited for a processor
    bare_worst: float  # of the bare loop
    memory: float
    cpu: float  # cores


@dataclass
class Siege:
    quiet: Run
    besieged: Run
    lost: int
    problems: list[str]
    answers: dict[str, int]
    memory_before: float
    memory_after: float

    @property
    def is_whole(self) -> bool:
        """What must hold on any machine, however busy."""
        run = self.besieged
        is_answered = set(run.statuses) == {"200"} and not run.broken
        return bool(run.stored) and is_answered and not self.lost and not self.problems

    @property
    def is_good(self) -> bool:
        quiet, besieged = self.quiet, self.besieged
        return (
            self.is_whole
            and besieged.p99 <= SLOWER * quiet.p99
            and besieged.health_own <= quiet.health_own + HEALTH_LATER
            and besieged.memory <= PEAK_MB
            and self.memory_after <= self.memory_before + KEPT_MB
        )


class Watch:
    """Asks for `/healthz` and looks at the memory, all the time."""

    def __init__(self, running: server.Server) -> None:
        self.running = running
        self.latencies: list[float] = []
        self.own: list[float] = []
        self.bare: list[float] = []
        self.memory: list[float] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        loop = max(self.running.pids(), key=_processor_ms)
        with bare.running() as url:
            while not self._is_over.wait(0.1):
                waited = _waited_ms(loop)
                took = _ask(f"{self.running.url}/healthz")
                self.latencies.append(took)
                self.own.append(max(took - (_waited_ms(loop) - waited), 0.0))
                self.bare.append(_ask(url))
                self.memory.append(self.running.pss_mb())

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()


def _ask(url: str) -> float:
    """Milliseconds to the answer."""
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=30) as response:
        assert response.read() == b"ok\n"
    return 1000 * (time.perf_counter() - began)


def _processor_ms(pid: int) -> float:
    return _scheduled(pid)[0]


def _waited_ms(pid: int) -> float:
    """How long its first thread, the event loop's, was ready and had no processor."""
    return _scheduled(pid)[1]


def _scheduled(pid: int) -> tuple[float, float]:
    ran, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text("ascii").split()
    return int(ran) / 1e6, int(waited) / 1e6


def drill(seconds: float, calm_seconds: float = CALM_SECONDS, kinds: Sequence[str] = ()) -> Siege:
    """`kinds` are names of besiegers; none means all."""
    with tempfile.TemporaryDirectory(prefix="jentry-siege-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        theirs = server.make_target(path)
        token = server.make_token(path)
        with server.running(path) as running:
            urllib.request.urlopen(f"{running.url}/docs/api").close()  # loads the pages
            server.load(running, target, CONNECTIONS, 3, rate=RATE, seed=1)
            quiet, acknowledged = _run(running, target, path, max(seconds / 3, 2), seed=2)
            before = running.pss_mb()
            besiegers = _besiegers(running, theirs, token, seconds + 2, kinds)
            time.sleep(1)
            besieged, more = _run(running, target, path, seconds, seed=3)
            answers = json.loads(besiegers.communicate(timeout=60)[0].splitlines()[-1])
            after = _calm(running, before, calm_seconds)
        lost = len((acknowledged | more) - stored_ids(path))
        problems = checks.problems_of(path)
    return Siege(quiet, besieged, lost, problems, answers, before, after)


def _run(
    running: server.Server, target: server.Target, path: Path, seconds: float, seed: int
) -> tuple[Run, set[str]]:
    """What the good client saw, and the ids that were acknowledged."""
    watch = Watch(running)
    file = path.with_name("acknowledged.txt")
    more: dict[str, Any] = {"rate": RATE, "seed": seed, "acknowledged": file}
    began, used = time.monotonic(), running.cpu_seconds()
    found = server.load(running, target, CONNECTIONS, seconds, **more)
    cpu = (running.cpu_seconds() - used) / (time.monotonic() - began)
    watch.close()
    run = Run(
        stored=found["stored"],
        statuses=found["statuses"],
        broken=found["broken"] + found["refused"],
        p50=found["p50"],
        p99=found["p99"],
        health_p50=round(statistics.median(watch.latencies), 1),
        health_worst=round(max(watch.latencies), 1),
        health_own=round(max(watch.own), 1),
        bare_worst=round(max(watch.bare), 1),
        memory=max(watch.memory),
        cpu=round(cpu, 2),
    )
    return run, set(file.read_text().split())


def _besiegers(
    running: server.Server, target: server.Target, token: str, seconds: float, kinds: Sequence[str]
) -> subprocess.Popen[str]:
    host, port = running.url.removeprefix("http://").split(":")
    words = (host, port, target.project_id, target.public_key, token, seconds, *kinds)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.besiegers", *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()  # it says so once it begins
    return process


def _calm(running: server.Server, before: float, seconds: float) -> float:
    """The memory once it is as before, or when the time is over."""
    deadline = time.monotonic() + seconds
    while (memory := running.pss_mb()) > before + KEPT_MB and time.monotonic() < deadline:
        time.sleep(1)
    return memory


def _print_each(
    ctx: click.Context, seconds: float, calm_seconds: float, kinds: Sequence[str], as_json: bool
) -> NoReturn:
    """What each kind costs alone: megabytes, and milliseconds of those who did not send it."""
    rows = []
    for kind in kinds or [function.__name__ for function, _ in KINDS]:
        found = drill(seconds, calm_seconds, [kind])
        quiet, besieged = found.quiet, found.besieged
        rows.append(
            {
                "attack": kind,
                "MB before": found.memory_before,
                "peak": besieged.memory,
                "after": found.memory_after,
                "p99 quiet": quiet.p99,
                "besieged": besieged.p99,
                "healthz quiet": quiet.health_own,
                "worst": besieged.health_own,
                "CPU": besieged.cpu,
                "good": found.is_good,
            }
        )
    answer(as_json, rows, *table([list(rows[0]), *(list(row.values()) for row in rows)], ""))
    ctx.exit(0 if all(row["good"] for row in rows) else 1)


@click.command()
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True)
@click.option("--calm-seconds", type=click.FloatRange(0), default=CALM_SECONDS, show_default=True)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice([function.__name__ for function, _ in KINDS]),
    multiple=True,
    help="Only these; several may be named.  [default: all]",
)
@click.option("--each", is_flag=True, help="One kind after the other, each on a server of its own.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    seconds: float,
    calm_seconds: float,
    kinds: tuple[str, ...],
    each: bool,
    as_json: bool,
) -> None:
    """Besiege a server while good events come in. Exit 1 when that is noticed by whom it should
    not be: an event lost or not taken, a p99 over three times the quiet one, memory over 150 MB.
    """
    if each:
        _print_each(ctx, seconds, calm_seconds, kinds, as_json)
    found = drill(seconds, calm_seconds, kinds)
    names = list(vars(found.quiet))
    rows = [[run, *vars(getattr(found, run)).values()] for run in ("quiet", "besieged")]
    said = ", ".join(f"{name}: {number}" for name, number in sorted(found.answers.items()))
    memory = f"memory before {found.memory_before} MB, after {found.memory_after} MB"
    lines = (f"lost {found.lost}", memory, said, *found.problems)
    result = vars(found) | {name: vars(getattr(found, name)) for name in ("quiet", "besieged")}
    answer(as_json, result, *table([["run", *names], *rows], ""), *lines)
    ctx.exit(0 if found.is_good else 1)


if __name__ == "__main__":
    command()
