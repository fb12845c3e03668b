"""`jentry view`"""

import click

from jentry import clock
from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    org_option,
    table,
)
from jentry.schemas.views import OUT, OUTS
from jentry.store import views
from jentry.vocabulary import MAX_ID


@click.group()
def view() -> None:
    """Shared views: searches of the lists of issues. One's own are nobody else's."""


@view.command("list")
@org_option
@json_option
@database_option
def list_views(target: Target, org_slug: str, as_json: bool) -> None:
    """List an organization's shared views."""
    with target.reading() as db:
        found = views.all_of(db, operator(db, org_slug), clock.timestamp(clock.now()))
    rows = [(one["id"], one["name"], one["search"], one["error"]) for one in found]
    answer(as_json, OUTS.dump(found), *table(rows, "No shared view yet."))


@view.command()
@click.argument("view_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@org_option
@json_option
@database_option
def delete(target: Target, view_id: int, org_slug: str, as_json: bool) -> None:
    """Delete a shared view."""
    with target.writing() as (db, at):
        found = views.delete(db, operator(db, org_slug), view_id, at)
    answer(as_json, OUT.dump(found), f"Deleted the view {found['name']}.")
