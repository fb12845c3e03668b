"""`jentry sourcemaps`"""

import contextlib
import re
from typing import Any

import click

from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    org_option,
    project_option,
)
from jentry.ingest.processor import Processor
from jentry.ingest.symbolication import remapping
from jentry.ingest.symbolication.doctor import diagnose
from jentry.ingest.symbolication.remapping import Wanted
from jentry.schemas.artifacts import DIAGNOSIS, MOST_ASKED
from jentry.store import projects
from jentry.store.database import open_database
from jentry.store.remapping import MOST

EVENT_ID = re.compile(r"[0-9a-f]{32}")


@click.group()
def sourcemaps() -> None:
    """Source maps: what they made of events, and to have them read again."""


@sourcemaps.command()
@click.argument("event_id", metavar="EVENT")
@org_option
@json_option
@database_option
def explain(target: Target, event_id: str, org_slug: str, as_json: bool) -> None:
    """Say of each frame of an event where it comes from, or why that is not known."""
    plain = event_id.replace("-", "").lower()
    if not EVENT_ID.fullmatch(plain):
        raise click.BadParameter("an event's id has 32 hexadecimal digits", param_hint="EVENT")
    with target.reading() as db, contextlib.closing(Processor(target.settings)) as processor:
        actor = operator(db, org_slug)
        found = DIAGNOSIS.dump(diagnose(db, actor, bytes.fromhex(plain), processor.symbols))
    answer(as_json, found, *_lines(found))


@sourcemaps.command()
@project_option()
@org_option
@click.option("--release", metavar="V", help="Only events of this release.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_ASKED),
    default=MOST,
    show_default=True,
    help="At most so many events, the newest.",
)
@click.option("--dry-run", is_flag=True, help="Only count.")
@json_option
@database_option
def reprocess(
    target: Target,
    project_slug: str,
    org_slug: str,
    release: str | None,
    limit: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Map events again that have frames which are not mapped."""
    path = target.settings.db
    with target.reading() as db:
        actor = operator(db, org_slug)
        project_id = projects.by_slug(db, actor, project_slug)["id"]
    wanted = Wanted(actor, project_id, release, limit)
    with (
        contextlib.closing(Processor(target.settings)) as processor,
        contextlib.closing(open_database(path)) as db,
    ):
        found = remapping.reprocess(db, processor.symbols, wanted, target.writing, is_dry=dry_run)
    would = "would be " if dry_run else ""
    answer(
        as_json,
        found,
        f"{found['events']} events looked at: {found['mapped']} {would}mapped, "
        f"{found['moved']} {would}moved to another issue.",
    )


def _lines(found: dict[str, Any]) -> list[str]:
    if not found["frames"]:
        return ["Nothing in this event comes from minified code."]
    return [_line(row) for row in found["frames"]]


def _line(row: dict[str, Any]) -> str:
    raw = f"{row['raw']['filename']}:{row['raw']['lineno']}:{row['raw']['colno']}"
    if row["mapped"]:
        new = row["mapped"]
        place = f"{new['function'] or '?'} ({new['filename']}:{new['lineno']}:{new['colno']})"
        raw = f"{raw} -> {place}"
    return f"{row['status']}: {raw}" + (f": {row['message']}" if row["message"] else "")
