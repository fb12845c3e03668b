"""`jentry deploy`"""

import shutil
import sys
from pathlib import Path

import click

from jentry import __version__
from jentry.cli.base import Target, answer, database_option, json_option
from jentry.deploy.fill import FILES, Place, filled

EXAMPLE = "https://errors.example.com"


@click.command()
@click.argument("name", type=click.Choice(tuple(FILES)))
@click.option("--url", help="The public address.  [default: $JENTRY_URL]")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Where jentry listens.",
)
@click.option("--program", help="What starts jentry.  [default: this one]")
@json_option
@database_option
def deploy(
    target: Target, name: str, url: str | None, port: int, program: str | None, as_json: bool
) -> None:
    """Print a file for a server in use: for systemd, containers, or a proxy before it.

    Comments in it say where it belongs.
    """
    settings = target.settings
    address = (url or settings.url or EXAMPLE).rstrip("/")
    place = Place(address, program or _this(), port, max(settings.trusted_proxies, 1), __version__)
    text = filled(name, place)
    answer(as_json, {"file": FILES[name][0], "text": text}, text.rstrip("\n"))


def _this() -> str:
    """The file that was started: the command of an environment, or the single file."""
    called = Path(shutil.which(sys.argv[0]) or sys.argv[0])
    beside = Path(sys.executable).parent / "jentry"
    found = beside if beside.exists() or called.suffix == ".py" else called
    return str(found.absolute())
