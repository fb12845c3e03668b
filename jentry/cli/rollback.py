"""`jentry rollback`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option, leave
from jentry.store.backup import upgrade


@click.command()
@click.option("--yes", is_flag=True, help="Do it, whatever is lost.")
@json_option
@database_option
def rollback(target: Target, yes: bool, as_json: bool) -> None:
    """Go back to the file that the last upgrade kept. Without --yes it says what that loses.

    Install the older version afterwards: this one upgrades the file again. No server may run. The
    newer file is kept as well.
    """
    path = target.settings.file
    way = upgrade.way_back(path)
    losses = f"{way.events:,} events and {way.changes:,} changes"
    if not yes:
        since = f" --since {way.since}" if way.since else ""
        leave(
            f"To go back to {way.old} (schema {way.version}) loses {losses} that came since. To "
            f"have them again, first say `jentry export --org SLUG{since} FILE`, and later "
            "`jentry import FILE`. Then `jentry rollback --yes`."
        )
    kept = upgrade.go_back(path, way)
    result = {
        "file": str(path),
        "schema": way.version,
        "events": way.events,
        "changes": way.changes,
        "kept": str(kept) if kept else None,
    }
    answer(
        as_json,
        result,
        f"{path} is that of schema {way.version} again, without {losses}; the newer file is kept "
        f"as {kept}. Now install the older version.",
    )
