"""`jentry migrate`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option, say
from jentry.store import migrations


@click.command()
@click.option(
    "--in-place",
    is_flag=True,
    help="Without a copy, when space is short; make a backup first: there is no way back.",
)
@json_option
@database_option
def migrate(target: Target, in_place: bool, as_json: bool) -> None:
    """Bring the database to the schema of this version, or make one when it is missing.

    The server does that too when it starts. A copy is migrated and checked, and takes the place of
    the old file, which is kept for `jentry rollback`. No server may run meanwhile.
    """
    done = migrations.prepare(target.settings.db, progress, in_place=in_place)
    result = {
        "file": str(done.path),
        "before": done.before,
        "schema": done.after,
        "seconds": round(done.seconds, 1),
        "kept": str(done.kept) if done.kept else None,
    }
    had = "was made with" if done.before == migrations.NEW else "has"
    answer(as_json, result, done.note or f"{done.path} {had} schema {done.after}.")


def progress(step: str) -> None:
    say(f"Upgrade: {step}", err=True)
