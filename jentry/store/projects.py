"""Projects, their settings, and the key each is made with."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.quotas import most
from jentry.store import audit, client_keys, instance, names, roles, usage
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.project_settings import ProjectSettings, changed
from jentry.store.sql import Where
from jentry.vocabulary import MAX_ID

PLATFORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_PLATFORM = 64


def create(
    db: Connection,
    actor: Actor,
    name: str,
    slug: str | None,
    platform: str | None,
    at: str,
    project_id: int | None = None,
    public_key: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A project with one client key, as `get` shows it.

    Id and key can be given so that DSNs already in use stay valid but for their host; of the
    settings those that are not to have their default. Raises Forbidden, BadRequest, Conflict.
    """
    roles.require(db, actor, "admin", "create projects")
    name = names.name(name, "project's name")
    slug = _free_slug(db, actor, name, slug)
    public_key = client_keys.free(db, public_key)
    columns = {
        "id": _next_id(db) if project_id is None else _free_id(db, actor, project_id),
        "org_id": actor.org_id,
        "slug": slug,
        "name": name,
        "platform": checked_platform(platform),
        "settings": json.dumps(changed({}, settings)),
        "created_at": at,
    }
    _require_room(db, actor)
    made = _insert(db, columns)
    client_keys.insert(db, actor, made, client_keys.DEFAULT_NAME, public_key, at)
    audit.record(db, actor, "project.create", f"project:{made}", at, slug=slug, platform=platform)
    return get(db, actor, made)


def add_hidden(db: Connection, actor: Actor, slug: str, at: str) -> int:
    """The id of a project without a key, for what is nobody's any more."""
    columns = {"id": _next_id(db), "org_id": actor.org_id, "slug": slug, "name": slug}
    return _insert(db, columns | {"created_at": at})


def _require_room(db: Connection, actor: Actor) -> None:
    (number,) = db.execute(
        "SELECT count(*) FROM projects WHERE org_id = ?", (actor.org_id,)
    ).fetchone()
    if number >= most("projects"):
        raise Conflict(f"An organization has at most {most('projects')} projects.")


def _insert(db: Connection, columns: dict[str, Any]) -> int:
    row = db.execute(
        f"""
        INSERT INTO projects ({", ".join(columns)})
        VALUES ({", ".join(f":{column}" for column in columns)})
        RETURNING id
        """,
        columns,
    ).fetchone()
    project_id: int = row["id"]
    return project_id


