"""`jentry backup`"""

import json
import os
from pathlib import Path
from typing import Any

import click

from jentry import __version__
from jentry.cli.base import Target, answer, database_option, json_option, leave
from jentry.cli.progress import InLog, OnTerminal
from jentry.store.backup import make, record
from jentry.store.backup.space import shown

NICE = 10  # events come first


def place(_: click.Context, __: click.Parameter, text: str) -> Path:
    """A name that ends in a slash is that of a folder, which a Path forgets."""
    if text.endswith(os.sep) and not Path(text).is_dir():
        leave(f"There is no folder {text}.")
    return Path(text)


target_argument = click.argument("file", metavar="FILE|DIR", type=click.Path(), callback=place)
keep_option = click.option(
    "--keep",
    type=click.IntRange(1),
    metavar="N",
    help="Of the backups in DIR that have jentry's own names, remove the oldest beyond N.",
)
full_option = click.option(
    "--full", is_flag=True, help="Look at index entries, references and all payloads too."
)


@click.command()
@target_argument
@keep_option
@full_option
@json_option
@database_option
def backup(target: Target, file: Path, keep: int | None, full: bool, as_json: bool) -> None:
    """Copy the database, while the server runs, to a file or into a folder.

    The copy has all that was answered before it began, and is read back and verified before it
    gets its name. A name that ends in .zst is packed; any other is a plain SQLite file. In a folder
    it becomes jentry-<time>.db.zst; take a folder for each database.
    """
    if keep is not None and not file.is_dir():
        raise click.UsageError("--keep needs a folder to keep backups in.")
    os.nice(NICE)
    with OnTerminal("Backup") as progress:
        made = record.make(target.settings.file, file, progress, is_full=full, keep=keep)
    lines = [
        f"Backed up {target.settings.db} ({shown(made.database_bytes)}) to {made.file} "
        f"({shown(made.bytes)}) in {made.seconds:.1f} s; verified.",
        *[f"Warning: {line}" for line in made.warnings],
        *[f"Removed {path}." for path in made.removed],
    ]
    answer(as_json, shape(made), *lines)


@click.command(hidden=True)
@target_argument
@click.argument("keep", type=click.IntRange(1))
@full_option
@database_option
def in_child(target: Target, file: Path, keep: int, full: bool) -> None:
    """For the schedule: a line for each tenth, at last one of JSON."""
    if not file.is_dir():
        leave(f"There is no folder {file}.")
    os.nice(NICE)
    progress = InLog("backup")
    made = record.make(target.settings.file, file, progress, is_full=full, keep=keep)
    click.echo(json.dumps(shape(made)))


def shape(made: make.Made) -> dict[str, Any]:
    return {
        "file": str(made.file),
        "bytes": made.bytes,
        "databaseBytes": made.database_bytes,
        "schema": made.schema,
        "version": __version__,
        "takenAt": made.taken_at,
        "seconds": round(made.seconds, 1),
        "events": made.events,
        "issues": made.issues,
        "verified": True,
        "warnings": made.warnings,
        "removed": [str(path) for path in made.removed],
    }
