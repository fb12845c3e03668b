"""`jentry check`"""

import os
import shutil
from dataclasses import dataclass, field

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.store import checks, serving

MIB = 1024 * 1024
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
    path = target.settings.db
    report = Report()
    _database(target, report)
    _machine(target, report)
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


def _database(target: Target, report: Report) -> None:
    with target.reading() as db:
        report.problems += checks.integrity(db)
        report.problems += checks.references(db)
        report.problems += checks.counters(db)
        report.problems += checks.payloads(db)


def _machine(target: Target, report: Report) -> None:
    path = target.settings.db
    size = os.path.getsize(path)
    free = shutil.disk_usage(path.resolve().parent).free
    report.facts.append(f"{path} takes {size / MIB:.1f} MiB; {free / MIB:.0f} MiB are free.")
    if free < LEAST_SPACE:
        report.problems.append(f"only {free / MIB:.0f} MiB of disk space are left")
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
