"""A disk budget that is hit all the time, under steady load: files, memory, how long events take.

First a part without a budget, at the same rate, to compare with. Ratios of one run are what counts.
With `--scrape` somebody reads /metrics meanwhile; at the end that is done many times alone, which
tells what one costs. A row a minute.
"""

import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.store import checks, connection, disk

MIB = 1024 * 1024
STEP = 60.0  # seconds of a row
MOST_BEFORE = 180.0  # seconds without a budget
RESERVE = 8 * MIB
CONNECTIONS = 8
TOKEN = "0123456789abcdef"
SCRAPES = 40  # in a row, to see what one costs
ROW = "{minute:>6} {rate:>8} {refused:>7} {p50:>7} {p99:>7} {mean:>7} {most:>7} {pss:>7} {oldest}"
ENDS = 0.1  # the share of the minutes that is the start, or the end


class Regularly:
    """Does something each so many seconds, in a thread, and keeps what it gave."""

    def __init__(self, seconds: float, do: Callable[[], float]) -> None:
        self.seconds = seconds
        self.do = do
        self.seen: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Regularly":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self.seconds):
            self.seen.append(self.do())


def size(path: Path) -> int:
    """Of the database and what lies beside it, without old copies."""
    total = 0
    for end in ("", "-wal", "-shm", ".reserve"):
        try:
            total += os.stat(f"{path}{end}").st_size
        except FileNotFoundError:
            continue
    return total


