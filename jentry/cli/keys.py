"""`jentry key`"""

from typing import Any

import click

from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    org_option,
    project_option,
    table,
)
from jentry.store import client_keys, projects
from jentry.vocabulary import MAX_ID


@click.group()
def key() -> None:
    """Client keys: what SDKs authenticate with, as part of the DSN."""


@key.command("list")
@org_option
@project_option(required=False)
@json_option
@database_option
def list_(target: Target, org_slug: str, project_slug: str | None, as_json: bool) -> None:
    """List the keys of a project, or of all of an organization, with their DSNs."""
    with target.reading() as db:
        actor = operator(db, org_slug)
        if project_slug is None:
            chosen = projects.list_for(db, actor)
        else:
            chosen = [projects.by_slug(db, actor, project_slug)]
        found = [
            shown(item, project["slug"], target.base_url)
            for project in chosen
            for item in client_keys.list_for(db, actor, project["id"])
        ]
    rows = [
        (item["id"], item["project"], item["name"], _state(item), item["dsn"]) for item in found
    ]
    answer(as_json, found, *table(rows, "No key yet."))


@key.command()
@click.argument("key_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@org_option
@project_option()
@json_option
@database_option
def rotate(target: Target, key_id: int, org_slug: str, project_slug: str, as_json: bool) -> None:
    """Disable a key and make another one in its place. Events with the old DSN are refused."""
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        project = projects.by_slug(db, actor, project_slug)
        made = client_keys.rotate(db, actor, project["id"], key_id, at)
    result = shown(made, project["slug"], target.base_url)
    line = f"Key {key_id} is disabled. Key {made['id']} takes its place: {result['dsn']}"
    answer(as_json, result | {"replaces": key_id}, line)


def shown(item: dict[str, Any], project_slug: str, base_url: str) -> dict[str, Any]:
    return {
        "id": item["id"],
        "project": project_slug,
        "name": item["name"],
        "publicKey": item["public_key"],
        "dsn": projects.dsn(base_url, item["public_key"], item["project_id"]),
        "isActive": item["is_active"],
        "createdAt": item["created_at"],
    }


def _state(item: dict[str, Any]) -> str:
    return "active" if item["isActive"] else "disabled"
