"""`jentry bench …`: measurements on this machine, and drills."""

import json
from pathlib import Path

import click

from jentry.bench import fill as filling
from jentry.bench import fuzz as fuzzing
from jentry.bench import grouping as grouped
from jentry.bench import ingest as ingesting
from jentry.bench import kill as killing
from jentry.bench import read as reading
from jentry.bench import soak as soaking
from jentry.bench import stop as stopping
from jentry.bench.reader import Timing
from jentry.bench.server import FRONTS
from jentry.cli.base import Target, answer, database_option, json_option, table

front_option = click.option(
    "--front",
    type=click.Choice(FRONTS),
    default="asgi",
    show_default=True,
    help="How requests come in: the event loop of `jentry serve`, or plain WSGI threads.",
)


@click.group()
def bench() -> None:
    """Measure this machine and this version; try to lose events.

    Each measurement starts a server of its own on a temporary file. Figures mean something only
    beside the floors measured in the same run.
    """


@bench.command()
@click.option("--events", type=click.IntRange(0), default=0, help="Events already in the file.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of each measurement.")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@front_option
@json_option
@click.option("--commit-delay", default=0.0, help="Milliseconds added to each commit: a slow disk.")
def ingest(
    events: int, seconds: float, workers: int, commit_delay: float, front: str, as_json: bool
) -> None:
    """Events a second that are on disk before they are answered, at 1, 8 and 32 connections."""
    best = ingesting.measure_floors()
    setting = ingesting.Setting(front, workers, events, commit_delay / 1000)
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
    "front", "workers", "already", "connections", "rate", "p50", "p95", "p99", "cpu", "pss",
    "pss_idle", "read_p50", "read_p99", "bytes", "missing", "broken", "start_seconds", "to_insert",
    "to_in_process", "to_flask",
)  # fmt: skip


@bench.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@front_option
@json_option
@click.pass_context
def kill(ctx: click.Context, rounds: int, workers: int, front: str, as_json: bool) -> None:
    """Kill the whole server under load, again and again; nothing acknowledged may be lost.

    Exit 1 when something was.
    """
    shown: list[killing.Round] = []
    drill = killing.drill(rounds, front, workers=workers)
    with click.progressbar(drill, length=rounds, label="rounds", hidden=as_json) as bar:
        shown.extend(bar)
    lost = sum(each.lost for each in shown)
    problems = [f"round {each.number}: {line}" for each in shown for line in each.problems]
    acknowledged = sum(each.acknowledged for each in shown)
    extra = sum(each.unacknowledged for each in shown)
    result = {
        "front": front,
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
        f"{rounds} kills of the {front} server: {acknowledged:,} events acknowledged, {lost} lost, "
        f"{extra} stored without an answer; counters and file: "
        + ("sound." if not problems else f"{len(problems)} problems."),
        *problems,
    )
    ctx.exit(1 if lost or problems or not acknowledged else 0)


@bench.command()
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@front_option
@json_option
@click.pass_context
def stop(ctx: click.Context, rounds: int, front: str, as_json: bool) -> None:
    """Stop and reload the server under load; nothing acknowledged may be lost.

    Exit 1 when something was, or when a client of the event loop got no answer.
    """
    drill = stopping.drill(rounds, front)
    with click.progressbar(drill, length=2 * rounds, label="signals", hidden=as_json) as bar:
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


@bench.command()
@click.option("--envelopes", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same requests.")
@click.option("--only", type=click.IntRange(0), help="Send just the request of this number.")
@click.option(
    "--front",
    type=click.Choice((*FRONTS, "door")),
    default="asgi",
    show_default=True,
    help="Over HTTP to the event loop or to WSGI threads, or straight into the door.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    metavar="FOLDER",
    help="Where offending requests are kept.  [default: the current folder]",
)
@json_option
@click.pass_context
def fuzz(
    ctx: click.Context,
    envelopes: int,
    seed: int,
    only: int | None,
    front: str,
    save: Path,
    as_json: bool,
) -> None:
    """Send damaged requests of every kind, with good events among them.

    Exit 1 when one is answered 5xx or not at all, a good event is lost, the file is unsound, the
    API cannot show what was stored, or memory grows.
    """
    with click.progressbar(length=envelopes, label="envelopes", hidden=as_json) as bar:
        report = fuzzing.drill(front, envelopes, seed, only, save, bar.update)
    result = vars(report) | {"log": list(report.log), "slowest": sorted(report.slowest)[::-1]}
    statuses = ", ".join(f"{status}: {n:,}" for status, n in sorted(report.statuses.items()))
    answer(
        as_json,
        result,
        f"{report.envelopes:,} requests of seed {seed} to the {front} front in {report.seconds} s, "
        f"{report.good:,} of them good events; {report.stored:,} events stored.",
        f"answers: {statuses}; the API was read {report.read:,} times",
        f"memory, MB at every tenth: {' '.join(map(str, report.memory))}",
        "slowest: "
        + ", ".join(
            f"{ms:g} ms (number {n}, {status})" for ms, n, status in sorted(report.slowest)[::-1]
        ),
        *(report.violations or ["Nothing lost, nothing broken."]),
        *(report.log if report.violations else ()),
    )
    ctx.exit(1 if report.violations or report.envelopes == 0 else 0)


@bench.command()
@click.option("--events", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--issues", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--projects", type=click.IntRange(1), default=10, show_default=True)
@json_option
@database_option
def fill(target: Target, events: int, issues: int, projects: int, as_json: bool) -> None:
    """Make a large file through the real path of an event: 90 days, busy and rare issues.

    The projects are added to the file's first organisation, or to one of its own.
    """
    path = target.settings.db
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
    """How fast the API answers on a file made by `bench fill`: idle, and while events come in.

    Adds a user, a token and the events to that file.
    """
    found: dict[str, dict[str, Timing]] = {}
    for state, timing in reading.measure(target.settings.db, rate, times):
        found.setdefault(timing.name, {})[state] = timing
    states = ("idle", "ingesting")
    slowest_first = sorted(found.items(), key=lambda item: -item[1][states[-1]].p99)
    rows = [
        [name, *(value for s in states for value in (by[s].p50, by[s].p99))]
        for name, by in slowest_first
    ]
    result = [{"name": name} | {s: vars(by[s]) for s in states} for name, by in found.items()]
    heads = ["milliseconds", "idle p50", "p99", f"at {rate}/s p50", "p99"]
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


@bench.command()
@click.argument("events", type=click.Path(exists=True, path_type=Path))
@json_option
def grouping(events: Path, as_json: bool) -> None:
    """Precision, recall and F1 of grouping on labelled events: a .jsonl file, or a folder of them.

    Beside it what grouping by text alone would reach. The repository has such a set in
    tests/grouping.
    """
    if as_json:
        click.echo(json.dumps(grouped.report(events)))
    else:
        click.echo(grouped.main(events))
