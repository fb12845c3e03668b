"""A disk budget that is hit all the time, under steady load: files, and how long events take.

First a part without a budget, at the same rate, to compare with. Ratios of one run are what counts.
"""

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.store import checks, connection

MIB = 1024 * 1024
WINDOW = 15.0  # seconds
RESERVE = 8 * MIB
CONNECTIONS = 8


class Watch:
    """Looks at the size of all files each half second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.5):
            self.seen.append(size(self.path))


def size(path: Path) -> int:
    """Of the database and what lies beside it, without old copies."""
    total = 0
    for end in ("", "-wal", "-shm", ".reserve"):
        try:
            total += os.stat(f"{path}{end}").st_size
        except FileNotFoundError:
            continue
    return total


def drill(minutes: float, rate: float, issues: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="jentry-retention-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        os.environ |= {"JENTRY_DISK_BUDGET": "0", "JENTRY_DISK_RESERVE": str(RESERVE)}
        with server.running(path) as running:
            count = max(2, round(minutes * 15 / WINDOW))
            before = _windows(running, target, count, rate, issues, 1)
        budget = max(size(path) + RESERVE, 64 * MIB)
        os.environ["JENTRY_DISK_BUDGET"] = str(budget)
        count = max(2, round(minutes * 60 / WINDOW))
        with server.running(path) as running, Watch(path) as watch:
            during = _windows(running, target, count, rate, issues, 1000)
        hit = watch.seen[len(watch.seen) // 4 :]
        return {
            "budget": budget,
            "files": {
                "mean": round(statistics.mean(hit) / budget, 3),
                "most": round(max(hit) / budget, 3),
            },
            "p99": {"without": before["p99"], "with": during["p99"]},
            "ratio": round(statistics.median(during["p99"]) / statistics.median(before["p99"]), 2),
            "rate": round(during["ok"] / during["seconds"]),
            "refused": during["refused"],
            "evicted": evicted(path),
            "problems": checks.problems_of(path),
        }


def _windows(
    running: server.Server, target: server.Target, count: int, rate: float, issues: int, seed: int
) -> dict[str, Any]:
    found: dict[str, Any] = {"p99": [], "ok": 0, "refused": 0, "seconds": 0.0}
    for number in range(count):
        began = time.monotonic()
        done = server.load(
            running, target, CONNECTIONS, WINDOW, rate=rate, issues=issues, seed=seed + number
        )
        found["seconds"] += time.monotonic() - began
        found["p99"].append(done["p99"])
        ok = done["statuses"].get("200", 0)
        found["ok"] += ok
        found["refused"] += sum(done["statuses"].values()) - ok
    return found


def evicted(path: Path) -> dict[str, int]:
    """By reason, and how many rows are left."""
    db = connection.connect(path)
    try:
        rows = db.execute("SELECT reason, sum(events) FROM issue_evictions GROUP BY reason")
        (left,) = db.execute("SELECT count(*) FROM events").fetchone()
        return {row[0]: row[1] for row in rows} | {"left": left}
    finally:
        db.close()


@click.command()
@click.option("--minutes", type=click.FloatRange(0.5), default=5.0, show_default=True)
@click.option("--rate", type=click.FloatRange(1), default=300.0, show_default=True)
@click.option("--issues", type=click.IntRange(1), default=200, show_default=True)
@json_option
@click.pass_context
def command(ctx: click.Context, minutes: float, rate: float, issues: int, as_json: bool) -> None:
    """Let a disk budget be hit all the time; exit 1 when files get 5 % beyond it."""
    found = drill(minutes, rate, issues)
    files, p99 = found["files"], found["p99"]
    answer(
        as_json,
        found,
        f"budget {found['budget'] / MIB:.0f} MiB, files {files['mean']} of it, at most "
        f"{files['most']}; {found['rate']} events/s, {found['refused']} refused",
        f"evicted: {found['evicted']}",
        f"p99 {p99['without']} ms without, {p99['with']} ms with it: {found['ratio']} times",
        *found["problems"],
    )
    ctx.exit(1 if found["problems"] or files["most"] > 1.05 else 0)


if __name__ == "__main__":
    command()
