"""`jentry move`"""

import time
from typing import Any

import click

from jentry.cli.base import answer, json_option, leave, say
from jentry.database_name import database_path, said
from jentry.store import checks
from jentry.store.connection import Target
from jentry.store.engine_move import move as move_rows


def _database(_: click.Context, __: click.Parameter, text: str) -> Target:
    try:
        return database_path(text)
    except ValueError as error:
        raise click.BadParameter(f"{said(text, error)} is not {error}.") from None


@click.command()
@click.argument("source", callback=_database)
@click.argument("target", callback=_database)
@json_option
def move(source: Target, target: Target, as_json: bool) -> None:
    """Copy everything from a file of SQLite to a database of PostgreSQL, or back.

    Ids, times, DSNs, tokens and links stay as they are; SOURCE is not changed. TARGET is an empty
    database, or a file that is not there. No server may run on either. What has arrived is counted,
    and looked at as `jentry check` does.
    """
    began = time.monotonic()
    moved = move_rows(source, target, lambda line: None if as_json else say(line, err=True))
    problems = checks.problems_of(target)
    seconds = round(time.monotonic() - began, 1)
    rows = sum(moved.tables.values())
    result: dict[str, Any] = {
        "from": str(source), "to": str(target), "rows": rows, "tables": moved.tables,
        "problems": problems, "seconds": seconds,
    }  # fmt: skip
    if problems and not as_json:
        leave("\n".join(f"Wrong: {line}" for line in problems))
    answer(as_json, result, f"Moved {rows:,} rows to {target} in {seconds:.1f} s; it is sound.")
    if problems:
        raise SystemExit(1)
