"""`jentry serve --demo`: an invented company and two weeks of its errors, relative to now."""

from jentry import clock
from jentry.demo.company import Company
from jentry.demo.load import load
from jentry.errors import Conflict
from jentry.settings import Settings
from jentry.store import connection, instance, orgs, projects, tokens, users
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.vocabulary import SCOPES

TOKEN_NAME = "Demo"  # noqa: S105


def prepare(settings: Settings, base_url: str) -> list[str]:
    """Fill an empty database, or take one filled before; then the lines that say how to use it.

    Every call makes a new token and revokes the one before. Raises Conflict, changing nothing,
    for a database that holds anything else.
    """
    company = Company.read()
    db = connection.connect(settings.db, write=True)
    try:
        with connection.transaction(db) as at:
            if instance.is_empty(db):
                load(db, settings, company, clock.parse(at))
            elif not instance.get(db)["is_demo"]:
                raise Conflict(
                    f"{settings.db} already holds other data, and --demo only fills an empty "
                    "database: leave --demo out, or choose another file with --db."
                )
            return _lines(db, company, base_url, at)
    finally:
        db.close()


def _lines(db: Connection, company: Company, base_url: str, at: str) -> list[str]:
    org = orgs.by_slug(db, company.slug)
    actor = Actor(org["id"], None, "cli")
    owner = users.by_email(db, actor, company.people[0].email)
    for token in tokens.list_for(db, actor):
        if token["name"] == TOKEN_NAME and token["revoked_at"] is None:
            tokens.revoke(db, actor, token["id"], at)
    _, secret = tokens.create(db, actor, owner["id"], TOKEN_NAME, SCOPES, at)
    project = projects.list_for(db, actor, 1)[0]
    issues = f"{base_url}/api/v1/projects/{project['id']}/issues"
    return [
        "",
        f"The demo: {company.name}, a company that does not exist. Nothing here is real.",
        f"  Dashboard  {base_url}/",
        f"  Login      {owner['email']} with the password {company.password}",
        f"  Token      {secret}",
        f"  DSN        {projects.dsn(base_url, project['public_key'], project['id'])}",
        "Its issues, as JSON:",
        f'  curl -H "Authorization: Bearer {secret}" "{issues}"',
        "",
    ]
