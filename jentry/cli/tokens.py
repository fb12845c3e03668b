"""`jentry token`"""

from datetime import timedelta
from typing import Any

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
from jentry.store import projects, tokens, users
from jentry.store.audit import Actor
from jentry.vocabulary import MAX_ID, SCOPES


@click.group()
def token() -> None:
    """Tokens of the REST API."""


@token.command()
@click.argument("name")
@org_option
@click.option("--user", "email", required=True, metavar="EMAIL", help="An owner or admin.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice(tuple(SCOPES)),
    help="What it may do; give it once for each.",
)
@click.option(
    "--expires",
    "days",
    type=click.IntRange(1, 36500),
    metavar="DAYS",
    help="Days until it stops.  [default: never]",
)
@click.option(
    "--project", "project_slug", metavar="SLUG", help="For agents only, confined to this project."
)
@json_option
@database_option
def create(
    target: Target,
    name: str,
    org_slug: str,
    email: str,
    scopes: tuple[str, ...],
    days: int | None,
    project_slug: str | None,
    as_json: bool,
) -> None:
    """Make a token and print it. It cannot be shown again."""
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        user = users.by_email(db, actor, email)
        expires_at = clock.timestamp(clock.parse(at) + timedelta(days=days)) if days else None
        only = projects.by_slug(db, actor, project_slug)["id"] if project_slug else None
        made, secret = tokens.create(db, actor, user["id"], name, scopes, at, expires_at, only)
    result = {"id": made["id"], "token": secret, "scopes": made["scopes"]}
    answer(as_json, result, f"Token {made['id']}, shown this once: {secret}")


@token.command("list")
@org_option
@json_option
@database_option
def list_(target: Target, org_slug: str, as_json: bool) -> None:
    """List the tokens of an organization, without their secret."""
    with target.reading() as db:
        found = tokens.list_for(db, operator(db, org_slug))
        at = clock.timestamp(clock.now())
    rows = [
        (
            item["id"],
            item["name"],
            f"…{item['last_four']}",
            _state(item, at),
            item["email"],
            " ".join(item["scopes"]),
        )
        for item in found
    ]
    answer(as_json, [shown(item) for item in found], *table(rows, "No token yet."))


@token.command()
@click.argument("token_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@json_option
@database_option
def revoke(target: Target, token_id: int, as_json: bool) -> None:
    """Make a token useless at once."""
    with target.writing() as (db, at):
        actor = Actor(tokens.org_of(db, token_id), None, "cli")
        tokens.revoke(db, actor, token_id, at)
    answer(as_json, {"id": token_id, "revokedAt": at}, f"Token {token_id} is revoked.")


def shown(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "name": item["name"],
        "lastFour": item["last_four"],
        "scopes": item["scopes"],
        "user": item["email"],
        "createdAt": item["created_at"],
        "expiresAt": item["expires_at"],
        "revokedAt": item["revoked_at"],
        "lastUsedAt": item["last_used_at"],
        "projectId": item["project_id"],
    }


def _state(item: dict[str, Any], at: str) -> str:
    if item["revoked_at"]:
        return "revoked"
    return "expired" if item["expires_at"] and item["expires_at"] <= at else "active"