def get(db: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    """`id`, `name`, `slug`, `platform`, `public_key`, `created_at`. Raises NotFound."""
    row = db.execute(
        f"{PROJECTS} WHERE p.org_id = ? AND p.id = ?", (actor.org_id, project_id)
    ).fetchone()
    if row is None or actor.project_id not in (None, project_id):
        raise NotFound("There is no such project.")
    return dict(row)


def belongs_to(db: Connection, org_id: int, project_id: int) -> bool:
    row = db.execute("SELECT 1 FROM projects WHERE org_id = ? AND id = ?", (org_id, project_id))
    return row.fetchone() is not None


def by_slug(db: Connection, actor: Actor, slug: str) -> dict[str, Any]:
    """As `get`. Raises NotFound with a sentence that names the slugs there are."""
    found = list_for(db, actor)
    for project in found:
        if project["slug"] == slug:
            return project
    known = ", ".join(project["slug"] for project in found[:5])
    hint = f"Known: {known}." if known else "Make one with `jentry project create NAME`."
    raise NotFound(f"There is no project with the slug {slug} in this organization. {hint}")


def named(db: Connection, actor: Actor, name: str, slug: str | None) -> dict[str, Any] | None:
    """As `get`: the project of this slug, or without one the oldest of this name."""
    wanted = ("slug", slug) if slug else ("name", name.strip())
    found = list_for(db, actor)
    return next((project for project in found if project[wanted[0]] == wanted[1]), None)


def detail(db: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    """As `get`, with its `settings`, `events_kept` and `bytes_kept`. Raises NotFound."""
    project = get(db, actor, project_id)
    settings = ProjectSettings.load(_stored_settings(db, actor, project_id))
    return project | {"settings": settings} | usage.of_projects(db, actor)[project_id]


def update(
    db: Connection, actor: Actor, project_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set `name`, `slug`, `platform`, `settings` or some of them; the project as `detail` has it.

    Of the settings only the members given are set, None sets back to the default. What is already
    so is not written and not audited. Raises Forbidden, NotFound, BadRequest, Conflict.
    """
    roles.require(db, actor, "admin", "change projects")
    before = detail(db, actor, project_id)
    stored = changed(_stored_settings(db, actor, project_id), change.get("settings", {}))
    after = before | {"settings": ProjectSettings.load(stored)}
    if "name" in change:
        after["name"] = names.name(change["name"], "project's name")
    if change.get("slug", before["slug"]) != before["slug"]:
        after["slug"] = _free_slug(db, actor, after["name"], change["slug"])
    if "platform" in change:
        after["platform"] = checked_platform(change["platform"])
    if after != before:
        db.execute(
            """
            UPDATE projects
            SET name = :name, slug = :slug, platform = :platform, settings = :stored
            WHERE org_id = :org_id AND id = :id
            """,
            after | {"stored": json.dumps(stored), "org_id": actor.org_id},
        )
        fields = _changed_fields(before, after)
        audit.record(db, actor, "project.update", f"project:{project_id}", at, fields=fields)
    return after


def list_for(db: Connection, actor: Actor, limit: int | None = None) -> list[dict[str, Any]]:
    """The projects of the actor's organization, oldest first; all of them without a limit."""
    where = Where("p.org_id = :org_id", org_id=actor.org_id)
    if actor.project_id is not None:
        where.add("p.id = :project_id", project_id=actor.project_id)
    rows = db.execute(
        f"{PROJECTS} WHERE {where} ORDER BY p.id LIMIT :limit",
        where.params | {"limit": MAX_ID if limit is None else limit},
    )
    return [dict(row) for row in rows]


def dsn(base_url: str, public_key: str, project_id: int) -> str:
    """`https://errors.example.com/x` -> `https://KEY@errors.example.com/x/ID`."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{public_key}@{parts.netloc}{parts.path.rstrip('/')}/{project_id}"


# The key is the oldest active one; a project whose keys are all disabled shows none.
PROJECTS = """
    SELECT p.id, p.name, p.slug, p.platform, p.created_at,
           (SELECT k.public_key FROM client_keys k
            WHERE k.project_id = p.id AND k.disabled_at IS NULL
            ORDER BY k.id LIMIT 1) AS public_key
    FROM projects p
"""


def _stored_settings(db: Connection, actor: Actor, project_id: int) -> dict[str, Any]:
    row = db.execute(
        "SELECT settings FROM projects WHERE org_id = ? AND id = ?", (actor.org_id, project_id)
    ).fetchone()
    stored: dict[str, Any] = json.loads(row["settings"])
    return stored


def _changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """As the API spells them: `name`, `settings.quotaHour`."""
    own = [name for name in ("name", "slug", "platform") if before[name] != after[name]]
    old, new = before["settings"].flat(), after["settings"].flat()
    return own + [f"settings.{name}" for name in new if old[name] != new[name]]


def _free_slug(db: Connection, actor: Actor, name: str, slug: str | None) -> str:
    def is_taken(found: str) -> bool:
        row = db.execute(
            "SELECT 1 FROM projects WHERE org_id = ? AND slug = ?", (actor.org_id, found)
        ).fetchone()
        return row is not None

    if slug is None:
        return names.slug_from(name, "project", is_taken)
    if is_taken(names.slug(slug)):
        raise Conflict(f"This organization already has a project with the slug {slug}.")
    return slug


def id_for(db: Connection, org_id: int, wanted: int, others: Collection[int]) -> int:
    """The id of a project of another server if nobody has it here, else the next one.

    `others` are the ids that further projects of that server will want.
    """
    if 0 < wanted <= MAX_ID and not _is_taken(db, wanted, org_id):
        return wanted
    while True:
        found = _next_id(db)
        if found not in others:
            return found


def is_free(db: Connection, project_id: int) -> bool:
    """Whether a new organization could have a project of this id."""
    return 0 < project_id <= MAX_ID and not _is_taken(db, project_id, 0)


def _next_id(db: Connection) -> int:
    """The server's own counter, which ids that somebody chose do not move."""
    while True:
        (project_id,) = db.execute(
            """
            UPDATE instance
            SET last_project_id = last_project_id + 1
            WHERE id = 1
            RETURNING last_project_id
            """
        ).fetchone()
        if not _is_taken(db, project_id, 0):
            found: int = project_id
            return found


def _is_taken(db: Connection, project_id: int, org_id: int) -> bool:
    """There is such a project, or was one of another organization, whose DSNs may be in use."""
    row = db.execute(
        """
        SELECT 1 FROM projects WHERE id = :id
        UNION ALL
        SELECT 1 FROM retired_projects WHERE id = :id AND org_id <> :org_id
        """,
        {"id": project_id, "org_id": org_id},
    ).fetchone()
    return row is not None


def _free_id(db: Connection, actor: Actor, project_id: int) -> int:
    if not 0 < project_id <= MAX_ID:
        raise BadRequest(f"A project's id is a whole number from 1 to {MAX_ID}.")
    instance.hold(db)
    if _is_taken(db, project_id, actor.org_id):
        raise Conflict(f"The id {project_id} cannot be given on this server; leave it out.")
    return project_id


def checked_platform(platform: str | None) -> str | None:
    """One that somebody chose. Raises BadRequest."""
    if platform is None:
        return None
    if len(platform) > LONGEST_PLATFORM or not PLATFORM.fullmatch(platform):
        raise BadRequest(
            "A platform is a word in lower case such as python, javascript or ruby-rails."
        )
    return platform
