"""`jentry restore`"""

from pathlib import Path

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.cli.progress import OnTerminal
from jentry.store import migrations, sending
from jentry.store.backup import restore as restoring
from jentry.store.backup.space import shown


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database that is there; it is kept aside.")
@json_option
@database_option
def restore(target: Target, file: Path, force: bool, as_json: bool) -> None:
    """Make a backup the database again, once it is found to be sound. No server may run.

    FILE is what `jentry backup` made, packed or plain, or the file of a server that was stopped.
    """
    with OnTerminal("Restore") as progress:
        done = restoring.restore(target.settings.file, file, progress, force=force)
    _cancel_alerts(target, done)
    result = {
        "file": str(done.database),
        "from": str(file),
        "bytes": done.bytes,
        "schema": done.schema,
        "events": done.events,
        "issues": done.issues,
        "seconds": round(done.seconds, 1),
        "kept": str(done.kept) if done.kept else None,
        "erasures": None if done.erasures is None else [_erasure(*each) for each in done.erasures],
    }
    answer(as_json, result, *_lines(done, file))


def _cancel_alerts(target: Target, done: restoring.Restored) -> None:
    """What the file had still to tell was told long ago, or is no news."""
    if done.schema != migrations.current_version():
        return
    with target.reading() as db:
        if not sending.has_waiting(db):
            return
    with target.writing() as (db, _):
        sending.cancel_all(db)


def _erasure(at: str, slug: str) -> dict[str, str]:
    return {"at": at, "organization": slug}


def _lines(done: restoring.Restored, file: Path) -> list[str]:
    lines = [
        f"Restored {done.database} ({shown(done.bytes)}, {done.events:,} events) from {file} "
        f"in {done.seconds:.1f} s."
    ]
    if done.kept:
        lines.append(f"What was there is kept: {done.kept}.")
    if done.schema < migrations.current_version():
        lines.append(
            f"It is of schema {done.schema}; `jentry serve` or `jentry migrate` brings it to "
            f"{migrations.current_version()}."
        )
    if done.erasures is None:
        lines.append("Which persons were erased since, the former file could not say.")
    for at, slug in done.erasures or []:
        lines.append(f"A person was erased in {slug} at {at}: do it again with `jentry erase`.")
    return lines
