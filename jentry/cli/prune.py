"""`jentry prune`"""

import dataclasses
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.sizes import budget as read_budget
from jentry.store import migrations
from jentry.upkeep import prune as upkeep

MIB = 1024 * 1024


class Amount(click.ParamType[str]):
    """`80%`, `10G`, bytes or 0."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        try:
            return read_budget(str(value))
        except ValueError as error:
            self.fail(f"{value!r} is not {error}.", param, ctx)


def _number(least: int, name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, type=click.IntRange(least), help=text)


@click.command()
@_number(1, "--days", "Keep events for so many days.")
@_number(20, "--events-per-issue", "Keep so many events of an issue.")
@_number(1, "--events-per-project", "Keep so many events of a project.")
@click.option("--budget", type=Amount(), help="Let all files take so much: 10G, 80%.")
@click.option("--dry-run", is_flag=True, help="Change nothing, and say what would go.")
@json_option
@database_option
def prune(
    target: Target,
    days: int | None,
    events_per_issue: int | None,
    events_per_project: int | None,
    budget: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take out now what is older or more than is kept.

    What is not given is as the settings say. It may run while the server does, which does the same
    by and by. What goes cannot be brought back; counts of issues stay.
    """
    given: dict[str, Any] = {
        "retention_days": days,
        "events_per_issue": events_per_issue,
        "events_per_project": events_per_project,
        "disk_budget": budget,
    }
    settings = dataclasses.replace(
        target.settings, **{name: value for name, value in given.items() if value is not None}
    )
    migrations.require_current(settings.db)
    with closing(upkeep.Pruning(settings, is_dry=dry_run)) as work:
        done = upkeep.prune(work)
    verb = "would go" if dry_run else "went"
    why = ", ".join(f"{number} by {reason}" for reason, number in done["byReason"].items())
    answer(
        as_json,
        done,
        f"{done['events']} events and {done['attachments']} attachments {verb}"
        f"{f' ({why})' if why else ''}; {done['bytesFreed'] / MIB:.1f} MiB of them, "
        f"{done['vacuumedBytes'] / MIB:.1f} MiB given back to the disk.",
    )
