"""`jentry issue`"""

import click

from jentry.cli.base import Target, database_option, json_option
from jentry.cli.deletion import confirm_options, delete
from jentry.store import issues
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.vocabulary import MAX_ID


@click.group()
def issue() -> None:
    """Issues: what the events of one error are gathered in."""


@issue.command("delete")
@click.argument("issue_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@confirm_options
@json_option
@database_option
def delete_(
    target: Target, issue_id: int, confirm: str | None, detach: bool, as_json: bool
) -> None:
    """Delete an issue with all its events, for good.

    The next event with the same error makes a new issue.
    """

    def find(db: Connection) -> tuple[Actor, int]:
        return Actor(issues.org_of(db, issue_id), None, "cli"), issue_id

    delete(target, "issue", find, confirm, detach, as_json)
