"""`jentry bench …`: measurements on this machine, and drills."""

import click

from jentry.bench import fill as filling
from jentry.bench import ingest as ingesting
from jentry.bench import kill as killing
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
def ingest(events: int, seconds: float, workers: int, front: str, as_json: bool) -> None:
    """Events a second that are on disk before they are answered, at 1, 8 and 32 connections."""
    best = ingesting.measure_floors()
    rows = list(ingesting.measure(front, workers, seconds, events, best))
    lines = [
        f"floors: SQLite insert {best.insert:,.0f}/s, in process {best.in_process:,.0f}/s "
        f"(opening {best.opening:.0f} µs), bare Flask view {best.flask:,.0f}/s",
        *table([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], ""),
        "rate: events/s · p50, p95, p99: ms · cpu: ms an event · pss: MB · bytes: of disk an event",
        "to_…: the rate, divided by that floor",
    ]
    answer(as_json, {"floors": vars(best), "rows": rows}, *lines)


COLUMNS = (
    "front", "workers", "already", "connections", "rate", "p50", "p95", "p99", "cpu", "pss",
    "pss_idle", "bytes", "missing", "broken", "start_seconds", "to_insert", "to_in_process",
    "to_flask",
)  # fmt: skip


@bench.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@front_option
@json_option
@click.pass_context
def kill(ctx: click.Context, rounds: int, front: str, as_json: bool) -> None:
    """Kill the whole server under load, again and again; nothing acknowledged may be lost.

    Exit 1 when something was.
    """
    shown: list[killing.Round] = []
    drill = killing.drill(rounds, front)
    with click.progressbar(drill, length=rounds, label="rounds", hidden=as_json) as bar:
        shown.extend(bar)
    lost = sum(each.lost for each in shown)
    problems = [f"round {each.number}: {line}" for each in shown for line in each.problems]
    acknowledged = sum(each.acknowledged for each in shown)
    extra = sum(each.unacknowledged for each in shown)
    result = {
        "front": front,
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
