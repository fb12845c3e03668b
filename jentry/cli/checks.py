"""`jentry check`"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import click

from jentry.cli.base import REFUSALS, Target, answer, database_option, json_option, refusal
from jentry.store import checks, serving

MIB = 1024 * 1024
NO_SPACE = MIB  # an event alone may take as much
LEAST_SPACE = 256 * MIB  # the write-ahead log alone may take 64 MiB


@dataclass
class Report:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


@click.command()
@json_option
@database_option
@click.pass_context
def check(ctx: click.Context, target: Target, as_json: bool) -> None:
    """Look for damage: of the file, its references, counters and payloads. Changes nothing.

    Exit 1 when something is wrong. It may run while the server does.
    """
    path = target.settings.db.resolve()
    report = Report()
    try:
        report.problems += checks.problems_of(path)
        _machine(path, report)
    except REFUSALS as error:
        if not as_json:
            raise
        report.problems.append(refusal(error))
    result = {
        "ok": not report.problems,
        "problems": report.problems,
        "warnings": report.warnings,
        "facts": report.facts,
    }
    lines = [
        *[f"Wrong: {line}" for line in report.problems],
        *[f"Warning: {line}" for line in report.warnings],
        *report.facts,
        f"{path} is sound." if not report.problems else f"{path} needs attention.",
    ]
    answer(as_json, result, *lines)
    ctx.exit(1 if report.problems else 0)


def _machine(path: Path, report: Report) -> None:
    size = path.stat().st_size
    free = shutil.disk_usage(path.parent).free
    report.facts.append(f"{path} takes {size / MIB:.1f} MiB; {free / MIB:.0f} MiB are free.")
    if free < NO_SPACE:
        report.problems.append("the disk is full: no event can be stored")
    elif free < LEAST_SPACE:
        report.warnings.append(f"only {free / MIB:.0f} MiB of disk space are left")
    elif free < size:
        report.warnings.append("there is not enough free disk space for a copy of the database")
    served = "A server is running on it." if serving.is_served(path) else "No server runs on it."
    report.facts.append(served)
    version = checks.sqlite_version()
    report.facts.append(f"SQLite {version}.")
    if checks.has_wal_reset_bug():
        report.warnings.append(
            f"SQLite {version} can damage a file that two programs write at once (fixed in "
            "3.51.3); jentry's own processes take turns, so let no other program write to it"
        )
