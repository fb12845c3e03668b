"""`jentry openapi`"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from jentry.api import document
from jentry.app.factory import create_app
from jentry.cli.base import Target, database_option, leave


@click.command()
@click.option("--write", is_flag=True, help="Make it anew from the code (for developers).")
@database_option
def openapi(target: Target, write: bool) -> None:
    """Print the OpenAPI document of the REST API, with the address in JENTRY_URL."""
    if write:
        _write(target)
    else:
        content = document.at(target.base_url)
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def _write(target: Target) -> None:
    try:
        from jentry.openapi.document import write as keep  # noqa: PLC0415 - needs apispec
    except ModuleNotFoundError as error:
        leave(f"This needs the development dependencies: {error}.")
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(target.settings, db=Path(folder) / "empty.db")
        click.echo(f"{keep(create_app(settings))} is written.")
