"""`jentry org`"""

from typing import Any

import click

from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    require_one,
    table,
)
from jentry.cli.deletion import confirm_options, delete
from jentry.store import orgs
from jentry.store.audit import Actor
from jentry.store.connection import Connection


@click.group()
def org() -> None:
    """Organizations: the tenants of this server."""


@org.command()
@click.argument("name")
@click.option("--slug", help="Its short name in commands.  [default: made from NAME]")
@json_option
@database_option
def create(target: Target, name: str, slug: str | None, as_json: bool) -> None:
    """Make an organization, in a new database file when there is none."""
    with target.writing(create=True) as (db, at):
        made = orgs.create(db, name, slug, at, "cli")
    answer(as_json, shown(made), f"Organization {made['name']} has the slug {made['slug']}.")


@org.command()
@click.argument("org_slug", metavar="SLUG")
@click.option("--name", help="Its new name.")
@click.option("--slug", help="Its new short name. Commands with the old one are refused.")
@json_option
@database_option
def rename(
    target: Target, org_slug: str, name: str | None, slug: str | None, as_json: bool
) -> None:
    """Change the name of an organization, its slug, or both."""
    require_one(name=name, slug=slug)
    with target.writing() as (db, at):
        found = orgs.rename(db, operator(db, org_slug), name, slug, at)
    answer(as_json, shown(found), f"Organization {found['name']} has the slug {found['slug']}.")


@org.command("delete")
@click.argument("org_slug", metavar="SLUG")
@confirm_options
@json_option
@database_option
def delete_(
    target: Target, org_slug: str, confirm: str | None, detach: bool, as_json: bool
) -> None:
    """Delete an organization with all its projects, for good. Its members' accounts stay."""

    def find(db: Connection) -> tuple[Actor, int]:
        actor = operator(db, org_slug)
        return actor, actor.org_id

    delete(target, "organization", find, confirm, detach, as_json)


@org.command("list")
@json_option
@database_option
def list_(target: Target, as_json: bool) -> None:
    """List all organizations."""
    with target.reading() as db:
        found = orgs.list_all(db)
    rows = [(item["id"], item["slug"], item["name"]) for item in found]
    answer(as_json, [shown(item) for item in found], *table(rows, "No organization yet."))


def shown(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": item["id"], "slug": item["slug"], "name": item["name"]}
