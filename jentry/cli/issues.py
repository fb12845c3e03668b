"""`jentry issue`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.cli.deletion import confirm_options, delete
from jentry.presentation.text import count
from jentry.store import issues, merges, operations
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection
from jentry.vocabulary import MAX_ID


@click.group()
def issue() -> None:
    """Issues: what the events of one error are gathered in."""


@issue.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.IntRange(1, MAX_ID))
@click.option("--into", required=True, type=click.IntRange(1, MAX_ID), help="The issue to keep.")
@json_option
@database_option
def merge(target: Target, ids: tuple[int, ...], into: int, as_json: bool) -> None:
    """Make issues parts of another one of their project, which then counts all their events.

    Nothing is lost: each can be taken out again, and leads on meanwhile.
    """
    with target.writing() as (db, at):
        actor = Actor(issues.org_of(db, into), None, "cli")
        wanted = Bulk(None, tuple(dict.fromkeys(ids)), None, {"merge_into": into})
        result = operations.perform(db, actor, wanted, at)
    found = {"issueId": into, "merged": result["changed"],
             "operationId": next(iter(result["operation_ids"]), None)}  # fmt: skip
    answer(as_json, found, f"Merged {count(result['changed'], 'issue')} into {into}.")


@issue.command()
@click.argument("issue_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@click.argument("parts", metavar="PART...", nargs=-1, required=True,
                type=click.IntRange(1, MAX_ID))  # fmt: skip
@json_option
@database_option
def unmerge(target: Target, issue_id: int, parts: tuple[int, ...], as_json: bool) -> None:
    """Take parts out of a merged issue; each is an issue of its own again, in its old state."""
    with target.writing() as (db, at):
        actor = Actor(issues.org_of(db, issue_id), None, "cli")
        merges.unmerge(db, actor, issue_id, list(dict.fromkeys(parts)), at)
    found = {"issueId": issue_id, "parts": sorted(set(parts))}
    answer(as_json, found, f"Took {count(len(set(parts)), 'part')} out of {issue_id}.")


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
