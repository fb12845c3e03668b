"""Deletion by the command line: said twice, and done at once or by whoever looks after the file."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from jentry.cli.base import Target, answer, leave
from jentry.errors import Unconfirmed
from jentry.store import deletions
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.upkeep import deletions as job
from jentry.upkeep.job import Turn, Work

Find = Callable[[Connection], tuple[Actor, int]]  # who acts, and the id of what goes


def confirm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--detach", is_flag=True, help="Leave the rows to `jentry serve` or `jentry upkeep`."
    )(command)
    return click.option(
        "--confirm", metavar="WORD", help="Its slug, or the issue's id: without it nothing goes."
    )(command)


def delete(
    target: Target, kind: str, find: Find, confirm: str | None, detach: bool, as_json: bool
) -> None:
    """Refuses with what would go until `confirm` is the word."""
    try:
        with target.writing() as (db, at):
            actor, target_id = find(db)
            deletion = deletions.request(db, actor, kind, target_id, confirm, at)
    except Unconfirmed as error:
        leave(f"This deletes {error.what} for good. Repeat with --confirm {error.confirm}")
    if not detach:
        with closing(Work(target.settings, Turn())) as work:
            job.run(work, last=deletion["id"])
        with target.reading() as db:
            deletion = deletions.get(db, actor, deletion["id"])
    from jentry.schemas.deletions import OUT  # noqa: PLC0415

    answer(as_json, OUT.dump(deletion), _said(deletion))


def _said(deletion: dict[str, Any]) -> str:
    events = f"{deletion['done']:,} of {deletion['total']:,} events"
    if deletion["state"] == "done":
        return f"Deleted {deletion['target']} with {deletion['done']:,} events."
    return f"Deleted {deletion['target']}: {events} are gone, the rest follows."
