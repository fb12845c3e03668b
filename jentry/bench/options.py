"""Command-line options of measurements and drills."""

import click

from jentry.bench.server import INTERFACES

interface_option = click.option(
    "--interface",
    type=click.Choice(INTERFACES),
    default="asgi",
    show_default=True,
    help="How requests come in: the event loop of `jentry serve`, or plain WSGI threads.",
)
