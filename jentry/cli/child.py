"""`jentry _child NAME`: what jentry runs in a process of its own. Not for people."""

import click

from jentry.cli.backup import in_child
from jentry.cli.base import Commands


@click.group(cls=Commands, hidden=True)
def child() -> None:
    """Started by `jentry/children.py`."""


child.add_command(in_child, "backup")
