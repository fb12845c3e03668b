"""Organizations: the tenants."""

from typing import Any

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.store import alert_channels, alert_rules, audit, instance, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.sql import IS_OF_PEOPLE


def create(db: Connection, name: str, slug: str | None, at: str, via: str) -> dict[str, Any]:
    """`id`, `slug`, `name`, `created_at`. Without a slug one is made from the name.

    The first organization closes the one-time set-up address. Raises BadRequest, Conflict.
    """
    name = names.name(name, "organization's name")
    if slug is None:
        slug = names.slug_from(name, "org", lambda found: _is_taken(db, found))
    else:
        _require_free(db, slug)
    row = db.execute(
        """
        INSERT INTO organizations (slug, name, created_at)
        VALUES (?, ?, ?)
        RETURNING id, slug, name, created_at
        """,
        (slug, name, at),
    ).fetchone()
    alert_rules.make_default(db, row["id"], alert_channels.make_default(db, row["id"], at), at)
    instance.close_setup(db)
    audit.record(db, Actor(row["id"], None, via), "org.create", f"org:{row['id']}", at, slug=slug)
    return dict(row)


def get(db: Connection, actor: Actor) -> dict[str, Any]:
    """The actor's own, as `create` gives it."""
    row = db.execute(
        "SELECT id, slug, name, created_at FROM organizations WHERE id = :org_id",
        {"org_id": actor.org_id},
    ).fetchone()
    return dict(row)


def rename(
    db: Connection, actor: Actor, name: str | None, slug: str | None, at: str
) -> dict[str, Any]:
    """The actor's organization afterwards, as `create` gives it; what is None stays.

    What is already so is not audited. Raises Forbidden, BadRequest, Conflict.
    """
    roles.require(db, actor, "owner", "rename the organization")
    before = get(db, actor)
    after = dict(before)
    if name is not None:
        after["name"] = names.name(name, "organization's name")
    if slug not in (None, before["slug"]):
        _require_free(db, str(slug))
        after["slug"] = slug
    if after != before:
        db.execute(
            "UPDATE organizations SET name = :name, slug = :slug WHERE id = :org_id",
            {"name": after["name"], "slug": after["slug"], "org_id": actor.org_id},
        )
        changed = {key: after[key] for key in ("name", "slug") if after[key] != before[key]}
        audit.record(db, actor, "org.rename", f"org:{actor.org_id}", at, **changed)
    return after


def list_all(db: Connection) -> list[dict[str, Any]]:
    """For whoever runs the server; oldest first. Those that are being deleted are none any more."""
    rows = db.execute(
        f"""
        SELECT id, slug, name, created_at
        FROM organizations
        WHERE {IS_OF_PEOPLE}
        ORDER BY id
        """
    )
    return [dict(row) for row in rows]


def by_slug(db: Connection, slug: str) -> dict[str, Any]:
    """Raises NotFound with a sentence that names the slugs there are."""
    found = list_all(db)
    for org in found:
        if org["slug"] == slug:
            return org
    known = ", ".join(org["slug"] for org in found[:5])
    hint = f"Known: {known}." if known else "Make one with `jentry org create NAME`."
    raise NotFound(f"There is no organization with the slug {slug}. {hint}")


def of_user(db: Connection, user_id: int) -> list[dict[str, Any]]:
    """Those a person belongs to, the first joined first: `id`, `slug`, `name`, `role`,
    `requires_second_factor`.
    """
    rows = db.execute(
        """
        SELECT o.id, o.slug, o.name, m.role, o.requires_second_factor
        FROM memberships m
        JOIN organizations o ON o.id = m.org_id
        WHERE m.user_id = ?
        ORDER BY m.created_at, o.id
        """,
        (user_id,),
    )
    flag = "requires_second_factor"
    return [dict(row) | {flag: bool(row[flag])} for row in rows]


def demand_second_factor(db: Connection, actor: Actor, demands: bool, at: str) -> None:
    """Of all members, before they see anything. Raises Forbidden."""
    roles.require(db, actor, "owner", "say whether a second factor is asked of all")
    row = db.execute(
        """
        UPDATE organizations SET requires_second_factor = :demands
        WHERE id = :org_id AND requires_second_factor <> :demands
        RETURNING id
        """,
        {"demands": int(demands), "org_id": actor.org_id},
    ).fetchone()
    if row is not None:
        action = f"org.second_factor_{'demanded' if demands else 'optional'}"
        audit.record(db, actor, action, f"org:{actor.org_id}", at)


def _require_free(db: Connection, slug: str) -> None:
    """Raises BadRequest, Conflict."""
    if slug in names.RESERVED_SLUGS:
        raise BadRequest(f"The slug {slug} is kept for the server's own pages; choose another.")
    if _is_taken(db, names.slug(slug)):
        raise Conflict(f"There is already an organization with the slug {slug}.")


def _is_taken(db: Connection, slug: str) -> bool:
    row = db.execute("SELECT 1 FROM organizations WHERE slug = ?", (slug,)).fetchone()
    return row is not None or slug in names.RESERVED_SLUGS
