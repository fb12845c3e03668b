"""`jentry erase`"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option, operator, org_option
from jentry.schemas.erasures import OUT
from jentry.store.erasure import erasing, finding, records
from jentry.upkeep.job import Turn, Work


@click.command()
@org_option
@click.option("--user-id", help="The id that events give their user.")
@click.option("--email", help="Looked for in all texts too, as a whole word.")
@click.option("--username", help="The name that events give their user.")
@click.option("--ip", help="An address; may be that of others too.")
@click.option(
    "--export", "export_to", type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was found to a new file, as lines of JSON.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Erase it, for good. Without, nothing is changed.")
@json_option
@database_option
def erase(
    target: Target, org_slug: str, export_to: Path | None, yes: bool, as_json: bool,
    **person: str | None,
) -> None:  # fmt: skip
    """Find one person in all that an organization has stored, and with --yes erase them.

    Events of which the person is the user go; in others, and in texts, [erased] takes the place of
    the word. What was counted stays.
    """
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        erasure_id = records.request(db, actor, person, at)["id"]
    with closing(Work(target.settings, Turn())) as work:
        finding.run(work, erasure_id)
        if export_to:
            _write(export_to, records.export(work.reading(), actor, erasure_id))
        erasure = records.get(work.reading(), actor, erasure_id)
        with work.writing() as (db, at):
            if yes:
                records.confirm(db, actor, erasure_id, at)
            else:
                records.drop(db, actor, erasure_id)
        if yes:
            erasing.run(work, erasure_id)
            erasure = records.get(work.reading(), actor, erasure_id)
    answer(as_json, OUT.dump(erasure), *_lines(erasure, yes))


def _write(path: Path, lines: Any) -> None:
    """For its owner's eyes only. Raises OSError when there is such a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(lines)


def _lines(erasure: dict[str, Any], is_erased: bool) -> list[str]:
    parts = erasure["erased"] if is_erased else erasure["found"]
    told = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in parts.items())
    verb = "Erased" if is_erased else "Found"
    lines = [f"{verb} in {erasure['scanned']:,} events: {told or 'nothing'}."]
    if is_erased and erasure["rewritten"]:
        lines.append(f"{erasure['rewritten']:,} events of others mention the person no more.")
    kept = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in erasure["kept"].items())
    lines += [f"Kept, for an owner to decide on: {kept}."] if kept else []
    lines += [f"Out of reach: {place}." for place in erasure["out_of_reach"]]
    return lines if is_erased else [*lines, "Nothing was changed. With --yes it is erased."]
