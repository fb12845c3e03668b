"""`jentry check`"""

from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option, refusal, refusals
from jentry.health import backups
from jentry.health.findings import Finding, Report
from jentry.health.report import report
from jentry.settings import Settings


@click.command()
@json_option
@database_option
@click.pass_context
def check(ctx: click.Context, target: Target, as_json: bool) -> None:
    """Look at the server's health: damage of the file, its references, counters and payloads;
    disk, permissions, clock, SQLite, the base address. Changes nothing.

    Exit 1 when something is wrong, not for warnings. It may run while the server does.
    """
    settings = target.settings
    try:
        found = report(settings, whole=True)
    except refusals() as error:
        if not as_json:
            raise
        found = Report.of([Finding("integrity", "problem", refusal(error))])
    path = settings.where
    lines = [
        *[f"Wrong: {line}" for line in found.texts("problem")],
        *[f"Warning: {line}" for line in found.texts("warning")],
        *found.texts("ok"),
        f"{path} is sound." if found.is_ok else f"{path} needs attention.",
    ]
    answer(as_json, found.as_json() | {"backup": _backup(settings)}, *lines)
    ctx.exit(0 if found.is_ok else 1)


def _backup(settings: Settings) -> dict[str, Any] | None:
    """The latest; None when there is none, or nobody can say."""
    try:
        return backups.latest(settings)
    except refusals():
        return None
