"""`jentry _child NAME`: what jentry runs in a process of its own. Not for people."""

import click

from jentry.cli.base import Commands

LATER = {
    "backup": "jentry.cli.backup:in_child",
    "chat": "jentry.cli.chat:in_child",
    "mapper": "jentry.cli.mapper:in_child",
}


@click.group(cls=Commands, later=LATER, hidden=True)
def child() -> None:
    """Started by `jentry/children.py`."""
