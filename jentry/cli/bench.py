"""`jentry bench …`: measurements on this machine."""

import json

import click

from jentry.bench import fill as filling
from jentry.bench import ingest as ingesting
from jentry.bench import read as reading
from jentry.bench import soak as soaking
from jentry.bench.options import interface_option
from jentry.bench.reader import Timing
from jentry.cli.base import Target, answer, database_option, json_option, table
from jentry.store import migrations


@click.group()
def bench() -> None:
    """Measure this machine and this version.

    Each measurement starts a server of its own on a temporary file. Figures mean something only
    beside the floors measured in the same run.
    """


@bench.command()
@click.option("--events", type=click.IntRange(0), default=0, help="Events already in the file.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of each measurement.")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@interface_option
@json_option
@click.option("--commit-delay", default=0.0, help="Milliseconds added to each commit: a slow disk.")
def ingest(
    events: int, seconds: float, workers: int, commit_delay: float, interface: str, as_json: bool
) -> None:
    """Events a second that are on disk before they are answered, at 1, 8 and 32 connections."""
    best = ingesting.measure_floors()
    setting = ingesting.Setting(interface, workers, events, commit_delay / 1000)
    rows = list(ingesting.measure(setting, seconds, best))
    lines = [
        f"floors: SQLite insert {best.insert:,.0f}/s, in process {best.in_process:,.0f}/s "
        f"(opening {best.opening:.0f} µs), bare Flask view {best.flask:,.0f}/s",
        *table([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], ""),
        "rate: events/s · p50, p95, p99: ms · cpu: ms an event · pss: MB · bytes: of disk an event",
        "read_…: ms of an issue list meanwhile · to_…: the rate, divided by that floor",
    ]
    answer(as_json, {"floors": vars(best), "rows": rows}, *lines)


COLUMNS = (
    "interface", "workers", "already", "connections", "rate", "p50", "p95", "p99", "cpu", "pss",
    "pss_idle", "read_p50", "read_p99", "bytes", "missing", "broken", "start_seconds", "to_insert",
    "to_in_process", "to_flask",
)  # fmt: skip


@bench.command()
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--issues", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--projects", type=click.IntRange(1), default=10, show_default=True)
@json_option
@database_option
def fill(target: Target, events: int, issues: int, projects: int, as_json: bool) -> None:
    """Make a large file through the real path of an event: 90 days, busy and rare issues.

    A missing file is made. The projects are added to its first organization, or to one of its own.
    """
    path = target.settings.file
    stored = 0
    with click.progressbar(length=events, label="events", show_pos=True, hidden=as_json) as bar:
        for added in filling.fill(path, events, issues, projects):
            stored += added
            bar.update(added)
    size = path.stat().st_size
    result = {"events": stored, "bytes": size}
    answer(as_json, result, f"{path} holds {stored:,} more events, {size / 2**20:,.0f} MiB in all.")


@bench.command()
@click.option("--rate", default=500, show_default=True, help="Events a second meanwhile.")
@click.option("--times", default=reading.TIMES, show_default=True, help="Requests of each kind.")
@json_option
@database_option
def read(target: Target, rate: int, times: int, as_json: bool) -> None:
    """How fast API and pages answer on a file made by `bench fill`: idle, and as events come in.

    Adds a user, a token and the events to that file.
    """
    migrations.require_current(target.settings.file)
    found: dict[str, dict[str, Timing]] = {}
    for state, timing in reading.measure(target.settings.file, rate, times):
        found.setdefault(timing.name, {})[state] = timing
    states = ("idle", "ingesting")

    def longest(by: dict[str, Timing]) -> int:
        return max(timing.bytes for timing in by.values())

    slowest_first = sorted(found.items(), key=lambda item: -item[1][states[-1]].p99)
    rows = [
        [name, *(value for s in states for value in (by[s].p50, by[s].p99)), f"{longest(by):,}"]
        for name, by in slowest_first
    ]
    result = [{"name": name} | {s: vars(by[s]) for s in states} for name, by in found.items()]
    heads = ["milliseconds", "idle p50", "p99", f"at {rate}/s p50", "p99", "bytes"]
    answer(as_json, result, *table([heads, *rows], ""))


@bench.command()
@click.option("--minutes", default=60.0, show_default=True)
@click.option("--rate", default=500, show_default=True, help="Events a second.")
@json_option
def soak(minutes: float, rate: int, as_json: bool) -> None:
    """A steady load for a long time: memory, log and latencies, a row a minute."""
    names = ("minute", "rate", "p50", "p99", "pss", "wal", "cpu", "statuses", "broken")
    if not as_json:
        click.echo("  ".join(names))
    for row in soaking.soak(minutes, rate):
        click.echo(json.dumps(row) if as_json else "  ".join(str(row[name]) for name in names))
