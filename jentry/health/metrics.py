"""What `/metrics` tells: counted while it happens, or looked up when somebody asks.

Nothing of it is loaded without `JENTRY_METRICS_TOKEN`. Under `jentry serve` what is counted lies in
files of a folder, so that whichever process is asked answers for all.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from jentry import clock
from jentry.settings import Settings
from jentry.store import connection, deletions, disk, forecast, totals, upkeep, usage
from jentry.store.backup import record
from jentry.store.database import open_database

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
BATCHES = (1, 2, 5, 10, 20, 50, 100, 200)

_counted = CollectorRegistry()
disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Histogram(
    "jentry_request_duration_seconds",
    "From the head of a request to the end of its answer.",
    ("family", "status"),
    registry=_counted,
    buckets=SECONDS,
)
BATCH = Histogram(
    "jentry_batch_submissions",
    "Requests of SDKs that were stored by one transaction.",
    registry=_counted,
    buckets=BATCHES,
)
COMMIT = Histogram(
    "jentry_commit_seconds",
    "Until a transaction of events was on the disk.",
    registry=_counted,
    buckets=SECONDS,
)
WAITING = Gauge(
    "jentry_waiting_submissions",
    "Requests of SDKs that wait to be stored, when the latest batch was taken.",
    registry=_counted,
    multiprocess_mode="mostrecent",
)


def request_ended(family: str, status: int, seconds: float) -> None:
    """`status`: 0 when there was no answer."""
    REQUESTS.labels(family, f"{status // 100}xx" if status else "none").observe(seconds)


def batch_stored(submissions: int, waiting: int, seconds: float) -> None:
    BATCH.observe(submissions)
    COMMIT.observe(seconds)
    WAITING.set(waiting)


def text(settings: Settings) -> bytes:
    """All of it, in Prometheus' text format."""
    counted = _counted
    if os.environ.get(SHARED):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    looked_up = CollectorRegistry()
    looked_up.register(_LookedUp(settings))
    ProcessCollector(registry=looked_up)
    return generate_latest(counted) + generate_latest(looked_up)


SIZE = "Size of the database."
LEVEL = "Events that issues keep since the disk budget took some; absent before."
RUNNING = "What was deleted and has not gone from the file yet."


class _LookedUp(Collector):
    def __init__(self, settings: Settings) -> None:
        self.path = settings.db
        self.sizes = (settings.disk_budget, settings.disk_reserve)

    def collect(self) -> Iterator[Metric]:
        is_readable = True
        try:
            yield from self._files()
            with closing(open_database(self.path, small=True)) as db:
                yield from self._database(db)
                if disk.has_files(db):
                    yield from self._disk(db)
                else:
                    size = disk.server_bytes(db)
                    yield GaugeMetricFamily("jentry_database_bytes", SIZE, size)
                yield from self._kept(db)
        except connection.errors(OSError):
            is_readable = False
        yield GaugeMetricFamily(
            "jentry_database_readable", "1 while the database can be read.", int(is_readable)
        )
        yield from self._jobs()

    def _files(self) -> Iterator[Metric]:
        if not isinstance(self.path, Path):
            return
        path = os.path.realpath(self.path)
        for name, meaning, size in (
            ("database", SIZE, os.path.getsize(path)),
            ("wal", "Size of SQLite's write-ahead log.", _size(f"{path}-wal")),
            (
                "disk_free",
                "Free bytes where it lies.",
                shutil.disk_usage(os.path.dirname(path)).free,
            ),
        ):
            yield GaugeMetricFamily(f"jentry_{name}_bytes", meaning, size)

    def _database(self, db: connection.Connection) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "jentry_outcomes",
            "What became of what SDKs sent; begins at 0 each day at 0:00 UTC.",
            labels=("category", "outcome"),
        )
        today = clock.hour(clock.timestamp(clock.now()))[: len("2026-06-29T")] + "00"
        for row in totals.outcomes_since(db, today):
            outcomes.add_metric((row["category"], row["outcome"]), row["quantity"])
        yield outcomes
        if (at := totals.oldest_event(db)) is not None:
            meaning = "When the oldest event that is kept arrived."
            yield GaugeMetricFamily("jentry_oldest_event_timestamp_seconds", meaning, _unix(at))
        yield from self._backups(db)

    def _backups(self, db: connection.Connection) -> Iterator[Metric]:
        backup, failures = record.standing(db)
        yield GaugeMetricFamily(
            "jentry_backup_failures", "Backups that failed since one succeeded.", failures
        )
        if backup is None:
            return
        for name, meaning, value in (
            ("timestamp_seconds", "When the newest backup was taken.", _unix(backup.taken_at)),
            ("duration_seconds", "How long it took.", backup.seconds),
            ("bytes", "Its size.", backup.bytes),
        ):
            yield GaugeMetricFamily(f"jentry_backup_{name}", meaning, value)

    def _disk(self, db: connection.Connection) -> Iterator[Metric]:
        at = clock.timestamp(clock.now())
        now, ahead = forecast.ahead_of(db, *self.sizes, at)
        for name, meaning, size in (
            ("budget", "What all files may take; absent without a budget.", now.budget),
            ("files", "What all files take.", now.files),
            ("used", "What is used inside the database file.", now.used),
        ):
            if size is not None:
                yield GaugeMetricFamily(f"jentry_disk_{name}_bytes", meaning, size)
        if ahead["full_at"] is not None:
            yield GaugeMetricFamily(
                "jentry_disk_full_seconds",
                "In how long budget or disk will be full; absent while it does not grow.",
                _unix(ahead["full_at"]) - _unix(at),
            )

    def _kept(self, db: connection.Connection) -> Iterator[Metric]:
        evicted = CounterMetricFamily(
            "jentry_evicted_events", "Events that are not kept any more.", labels=("reason",)
        )
        for reason, events in usage.evicted_by_reason(db).items():
            evicted.add_metric((reason,), events)
        yield evicted
        if (level := usage.lowest_level(db)) is not None:
            yield GaugeMetricFamily("jentry_eviction_level", LEVEL, level)
        yield GaugeMetricFamily("jentry_deletions_running", RUNNING, deletions.running(db))

    def _jobs(self) -> Iterator[Metric]:
        done = GaugeMetricFamily(
            "jentry_job_done_timestamp_seconds",
            "When a job of the upkeep last ended well.",
            labels=("job",),
        )
        failures = GaugeMetricFamily(
            "jentry_job_failures", "Failures of a job since it last ended well.", labels=("job",)
        )
        for name, ran in upkeep.read(self.path).items():
            failures.add_metric((name,), ran.failures)
            if ran.done_at is not None:
                done.add_metric((name,), _unix(ran.done_at))
        yield done
        yield failures


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _unix(at: str) -> float:
    return clock.parse(at).timestamp()
