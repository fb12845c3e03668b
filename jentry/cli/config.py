"""`jentry config`"""

from dataclasses import fields
from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option, table
from jentry.settings import Settings, mistyped, variable


@click.command()
@json_option
@database_option
def config(target: Target, as_json: bool) -> None:
    """Show the settings as they were understood. Opens no database."""
    settings = target.settings
    for line in mistyped():
        click.echo(line, err=True)
    values = {
        variable(item.name): hidden(settings, item.name)
        if item.metadata["is_secret"]
        else shown(getattr(settings, item.name))
        for item in fields(Settings)
    }
    answer(as_json, values, *table(list(values.items()), ""))


def shown(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return value if value is None or isinstance(value, bool | int) else str(value)


def hidden(settings: Settings, name: str) -> str | None:
    """Of a secret only whether it is set."""
    return None if getattr(settings, name) is None else "***"
