"""`jentry issue`"""

import click

from jentry.cli.base import Target, answer, database_option, json_option
from jentry.cli.deletion import confirm_options, delete
from jentry.presentation import grouping
from jentry.presentation.text import count, visible
from jentry.schemas.base import load
from jentry.schemas.issues import HASHES, SPLIT, SPLIT_OUT
from jentry.store import issues, merges, operations, splits
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


@issue.command()
@click.argument("issue_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@json_option
@database_option
def hashes(target: Target, issue_id: int, as_json: bool) -> None:
    """List the grouping hashes that lead to an issue, and why its events are together."""
    with target.reading() as db:
        actor = Actor(issues.org_of(db, issue_id), None, "cli")
        found = splits.hashes(db, actor, issues.led_to(db, actor, issue_id))
    lines = []
    for each in found:
        number = count(each["events_kept"], "event")
        lines.append(f"{each['hash']}  version {each['version']}, {number} kept")
        lines += [f"    {visible(line)}" for line in grouping.reason(each["components"])[1]]
    answer(as_json, HASHES.dump(found), "\n".join(lines))


@issue.command()
@click.argument("issue_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@click.argument("hashes", metavar="HASH...", nargs=-1, required=True)
@json_option
@database_option
def split(target: Target, issue_id: int, hashes: tuple[str, ...], as_json: bool) -> None:
    """Take grouping hashes out of an issue, to lead to a new one from now on.

    The server moves their kept events by and by. To join them again, merge the new issue.
    """
    wanted = load(SPLIT, {"hashes": list(hashes)})["hashes"]
    with target.writing() as (db, at):
        actor = Actor(issues.org_of(db, issue_id), None, "cli")
        done = operations.split(db, actor, issue_id, wanted, at)
    new = f"Split {count(len(wanted), 'hash', 'hashes')} off {issue_id} into {done['issue_id']}."
    answer(as_json, SPLIT_OUT.dump(done), new)


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
