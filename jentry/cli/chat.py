"""`jentry _child chat`"""

import click

from jentry.alerts import chat_child


@click.command()
def in_child() -> None:
    """One message to a chat, as JSON on standard input."""
    chat_child.main()
