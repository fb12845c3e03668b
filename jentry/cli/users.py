"""`jentry user`"""

import sys
from typing import Any

import click

from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    operator,
    org_option,
    table,
)
from jentry.errors import Conflict
from jentry.store import (
    memberships,
    password_links,
    passwords,
    personal_mail,
    second_factors,
    users,
)
from jentry.store.connection import Connection
from jentry.vocabulary import ROLES

mail_option = click.option(
    "--mail", "by_mail", is_flag=True, help="Mail the link too; the running server sends it."
)


@click.group()
def user() -> None:
    """Users: the members of an organization."""


@user.command()
@click.argument("email")
@org_option
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--name", help="The person's name.")
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)
@mail_option
@json_option
@database_option
def create(
    target: Target,
    email: str,
    org_slug: str,
    role: str,
    name: str | None,
    password_stdin: bool,
    by_mail: bool,
    as_json: bool,
) -> None:
    """Add a user. Without a password, prints a link with which the user chooses one."""
    password = _password(email) if password_stdin else None
    invite = None
    with target.writing() as (db, at):
        made = users.create(db, operator(db, org_slug), email, name, role, password, at)
        if not made["has_password"]:
            secret = password_links.create(db, made["id"], at)
            invite = f"{target.base_url}/invite/{secret}"
            if by_mail:
                _mail(target, db, made, secret, at)
    lines = [f"User {made['id']}, {made['email']}, is {_article(role)} of {org_slug}."]
    if invite:
        lines.append(f"Choose a password within {password_links.LIFETIME.days} days at {invite}")
    result = {"id": made["id"], "email": made["email"], "role": made["role"]}
    answer(as_json, result | ({"invite": invite} if invite else {}), *lines)


@user.command()
@click.argument("email")
@org_option
@click.option("--role", required=True, type=click.Choice(ROLES))
@json_option
@database_option
def role(target: Target, email: str, org_slug: str, role: str, as_json: bool) -> None:
    """Change what a member may do. The last owner stays one."""
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        found = users.by_email(db, actor, email)
        found = memberships.set_role(db, actor, found["id"], role, at)
    result = {name: found[name] for name in ("id", "email", "role")}
    answer(as_json, result, f"{found['email']} is {_article(role)} of {org_slug}.")


@user.command()
@click.argument("email")
@org_option
@json_option
@database_option
def remove(target: Target, email: str, org_slug: str, as_json: bool) -> None:
    """End a membership, and the API tokens that it allowed. The account stays."""
    with target.writing() as (db, at):
        actor = operator(db, org_slug)
        found = users.by_email(db, actor, email)
        found, revoked = memberships.remove(db, actor, found["id"], at)
    result = {"id": found["id"], "email": found["email"], "revokedTokens": revoked}
    ended = f" API tokens revoked: {len(revoked)}." if revoked else ""
    answer(as_json, result, f"{found['email']} is no longer in {org_slug}.{ended}")


@user.command()
@click.argument("email")
@mail_option
@json_option
@database_option
def reset(target: Target, email: str, by_mail: bool, as_json: bool) -> None:
    """Print a link with which somebody chooses a new password. Their sessions end at once."""
    with target.writing() as (db, at):
        found = users.account(db, email)
        secret = password_links.reset(db, found["id"], at)
        if by_mail:
            _mail(target, db, found, secret, at)
    url = f"{target.base_url}/password/reset/{secret}"
    days = password_links.LIFETIME.days
    said = f"{found['email']} chooses a new password within {days} days at {url}"
    answer(as_json, {"id": found["id"], "email": found["email"], "url": url}, said)


@user.command("second-factor")
@click.argument("email")
@click.argument("state", type=click.Choice(("off",)))
@json_option
@database_option
def second_factor(target: Target, email: str, state: str, as_json: bool) -> None:
    """Turn the second factor off for somebody who has lost app and recovery codes."""
    with target.writing() as (db, at):
        found = users.account(db, email)
        was_on = second_factors.turn_off(db, found["id"], at)
    result = {"id": found["id"], "email": found["email"], "hasSecondFactor": False}
    said = "needs no second factor any more" if was_on else "has no second factor"
    answer(as_json, result, f"{found['email']} {said}.")


@user.command("operator")
@click.argument("email")
@click.argument("state", type=click.Choice(("on", "off")))
@json_option
@database_option
def operator_(target: Target, email: str, state: str, as_json: bool) -> None:
    """Let somebody see what concerns the whole server, such as its disk and backups."""
    with target.writing() as (db, at):
        found = users.set_operator(db, email, state == "on", at, "cli")
    result = {"id": found["id"], "email": found["email"], "isOperator": found["is_operator"]}
    said = "is an operator" if found["is_operator"] else "is no operator"
    answer(as_json, result, f"{found['email']} {said} of this server.")


@user.command("list")
@org_option
@json_option
@database_option
def list_(target: Target, org_slug: str, as_json: bool) -> None:
    """List the members of an organization."""
    with target.reading() as db:
        found = users.list_for(db, operator(db, org_slug))
    rows = [(item["id"], item["email"], item["role"], item["name"]) for item in found]
    answer(as_json, [shown(item) for item in found], *table(rows, "No user yet."))


def shown(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("id", "email", "role", "name")}


def _password(email: str) -> passwords.Hash:
    return passwords.hashed(sys.stdin.readline().rstrip("\r\n"), email)


def _article(role: str) -> str:
    return f"{'a' if role == 'member' else 'an'} {role}"


def _mail(target: Target, db: Connection, found: dict[str, Any], secret: str, at: str) -> None:
    """In the name of an organization that the person belongs to. Raises Conflict."""
    if not target.settings.can_mail_links:
        raise Conflict("--mail needs JENTRY_SMTP_URL and JENTRY_URL, as the server has them.")
    for org_id in users.organizations_of(db, found["id"])[:1]:
        personal_mail.reset(db, org_id, found["email"], secret, at)
        return
    raise Conflict(f"{found['email']} belongs to no organization that a mail could be from.")
