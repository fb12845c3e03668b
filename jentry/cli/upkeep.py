"""`jentry upkeep`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.store import migrations
from jentry.store.upkeep import is_looked_after
from jentry.upkeep import process


@click.command()
@json_option
@database_option
def upkeep(target: Target, as_json: bool) -> None:
    """Do what is to be done besides requests, until told to stop (Ctrl-C, or SIGTERM).

    `jentry serve` does it itself. Beside another server, such as `gunicorn app:app`, this runs as
    a second service. Several on one file take turns: one works, the others wait until it ends.
    """
    settings = target.settings
    migrations.require_current(settings.db)
    waits = is_looked_after(settings.db)
    line = f"jentry looks after {settings.db} (Ctrl-C stops it)."
    if waits:
        line = f"Another process looks after {settings.db}; this one waits (Ctrl-C stops it)."
    answer(as_json, {"file": str(settings.db), "waits": waits}, line)
    process.run(settings)
