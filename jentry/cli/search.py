"""`jentry search`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.store import search_fill
from jentry.store.connection import Connection


@click.group()
def search() -> None:
    """Events of before the upgrade, and imported ones, become searchable while the server runs."""


@search.command()
@json_option
@database_option
def status(target: Target, as_json: bool) -> None:
    """How far that is."""
    with target.reading() as db:
        _tell(db, as_json)


@search.command()
@json_option
@database_option
def stop(target: Target, as_json: bool) -> None:
    """Leave it where it is."""
    _switch(target, False, as_json)


@search.command()
@json_option
@database_option
def resume(target: Target, as_json: bool) -> None:
    """Go on, within a minute."""
    _switch(target, True, as_json)


def _switch(target: Target, is_on: bool, as_json: bool) -> None:
    with target.writing() as (db, _):
        search_fill.switch(db, is_on)
        _tell(db, as_json)


def _tell(db: Connection, as_json: bool) -> None:
    state = search_fill.state(db)
    left, total, is_on = state["left"], state["total"], state["is_on"]
    line = "All events are searchable."
    if left:
        line = f"{(total - left) * 100 // total} % are done" + ("." if is_on else ", and no more.")
    answer(as_json, {"left": left, "total": total, "isOn": is_on}, line)
