"""`jentry config`"""

from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import click

from jentry.cli.base import Target, answer, database_option, json_option, table
from jentry.settings import Settings, variable


@click.command()
@json_option
@database_option
def config(target: Target, as_json: bool) -> None:
    """Show the settings as they were understood. Opens no database."""
    settings = target.settings
    values = {variable(item.name): shown(getattr(settings, item.name)) for item in fields(Settings)}
    answer(as_json, values, *table(list(values.items()), ""))


def shown(value: Any) -> Any:
    """As JSON can hold it; a password inside an address is masked."""
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)
    password = urlsplit(text).password if "://" in text else None
    return text.replace(f":{password}@", ":***@") if password else text
