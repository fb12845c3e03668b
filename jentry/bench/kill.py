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

from jentry.bench import server
from jentry.store import checks, connection

CONNECTIONS = 16


@dataclass(frozen=True)
class Round:
    number: int
    acknowledged: int
    lost: int
    unacknowledged: int  # stored, but the answer did not get out
    problems: list[str]


def drill(rounds: int, front: str, seconds: float = 2.0, workers: int = 1) -> Iterator[Round]:
    """One file lives through all rounds. Yields what each has shown."""
    chance = random.Random(rounds)
    with tempfile.TemporaryDirectory(prefix="jentry-kill-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        known: set[str] = set()
        for number in range(1, rounds + 1):
            running = server.start(path, front, workers)
            lifetime = chance.uniform(0.5, 1.5) * seconds
            acknowledged = _run(running, target, path, number, lifetime)
            stored = stored_ids(path)
            yield Round(
                number,
                len(acknowledged),
                len(acknowledged - stored),
                len(stored - known - acknowledged),
                problems(path),
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
    assert load.stdout is not None  # noqa: S101
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


def problems(path: Path) -> list[str]:
    """What is not as it must be; nothing, in a sound file."""
    db = connection.connect(path)
    try:
        looks = (checks.integrity, checks.references, checks.counters, checks.payloads)
        return [problem for look in looks for problem in look(db)]
    finally:
        db.close()
