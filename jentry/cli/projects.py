"""`jentry project`"""

from typing import Any, TextIO

import click

from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    org_option,
    require_one,
    table,
)
from jentry.cli.deletion import confirm_options, delete
from jentry.cli.grouping import told
from jentry.fingerprints import saving
from jentry.fingerprints.preview import preview
from jentry.schemas.base import load
from jentry.schemas.fingerprint_rules import BODY, PREVIEW
from jentry.store import projects, rule_texts
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.vocabulary import MAX_ID


@click.group()
def project() -> None:
    """Projects: one for each application that reports errors."""


@project.command()
@click.argument("name")
@org_option
@click.option("--platform", help="python, javascript, ruby, …")
@click.option("--slug", help="Its short name.  [default: made from NAME]")
@click.option("--id", "project_id", type=click.IntRange(1, MAX_ID), help="Keep this id.")
@click.option("--key", help="Keep this public key, 32 hexadecimal digits.")
@click.option(
    "--if-missing", is_flag=True, help="Print the one of this name or slug when there is one."
)
@json_option
@database_option
def create(
    target: Target,
    name: str,
    org_slug: str,
    platform: str | None,
    slug: str | None,
    project_id: int | None,
    key: str | None,
    if_missing: bool,
    as_json: bool,
) -> None:
    """Make a project and print its DSN.

    With --id and --key, applications move here from another server by changing the host of
    their DSN only. With --if-missing the command can be repeated by a script.
    """
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        made = projects.named(db, actor, name, slug) if if_missing else None
        made = made or projects.create(db, actor, name, slug, platform, at, project_id, key)
    result = shown(made, target.base_url)
    answer(as_json, result, f"Project {made['id']}, {made['slug']}: {result['dsn']}")


@project.command()
@click.argument("project_slug", metavar="SLUG")
@org_option
@click.option("--name", help="Its new name.")
@click.option("--slug", help="Its new short name.")
@json_option
@database_option
def rename(
    target: Target,
    project_slug: str,
    org_slug: str,
    name: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Change the name of a project, its slug, or both. Its id and DSN stay."""
    require_one(name=name, slug=slug)
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        found = projects.by_slug(db, actor, project_slug)
        wanted = {"name": name, "slug": slug}
        change = {key: value for key, value in wanted.items() if value is not None}
        projects.update(db, actor, found["id"], change, at)
        renamed = projects.get(db, actor, found["id"])
    result = shown(renamed, target.base_url)
    answer(
        as_json,
        result,
        f"Project {renamed['id']}, {renamed['name']} has the slug {renamed['slug']}.",
    )


@project.command("fingerprint-rules")
@click.argument("project_slug", metavar="SLUG")
@org_option
@click.option("--file", "rules", type=click.File(encoding="utf-8"), help="Save these; - is stdin.")
@click.option("--try", "is_tried", is_flag=True, help="Say what they would do, and save nothing.")
@json_option
@database_option
def fingerprint_rules(
    target: Target,
    project_slug: str,
    org_slug: str,
    rules: TextIO | None,
    is_tried: bool,
    as_json: bool,
) -> None:
    """Print the rules by which events of a project are grouped, save others, or try them.

    They hold for events that come from then on.
    """
    given = None if rules is None else load(BODY, {"rules": rules.read()})["rules"]
    with target.reading() as db:
        actor = operator(db, org_slug)
        project_id = projects.by_slug(db, actor, project_slug)["id"]
        kept = rule_texts.get(db, actor, rule_texts.FINGERPRINTS, project_id)
        written = kept if given is None else given
        if is_tried:
            saving.require(written)
            found = preview(db, actor, project_id, written)
            answer(as_json, PREVIEW.dump(found), *told(found))
            return
    if given is not None:
        with target.writing() as (out, at):
            saving.save(out, actor, project_id, given, at)
    answer(as_json, {"rules": written}, written or "No rule yet.")


@project.command("delete")
@click.argument("project_slug", metavar="SLUG")
@org_option
@confirm_options
@json_option
@database_option
def delete_(
    target: Target,
    project_slug: str,
    org_slug: str,
    confirm: str | None,
    detach: bool,
    as_json: bool,
) -> None:
    """Delete a project with all that is in it, for good. What is sent to it is refused."""

    def find(db: Connection) -> tuple[Actor, int]:
        actor = operator(db, org_slug)
        return actor, projects.by_slug(db, actor, project_slug)["id"]

    delete(target, "project", find, confirm, detach, as_json)


@project.command("list")
@org_option
@json_option
@database_option
def list_(target: Target, org_slug: str, as_json: bool) -> None:
    """List the projects of an organization with their DSNs."""
    with target.reading() as db:
        found = projects.list_for(db, operator(db, org_slug))
    result = [shown(item, target.base_url) for item in found]
    rows = [(item["id"], item["slug"], item["platform"], item["dsn"]) for item in result]
    answer(as_json, result, *table(rows, "No project yet."))


def shown(item: dict[str, Any], base_url: str) -> dict[str, Any]:
    key = item["public_key"]
    return {
        "id": item["id"],
        "slug": item["slug"],
        "publicKey": key,
        "dsn": projects.dsn(base_url, key, item["id"]) if key else None,
        "name": item["name"],
        "platform": item["platform"],
    }
