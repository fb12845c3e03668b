"""How fast events become durable and visible, beside what the machine can do at best."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jentry.bench import fill, floors, server
from jentry.bench.reader import Reader, Timing, summary
from jentry.bench.server import Server, Target
from jentry.store import connection

CONNECTIONS = (1, 8, 32)
WARM_ROUNDS = 5  # of a second; one will do unless the disk is slow


@dataclass(frozen=True)
class Floors:
    """Events or requests a second."""

    insert: float
    in_process: float
    flask: float
    opening: float  # µs of an event in Processor.process


def measure_floors() -> Floors:
    in_process, opening = floors.in_process()
    return Floors(floors.bare_insert(), in_process, floors.bare_flask(), opening)


@dataclass(frozen=True)
class Setting:
    """What is measured: a server, and the file it serves."""

    interface: str = "asgi"
    workers: int = 1
    events: int = 0  # already in the file
    commit_delay: float = 0.0  # seconds, of a slow disk


def measure(setting: Setting, seconds: float, best: Floors) -> Iterator[dict[str, Any]]:
    """A row for each number of connections, on one file.

    `rate` is events a second that were committed before their 200; latencies in milliseconds;
    `cpu` milliseconds of all server processes an event; `pss` megabytes; `bytes` of disk an event,
    with its share of the dictionaries.
    """
    with tempfile.TemporaryDirectory(prefix="jentry-bench-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        if setting.events:
            issues = max(200, setting.events // 50)
            for _ in fill.fill(path, setting.events, issues, projects=10):
                pass
        token = server.make_token(path)
        began = time.perf_counter()
        with server.running(
            path, setting.interface, setting.workers, setting.commit_delay
        ) as running:
            started = {
                "interface": setting.interface,
                "workers": setting.workers,
                "already": setting.events,
                "start_seconds": round(time.perf_counter() - began, 2),
                "pss_idle": running.pss_mb(),
            }
            _warm(path, running, target)
            for connections in CONNECTIONS:
                row = _loaded(path, running, target, token, connections, seconds)
                yield started | row | _ratios(row["rate"], best)


def _warm(path: Path, running: Server, target: Target) -> None:
    """Caches, and the dictionary that a project gets with its first few hundred events."""
    for seed in range(99, 99 + WARM_ROUNDS):
        server.load(running, target, 4, 1.0, seed=seed)
        if _dictionaries(path, target.project_id):
            break


def _loaded(
    path: Path, running: Server, target: Target, token: str, connections: int, seconds: float
) -> dict[str, Any]:
    cpu, stored = running.cpu_seconds(), _stored(path)
    disk = _disk(path) - _dictionaries(path)
    with _watching(running, target, token) as timings:
        row = server.load(running, target, connections, seconds, seed=connections)
    count = max(1, row["stored"])
    return row | {
        "cpu": round(1000 * (running.cpu_seconds() - cpu) / count, 3),
        "bytes": round(_bytes(path, disk, count)),
        "missing": max(0, row["stored"] - (_stored(path) - stored)),
        "pss": running.pss_mb(),
        "read_p50": timings[0].p50,
        "read_p99": timings[0].p99,
    }


def _bytes(path: Path, before: int, count: int) -> float:
    """Of an event, with its share of the dictionaries, whenever they were trained."""
    shared = _dictionaries(path)
    return (_disk(path) - shared - before) / count + shared / max(1, _stored(path))


def _ratios(rate: float, best: Floors) -> dict[str, float]:
    return {
        "to_insert": round(rate / best.insert, 3),
        "to_in_process": round(rate / best.in_process, 2),
        "to_flask": round(rate / best.flask, 2),
    }


@contextmanager
def _watching(running: Server, target: Target, token: str) -> Iterator[list[Timing]]:
    """Read the issue list every 20 ms meanwhile; the timing is there at the end."""
    timings: list[Timing] = []
    is_over = threading.Event()

    def read() -> None:
        reader, taken = Reader.of_api(running.url, token), []
        while not is_over.wait(0.02):
            before = time.perf_counter()
            reader.get(f"/projects/{target.project_id}/issues")
            taken.append(1000 * (time.perf_counter() - before))
        reader.close()
        timings.append(summary("issue list", taken))

    watcher = threading.Thread(target=read)
    watcher.start()
    try:
        yield timings
    finally:
        is_over.set()
        watcher.join()


def _stored(path: Path) -> int:
    db = connection.connect(path)
    try:
        found: int = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
        return found
    finally:
        db.close()


def _dictionaries(path: Path, project_id: int | None = None) -> int:
    """Bytes of all of them, or those of one project."""
    db = connection.connect(path)
    try:
        found = db.execute(
            """
            SELECT coalesce(sum(length(data)), 0)
            FROM dictionaries
            WHERE project_id = coalesce(?, project_id)
            """,
            (project_id,),
        ).fetchone()[0]
        return int(found)
    finally:
        db.close()


def _disk(path: Path) -> int:
    """Bytes in use inside the file, so that free pages and the log do not blur it."""
    db = connection.connect(path)
    try:
        used = db.execute("PRAGMA page_count").fetchone()[0]
        free = db.execute("PRAGMA freelist_count").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
        return int((used - free) * size)
    finally:
        db.close()
