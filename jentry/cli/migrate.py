"""`jentry migrate`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.store import migrations


@click.command()
@json_option
@database_option
def migrate(target: Target, as_json: bool) -> None:
    """Bring the database to the schema of this version, or make one when it is missing.

    The server does that too when it starts. A copy of the old file is kept beside it when the disk
    has room. Nothing else may serve the file meanwhile.
    """
    done = migrations.prepare(target.settings.db)
    result = {
        "file": str(done.path),
        "before": done.before,
        "schema": done.after,
        "seconds": round(done.seconds, 1),
        "copy": str(done.copy) if done.copy else None,
    }
    had = "was made with" if done.before == migrations.NEW else "has"
    answer(as_json, result, done.note or f"{done.path} {had} schema {done.after}.")
