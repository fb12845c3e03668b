"""`jentry sourcemaps`"""

import contextlib
import re
from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option, operator, org_option
from jentry.ingest.processor import Processor
from jentry.ingest.symbolication.doctor import diagnose
from jentry.schemas.artifacts import DIAGNOSIS

EVENT_ID = re.compile(r"[0-9a-f]{32}")


@click.group()
def sourcemaps() -> None:
    """Source maps: what they made of an event."""


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
