"""The durability drill: kill -9 of the whole server under load, again and again.

After each kill every id that was answered 200 must be in the file, and counters must equal rows.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from jentry.bench import server
from jentry.bench.options import interface_option
from jentry.cli.base import answer, json_option
from jentry.store import checks, connection

CONNECTIONS = 16


@dataclass(frozen=True)
class Round:
    number: int
    acknowledged: int
    lost: int
    unacknowledged: int  # stored, but the answer did not get out
    problems: list[str]


def drill(rounds: int, interface: str, seconds: float = 2.0, workers: int = 1) -> Iterator[Round]:
    """One file lives through all rounds. Yields what each has shown."""
    chance = random.Random(rounds)
    with tempfile.TemporaryDirectory(prefix="jentry-kill-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        known: set[str] = set()
        for number in range(1, rounds + 1):
            running = server.start(path, interface, workers)
            lifetime = chance.uniform(0.5, 1.5) * seconds
            acknowledged = _run(running, target, path, number, lifetime)
            stored = stored_ids(path)
            yield Round(
                number,
                len(acknowledged),
                len(acknowledged - stored),
                len(stored - known - acknowledged),
                checks.problems_of(path),
            )
            known = stored


def _run(
    running: server.Server, target: server.Target, path: Path, seed: int, seconds: float
) -> set[str]:
    """Load a server for a while, kill it, and return the ids it has acknowledged."""
    answered = path.with_name("acknowledged.txt")
    load = subprocess.Popen(
        [
            sys.executable, "-m", "jentry.bench.load", "--url", running.url,
            "--project", str(target.project_id), "--key", target.public_key,
            "--connections", str(CONNECTIONS), "--seconds", str(seconds + 1), "--seed", str(seed),
            "--acknowledged", str(answered),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert load.stdout is not None
    load.stdout.readline()  # it has its events ready and begins to send
    time.sleep(seconds)
    running.kill()
    load.communicate(timeout=60)
    return set(answered.read_text().split())


def stored_ids(path: Path) -> set[str]:
    db = connection.connect(path)
    try:
        return {row[0].hex() for row in db.execute("SELECT event_id FROM events")}
    finally:
        db.close()


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@interface_option
@json_option
@click.pass_context
def command(ctx: click.Context, rounds: int, workers: int, interface: str, as_json: bool) -> None:
    """Kill the whole server under load, again and again; nothing acknowledged may be lost.

    Exit 1 when something was.
    """
    shown: list[Round] = []
    found = drill(rounds, interface, workers=workers)
    with click.progressbar(found, length=rounds, label="rounds", hidden=as_json) as bar:
        shown.extend(bar)
    lost = sum(each.lost for each in shown)
    problems = [f"round {each.number}: {line}" for each in shown for line in each.problems]
    acknowledged = sum(each.acknowledged for each in shown)
    extra = sum(each.unacknowledged for each in shown)
    result = {
        "interface": interface,
        "workers": workers,
        "rounds": rounds,
        "acknowledged": acknowledged,
        "lost": lost,
        "unacknowledged": extra,
        "problems": problems,
    }
    answer(
        as_json,
        result,
        f"{rounds} kills of the {interface} server: {acknowledged:,} events acknowledged, "
        f"{lost} lost, {extra} stored without an answer; counters and file: "
        + ("sound." if not problems else f"{len(problems)} problems."),
        *problems,
    )
    ctx.exit(1 if lost or problems or not acknowledged else 0)


if __name__ == "__main__":
    command()
