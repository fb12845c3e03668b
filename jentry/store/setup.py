"""What a person needs to begin: an organization, its owner, a project, a token. All or none.

Whoever does it is the server's operator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jentry.errors import BadRequest
from jentry.store import names, orgs, passwords, projects, tokens, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.passwords import Hash
from jentry.vocabulary import SCOPES


@dataclass(frozen=True, slots=True)
class Made:
    org: dict[str, Any]
    owner: dict[str, Any]
    project: dict[str, Any]
    token: str


def wrong(values: dict[str, str], password: str) -> dict[str, str]:
    """What is wrong with the answers of the set-up page, all of it: a sentence for each field."""
    checks: dict[str, Callable[[], Any]] = {
        "organization": lambda: names.name(values["organization"], "organization's name"),
        "name": lambda: names.name(values["name"], "user's name"),
        "email": lambda: names.email(values["email"]),
        "password": lambda: passwords.check(password, values["email"]),
        "project": lambda: names.name(values["project"], "project's name"),
        "platform": lambda: projects.checked_platform(values["platform"] or None),
    }
    found = {}
    for field, check in checks.items():
        try:
            check()
        except BadRequest as refusal:
            found[field] = refusal.message
    return found


def set_up(
    db: Connection,
    at: str,
    *,
    organization: str,
    name: str,
    email: str,
    password: Hash,
    project: str,
    platform: str,
) -> Made:
    """From the set-up page; the token has every scope. Raises BadRequest, Conflict."""
    org = orgs.create(db, organization, None, at, "web")
    owner = users.create(db, Actor(org["id"], None, "web"), email, name, "owner", password, at)
    users.make_operator(db, owner["id"])
    actor = Actor(org["id"], owner["id"], "web")
    made = projects.create(db, actor, project, None, platform or None, at)
    _, token = tokens.create(db, actor, owner["id"], "Set-up", SCOPES, at)
    return Made(org, owner, made, token)
