"""The restart drill: SIGTERM and SIGHUP under load, again and again, and what clients saw.

Nothing acknowledged may be lost, no request may stay without an answer; a reload may refuse none.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from jentry.bench import server
from jentry.bench.options import interface_option
from jentry.cli.base import answer, json_option, table
from jentry.store import checks
from tests.drills.kill import stored_ids

CONNECTIONS = 16
LOAD_SECONDS = 3.0
STOP_SECONDS = 30  # after that it is killed


@dataclass(frozen=True)
class Stop:
    """`unanswered` requests were sent and got no answer; of them `unknown` were stored anyway.

    `refused` connections could not be made: after a stop that is as it should be.
    """

    signal: str
    number: int
    acknowledged: int
    lost: int
    unanswered: int
    unknown: int
    refused: int
    interface: str
    statuses: dict[str, int]
    seconds: float  # from the signal to the end; of a reload, of the old worker
    problems: list[str]

    @property
    def is_good(self) -> bool:
        # gunicorn's threads leave kept connections without a word when they stop for good.
        may_leave = self.signal == "TERM" and self.interface == "wsgi"
        harmed = (self.unanswered and not may_leave) or (self.signal == "HUP" and self.refused)
        return bool(self.acknowledged) and not (self.lost or harmed or self.problems)


def drill(rounds: int, interface: str) -> Iterator[Stop]:
    """Each round stops one server and reloads another; one file lives through all."""
    chance = random.Random(rounds)
    with tempfile.TemporaryDirectory(prefix="jentry-stop-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        for number in range(1, rounds + 1):
            for name in ("TERM", "HUP"):
                moment = chance.uniform(0.8, 0.8 * LOAD_SECONDS)
                yield _round(path, target, interface, name, number, moment)


def _round(
    path: Path, target: server.Target, interface: str, name: str, number: int, moment: float
) -> Stop:
    known = stored_ids(path)
    running = server.start(path, interface)
    answered = path.with_name("acknowledged.txt")
    load = _load(running, target, 2 * number + (name == "HUP"), answered)
    try:
        time.sleep(moment)
        workers = set(running.pids()[1:])
        began = time.monotonic()
        running.process.send_signal(signal.Signals[f"SIG{name}"])
        seconds = _await_end(running, workers, name, began)
        summary: dict[str, Any] = json.loads(load.communicate(timeout=60)[0])
    finally:
        load.kill()
        running.stop()
    acknowledged = set(answered.read_text().split())
    stored = stored_ids(path)
    return Stop(
        signal=name,
        number=number,
        acknowledged=len(acknowledged),
        lost=len(acknowledged - stored),
        unanswered=summary["broken"],
        unknown=len(stored - known - acknowledged),
        refused=summary["refused"],
        interface=interface,
        statuses=summary["statuses"],
        seconds=seconds,
        problems=checks.problems_of(path),
    )


def _load(
    running: server.Server, target: server.Target, seed: int, answered: Path
) -> subprocess.Popen[str]:
    """A load client that begins to send."""
    load = subprocess.Popen(
        [
            sys.executable, "-m", "jentry.bench.load", "--url", running.url,
            "--project", str(target.project_id), "--key", target.public_key,
            "--connections", str(CONNECTIONS), "--seconds", str(LOAD_SECONDS),
            "--seed", str(seed), "--acknowledged", str(answered),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert load.stdout is not None
    load.stdout.readline()  # it says so once its templates are made
    return load


def _await_end(running: server.Server, workers: set[int], name: str, began: float) -> float:
    """Seconds until the server, or on a reload its old workers, are gone."""
    deadline = began + STOP_SECONDS
    while time.monotonic() < deadline:
        is_over = (
            running.process.poll() is not None
            if name == "TERM"
            else not workers & set(running.pids())
        )
        if is_over:
            break
        time.sleep(0.02)
    return round(time.monotonic() - began, 2)


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@interface_option
@json_option
@click.pass_context
def command(ctx: click.Context, rounds: int, interface: str, as_json: bool) -> None:
    """Stop and reload the server under load; nothing acknowledged may be lost.

    Exit 1 when something was, or when a client of the event loop got no answer.
    """
    found = drill(rounds, interface)
    with click.progressbar(found, length=2 * rounds, label="signals", hidden=as_json) as bar:
        shown = list(bar)
    names = ("signal", "acknowledged", "lost", "unanswered", "unknown", "refused", "seconds")
    rows = [[getattr(each, name) for name in names] for each in shown]
    problems = [line for each in shown for line in each.problems]
    explained = (
        "unanswered: sent, but no answer came; unknown: stored all the same; refused: could not "
        "connect"
    )
    result = [vars(each) for each in shown]
    answer(as_json, result, *table([names, *rows], ""), explained, *problems)
    ctx.exit(0 if all(each.is_good for each in shown) else 1)


if __name__ == "__main__":
    command()
