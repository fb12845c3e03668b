"""`jentry serve`"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

import click

from jentry import __version__
from jentry.cli.base import Target, database_option, leave, say
from jentry.cli.migrate import progress
from jentry.health import alerts, machine
from jentry.serving import server
from jentry.settings import Settings, mistyped
from jentry.store import connection, instance, migrations, serving
from jentry.testing import ephemeral

PORT = 8000


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    show_default="8000",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Server processes, for more than a thousand events a second; each counts API rates alone.",
)
@click.option(
    "--demo", "is_demo", is_flag=True, help="Fill an empty database with invented data first."
)
@click.option(
    "--ephemeral",
    "is_ephemeral",
    is_flag=True,
    help="For test suites: a new file and a free port; prints one line of JSON.",
)
@database_option
def serve(
    target: Target,
    host: str,
    port: int | None,
    workers: int,
    is_demo: bool,
    is_ephemeral: bool,
) -> None:
    """Run the server until it is told to stop (Ctrl-C, or SIGTERM).

    It takes events from SDKs, answers the REST API and shows the web pages, all on one port.
    Stopping it is safe at any moment: what was answered with 200 is on disk.

    On an empty database it prints a one-time address; open that to make the first account.
    Behind a reverse proxy set JENTRY_URL and JENTRY_TRUSTED_PROXIES.
    """
    settings = target.settings
    for line in mistyped():
        say(line, err=True)
    if is_ephemeral:
        if is_demo or target.is_chosen:
            raise click.UsageError("--ephemeral makes a file of its own, without a demo in it.")
        _serve_ephemeral(settings, _listen(host, port or 0), workers)
    _require_place_for_backups(settings)
    listener = _listen(host, PORT if port is None else port)
    address = server.address_of(listener)
    base_url = settings.url or address
    prepared = migrations.prepare(settings.db, progress)
    if prepared.note:
        say(prepared.note)
    for line in _greeting(settings, address, base_url, is_demo):
        say(line)
    for line in _silence(settings):
        say(f"Warning: {line}.", err=True)
    with _announced(settings.db, address):
        server.run(settings, listener, workers)


@contextmanager
def _announced(target: connection.Target, address: str) -> Iterator[None]:
    """Of a file, to all who would put another in its place."""
    if not isinstance(target, Path):
        yield
        return
    if others := machine.others_who_may_read(target):
        say(f"Warning: {others}", err=True)
    with serving.announce(target, address):
        yield


def _silence(settings: Settings) -> list[str]:
    """Why nobody will hear of errors."""
    return [found.text for found in alerts.alerts(settings) if found.level == "warning"]


def _listen(host: str, port: int) -> socket:
    try:
        return server.listen(host, port)
    except OSError as error:
        leave(f"Cannot listen on {host} port {port}: {error.strerror}.")


def _serve_ephemeral(given: Settings, listener: socket, workers: int) -> None:
    """Ends by SystemExit."""
    ephemeral.end_when_told()
    with ephemeral.settings(given) as settings:
        address = server.address_of(listener)
        click.echo(json.dumps(ephemeral.fill(settings.file, address)))
        with serving.announce(settings.file, address):
            server.run(settings, listener, workers)


def _require_place_for_backups(settings: Settings) -> None:
    if settings.backup_dir and not os.access(settings.backup_dir, os.W_OK | os.X_OK):
        leave(f"JENTRY_BACKUP_DIR={settings.backup_dir} is no folder that can be written.")


def _greeting(settings: Settings, address: str, base_url: str, is_demo: bool) -> list[str]:
    lines = [f"jentry {__version__} serves {settings.db} at {address} (Ctrl-C stops it)."]
    if is_demo:
        from jentry import demo  # noqa: PLC0415 - much that no other server needs

        return lines + demo.prepare(settings, base_url)
    db = connection.connect(settings.db, write=True)
    try:
        with connection.transaction(db):
            secret = instance.open_setup(db)
    finally:
        db.close()
    if secret:
        lines.append(f"Set it up, once, at {base_url}/setup/{secret}")
    return lines
