"""What all commands share: the database they work on, refusals, and how they answer."""

import dataclasses
import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from jentry.database_name import database_path, said
from jentry.errors import Refusal
from jentry.settings import Settings, SettingsError
from jentry.store import connection, migrations, orgs
from jentry.store.audit import Actor
from jentry.store.connection import Connection

LOCAL_URL = "http://127.0.0.1:8000"  # for DSNs and links, while JENTRY_URL is not set


def refusals() -> tuple[type[Exception], ...]:
    """What the store refuses, or the machine cannot do, for an `except`."""
    return connection.errors(Refusal, migrations.CannotOpen, OSError)


def refusal(error: BaseException) -> str:
    """One of them, as a sentence."""
    if isinstance(error, connection.errors()):
        return f"The database refused: {error}."
    if isinstance(error, OSError):
        return f"The machine refused: {error}."
    return str(error)


class Refused(click.ClickException):
    """One sentence on stderr, exit 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class Commands(click.Group):
    """Turns what the store refuses, and what the machine cannot do, into a sentence and exit 1.

    `later` names commands whose module is only imported when they are asked for, so that a server
    neither waits for them nor carries them: name -> "module:attribute". A name that begins with `_`
    is not for people.
    """

    def __init__(self, *args: Any, later: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.later = later or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = {*super().list_commands(ctx), *self.later}
        return sorted(name for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.later:
            module, _, attribute = self.later[cmd_name].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except refusals() as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # click ends quietly when nobody reads on
            raise Refused(refusal(error)) from error


class Target:
    """The database a command works on, and the settings around it."""

    def __init__(self) -> None:
        self._path: Path | str | None = None

    def choose(self, path: Path | str | None) -> None:
        self._path = path or self._path

    @property
    def is_chosen(self) -> bool:
        """Whether `--db` was given."""
        return self._path is not None

    @property
    def settings(self) -> Settings:
        """Of the environment, and `--db`. A variable that cannot be understood is wrong usage."""
        try:
            found = Settings.from_env()
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        return found if self._path is None else dataclasses.replace(found, db=self._path)

    @property
    def base_url(self) -> str:
        return self.settings.url or LOCAL_URL

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._open(write=False) as db, connection.snapshot(db):
            yield db

    @contextmanager
    def writing(self, *, create: bool = False) -> Iterator[tuple[Connection, str]]:
        """One write transaction and its timestamp; on request in a file made for it."""
        if create:
            migrations.create(self.settings.db)
        with self._open(write=True) as db, connection.transaction(db) as at:
            yield db, at

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[Connection]:
        path = self.settings.db
        migrations.require_current(path)
        db = connection.connect(path, write=write)
        try:
            yield db
        finally:
            db.close()


pass_target = click.make_pass_decorator(Target, ensure=True)


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--db FILE`, before or after the command's name; passes the Target first."""

    def choose(ctx: click.Context, _: click.Parameter, path: str | None) -> None:
        try:
            ctx.ensure_object(Target).choose(database_path(path) if path else None)
        except ValueError as error:
            raise click.BadParameter(f"{said(path or '', error)} is not {error}.") from None

    option = click.option(
        "--db",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        callback=choose,
        expose_value=False,
        help="The database file, or postgresql://…  [default: $JENTRY_DB, else ./jentry.db]",
    )
    return option(pass_target(command))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")(command)


def org_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--org", "org_slug", required=True, metavar="SLUG", help="The organization's slug."
    )(command)


def project_option(*, required: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--project", "project_slug", required=required, metavar="SLUG", help="The project's slug."
    )


def operator(db: Connection, org_slug: str) -> Actor:
    """Whoever has a shell on the server, acting in an organization. Raises NotFound."""
    return Actor(orgs.by_slug(db, org_slug)["id"], None, "cli")


def require_one(**options: object) -> None:
    """Wrong usage when all of these options were left out."""
    if all(value is None for value in options.values()):
        raise click.UsageError(f"Say what to change: {' or '.join(f'--{o}' for o in options)}.")


def answer(as_json: bool, result: Any, *lines: str) -> None:
    """The result as one line of JSON, or the lines for a person."""
    if as_json:
        click.echo(json.dumps(result))  # ASCII, which goes through every locale
    else:
        for line in lines:
            click.echo(line)


def table(rows: Sequence[Sequence[object]], empty: str) -> list[str]:
    """Columns padded to equal width; None as a dash."""
    if not rows:
        return [empty]
    texts = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in texts]


def say(line: str, *, err: bool = False) -> None:
    """For what goes on when whoever read its output has left: then the rest is lost, no more."""
    try:
        click.echo(line, err=err)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if err else sys.stdout).fileno())
        os.close(nowhere)


def leave(message: str) -> NoReturn:
    """Refuse with a sentence."""
    raise Refused(message)