def scrape(url: str) -> float:
    """Milliseconds until all of /metrics is there."""
    began = time.perf_counter()
    request = Request(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with build_opener(ProxyHandler({})).open(request, timeout=60) as found:
        assert b"jentry_disk_files_bytes" in found.read()
    return 1000 * (time.perf_counter() - began)


def drill(
    minutes: float, rate: float, issues: int, every: float, filled: Path | None
) -> Iterator[dict[str, Any]]:
    """A row of each minute, those without a budget have none of `files`; then the result."""
    with tempfile.TemporaryDirectory(prefix="jentry-retention-", dir=_beside(filled)) as folder:
        path = Path(folder) / "jentry.db"
        if filled:
            shutil.copyfile(filled, path)
        target = server.first_target(path) if filled else server.make_target(path)
        os.environ |= {"JENTRY_DISK_RESERVE": str(RESERVE), "JENTRY_METRICS_TOKEN": TOKEN}
        os.environ["JENTRY_DISK_BUDGET"] = "0"
        before, rows = [], []
        with server.running(path) as running:
            for row in _minutes(
                running, target, path, min(minutes * 15, MOST_BEFORE), rate, issues
            ):
                before.append(row)
                yield row
        budget = size(path) + RESERVE + 2 * disk.LOG_BYTES
        os.environ["JENTRY_DISK_BUDGET"] = str(budget)
        with server.running(path) as running:
            for row in _minutes(running, target, path, minutes * 60, rate, issues, budget, every):
                rows.append(row)
                yield row
            costs = _costs(running, every) if every else None
        yield _result(path, budget, before, rows) | {"scrape": costs}


def _beside(filled: Path | None) -> Path | None:
    return filled.absolute().parent if filled else None


def _minutes(
    running: server.Server,
    target: server.Target,
    path: Path,
    seconds: float,
    rate: float,
    issues: int,
    budget: int | None = None,
    every: float = 0,
) -> Iterator[dict[str, Any]]:
    count = max(1, round(seconds / STEP))
    for number in range(1, count + 1):
        scraping = Regularly(every or 1e9, lambda: scrape(running.url))
        with Regularly(0.5, lambda: size(path)) as watch, scraping:
            done = server.load(
                running, target, CONNECTIONS, seconds / count, rate=rate, issues=issues,
                seed=number + (1000 if budget else 0),
            )  # fmt: skip
        ok = done["statuses"].get("200", 0)
        yield {
            "minute": round(number * seconds / count / 60, 1),
            "rate": round(ok * count / seconds),
            "refused": sum(done["statuses"].values()) - ok,
            "p50": done["p50"],
            "p99": done["p99"],
            "mean": round(statistics.mean(watch.seen) / budget, 3) if budget else "",
            "most": round(max(watch.seen) / budget, 3) if budget else "",
            "pss": running.pss_mb(),
            "oldest": _oldest(path),
            "scrapes": [round(each, 1) for each in scraping.seen],
        }


def _oldest(path: Path) -> str:
    """When the first event that is left came."""
    with closing(connection.connect(path)) as db:
        row = db.execute("SELECT received_at FROM events ORDER BY id LIMIT 1").fetchone()
        return str(row["received_at"]) if row else ""


def _costs(running: server.Server, every: float) -> dict[str, float]:
    """CPU of a scrape, in milliseconds, and of all in percent of a core."""
    began = running.cpu_seconds()
    idle_began = time.monotonic()
    for _ in range(SCRAPES):
        scrape(running.url)
    seconds = time.monotonic() - idle_began
    spent = running.cpu_seconds() - began
    began = running.cpu_seconds()
    time.sleep(seconds)  # what it does anyway
    each = max(spent - (running.cpu_seconds() - began), 0) / SCRAPES
    return {"cpu_ms": round(1000 * each, 2), "percent_of_a_core": round(100 * each / every, 3)}


def _result(
    path: Path, budget: int, before: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    ends = max(1, round(len(rows) * ENDS))
    p99 = [row["p99"] for row in rows]
    without = statistics.median(row["p99"] for row in before)
    return {
        "budget": budget,
        "files": {
            "mean": round(statistics.mean(row["mean"] for row in rows), 3),
            "most": max(row["most"] for row in rows),
        },
        "p99": {
            "without": without,
            "with": statistics.median(p99),
            "start": statistics.median(p99[:ends]),
            "end": statistics.median(p99[-ends:]),
        },
        "ratio": round(statistics.median(p99) / without, 2),
        "pss": {"start": rows[0]["pss"], "end": rows[-1]["pss"]},
        "refused": sum(row["refused"] for row in rows),
        "oldest": rows[-1]["oldest"],
        "evicted": evicted(path),
        "problems": checks.problems_of(path),
    }


def evicted(path: Path) -> dict[str, int]:
    """By reason, and how many rows are left."""
    with closing(connection.connect(path)) as db:
        rows = db.execute("SELECT reason, sum(events) FROM issue_evictions GROUP BY reason")
        (left,) = db.execute("SELECT count(*) FROM events").fetchone()
        return {row[0]: row[1] for row in rows} | {"left": left}


@click.command()
@click.option("--minutes", type=click.FloatRange(0.5), default=5.0, show_default=True)
@click.option("--rate", type=click.FloatRange(1), default=300.0, show_default=True)
@click.option("--issues", type=click.IntRange(1), default=200, show_default=True)
@click.option(
    "--scrape", "every", type=click.FloatRange(0.1), default=None, help="Read /metrics so often."
)
@click.option(
    "--file",
    "filled",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin with a copy of this file.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    minutes: float,
    rate: float,
    issues: int,
    every: float | None,
    filled: Path | None,
    as_json: bool,
) -> None:
    """Let a disk budget be hit all the time; exit 1 when files get 5 % beyond it."""
    names = ("minute", "rate", "refused", "p50", "p99", "mean", "most", "pss")
    click.echo(ROW.format(**{name: name for name in names}, oldest="oldest"), err=True)
    rows = []
    for row in drill(minutes, rate, issues, every or 0, filled):
        if "budget" not in row:
            click.echo(ROW.format(**row), err=True)
        rows.append(row)
    found = rows.pop()
    answer(as_json, found | {"rows": rows}, *_said(found, rows))
    ctx.exit(1 if found["problems"] or found["files"]["most"] > 1.05 else 0)


def _said(found: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    files, p99, pss = found["files"], found["p99"], found["pss"]
    lines = [
        f"budget {found['budget'] / MIB:.0f} MiB: files {files['mean']} of it, at most "
        f"{files['most']}; {found['refused']} refused",
        f"evicted: {found['evicted']}; the oldest that is left came {found['oldest']}",
        f"p99 {p99['without']} ms without, {p99['with']} ms with it: {found['ratio']} times; "
        f"{p99['start']} ms at the start, {p99['end']} ms at the end",
        f"memory {pss['start']} MB after the first minute, {pss['end']} MB after the last",
    ]
    if found["scrape"]:
        took = sorted(ms for row in rows for ms in row["scrapes"]) or [0.0]
        lines.append(
            f"{len(took)} scrapes, {statistics.median(took)} ms, at most {took[-1]} ms; "
            f"{found['scrape']['cpu_ms']} ms CPU each, {found['scrape']['percent_of_a_core']} % of "
            "a core"
        )
    return [*lines, *found["problems"]]


if __name__ == "__main__":
    command()
