"""Hours at a steady rate: memory, the write-ahead log and the slowest answers must not creep."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jentry.bench import server
from jentry.store import checks

CONNECTIONS = 8


def soak(minutes: float, rate: int, step_seconds: float = 60.0) -> Iterator[dict[str, Any]]:
    """A row for each step: `pss` and `wal` in megabytes, latencies in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="jentry-soak-") as folder:
        path = Path(folder) / "jentry.db"
        target = server.make_target(path)
        with server.running(path) as running:
            for step in range(1, max(1, round(minutes * 60 / step_seconds)) + 1):
                row = server.load(running, target, CONNECTIONS, step_seconds, rate=rate, seed=step)
                wal = Path(f"{path}-wal").stat().st_size
                yield row | {
                    "minute": round(step * step_seconds / 60, 1),
                    "pss": running.pss_mb(),
                    "wal": round(wal / 2**20, 1),
                    "cpu": round(running.cpu_seconds(), 1),
                }
        if problems := checks.problems_of(path):
            raise RuntimeError("\n".join(problems))
