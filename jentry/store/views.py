"""Saved views: searches of the lists of issues, of one person or shared with the organization."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.quotas import most
from jentry.store import audit, issue_search, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row, snapshot
from jentry.store.issue_list import scope_of
from jentry.store.paging import Page, Paging, read
from jentry.store.sql import Where

FILTERS = ("search", "status", "level", "sort", "period")
COLUMNS = ("name", "project_id", *FILTERS, "shared")
VISIBLE = "v.org_id = :org_id AND (v.shared = 1 OR v.user_id = :user_id)"
VIEWS = f"""
    v.id, v.user_id, {", ".join(f"v.{name}" for name in COLUMNS)}, v.position, v.created_at,
    v.updated_at
"""
ORDERS = {  # name -> column, sign of what follows, direction
    "position": ("position", ">", "ASC"),
    "created_at": ("created_at", "<", "DESC"),
}


@dataclass(frozen=True)
class Wanted(Paging):
    project_id: int | None = None  # what its list offers: its own views, and those of any list
    shared: bool | None = None
    sort: str = "position"


def page(db: Connection, actor: Actor, wanted: Wanted, at: str) -> Page:
    """What the actor sees: the shared ones and the actor's own, as `get` has them."""
    where = Where(VISIBLE, org_id=actor.org_id, user_id=actor.user_id)
    if wanted.project_id is not None:
        where.add("coalesce(v.project_id, :project_id) = :project_id", project_id=wanted.project_id)
    if wanted.shared is not None:
        where.add("v.shared = :shared", shared=int(wanted.shared))
    column, sign, direction = ORDERS[wanted.sort]
    source = f"FROM views v WHERE {where}"
    after = f"AND (v.{column}, v.id) {sign} (:after, :after_id)" if wanted.after else ""
    ordered = f"""
        SELECT v.{column} AS sorted, {VIEWS} {source} {after}
        ORDER BY v.{column} {direction}, v.id {direction}
    """
    with snapshot(db):
        rows, total, last = read(db, ordered, source, where.params, wanted)
        return Page([_shown(db, actor, row, at) for row in rows], total, last)


def all_of(db: Connection, actor: Actor, at: str) -> list[dict[str, Any]]:
    """All that the actor sees, as `get` has them, the actor's own first, in their order."""
    rows = db.execute(
        f"SELECT {VIEWS} FROM views v WHERE {VISIBLE} ORDER BY v.shared, v.position, v.id",
        {"org_id": actor.org_id, "user_id": actor.user_id},
    )
    return [_shown(db, actor, row, at) for row in rows]


def offered(db: Connection, actor: Actor, project_id: int | None, at: str) -> list[dict[str, Any]]:
    """Those of them that stand above the list of a project, or of all projects."""
    found = all_of(db, actor, at)
    return [view for view in found if view["project_id"] in (None, project_id)]


def get(db: Connection, actor: Actor, view_id: int, at: str) -> dict[str, Any]:
    """`id`, `name`, `project_id`, `user_id`, `search`, `status` (None: as the search says),
    `level`, `sort`, `period`, `shared`, `position`, `error` (what is wrong with the search, if it
    cannot be read any more), `created_at`, `updated_at`.

    Raises NotFound, also for what others have not shared.
    """
    row = db.execute(
        f"SELECT {VIEWS} FROM views v WHERE {VISIBLE} AND v.id = :id",
        {"org_id": actor.org_id, "user_id": actor.user_id, "id": view_id},
    ).fetchone()
    if row is None:
        raise NotFound("There is no such view.")
    return _shown(db, actor, row, at)


def create(db: Connection, actor: Actor, wanted: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The view as `get` has it, last of its kind. Raises BadRequest, Conflict."""
    values = {name: wanted[name] for name in COLUMNS} | {"user_id": actor.user_id}
    values |= _checked(db, actor, values, at)
    values |= {"shared": int(values["shared"]), "org_id": actor.org_id}
    values["position"] = _room(db, actor.org_id, values["shared"], actor.user_id)
    row = db.execute(
        """
        INSERT INTO views (org_id, project_id, user_id, name, search, status, level, sort, period,
                           shared, position, created_at, updated_at)
        VALUES (:org_id, :project_id, :user_id, :name, :search, :status, :level, :sort, :period,
                :shared, :position, :at, :at)
        RETURNING id
        """,
        values | {"at": at},
    ).fetchone()
    audit.record(db, actor, "view.create", f"view:{row['id']}", at, **_told(values))
    return get(db, actor, row["id"], at)


def update(
    db: Connection, actor: Actor, view_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set what is given; the view afterwards. Raises Forbidden, NotFound, BadRequest, Conflict."""
    before = get(db, actor, view_id, at)
    _require_may_change(db, actor, before)
    after = before | dict(change)
    if any(after[name] != before[name] for name in ("search", "project_id", "name")):
        after |= _checked(db, actor, after, at)
    fields = [name for name in (*COLUMNS, "position") if after[name] != before[name]]
    if not fields:
        return before
    if "shared" in fields:
        after["position"] = _room(db, actor.org_id, after["shared"], before["user_id"])
        if not after["shared"] and roles.of(db, actor.org_id, before["user_id"] or 0) is None:
            raise BadRequest("shared: Whoever saved it has left: it can be deleted only.")
    assignments = ", ".join(f"{name} = :{name}" for name in COLUMNS)
    values = {name: after[name] for name in (*COLUMNS, "position")}
    values |= {"shared": int(after["shared"]), "at": at, "org_id": actor.org_id, "id": view_id}
    db.execute(
        f"""
        UPDATE views SET {assignments}, position = :position, updated_at = :at
        WHERE org_id = :org_id AND id = :id
        """,
        values,
    )
    _place(db, actor, after)
    words = [_wire(name) for name in fields]
    audit.record(db, actor, "view.update", f"view:{view_id}", at, fields=words, **_told(after))
    if not after["shared"] and before["user_id"] != actor.user_id:
        return after | {"updated_at": at}  # its author's own now
    return get(db, actor, view_id, at)


def delete(db: Connection, actor: Actor, view_id: int, at: str) -> dict[str, Any]:
    """What it was. Raises Forbidden, NotFound."""
    found = get(db, actor, view_id, at)
    _require_may_change(db, actor, found)
    db.execute("DELETE FROM views WHERE org_id = ? AND id = ?", (actor.org_id, view_id))
    audit.record(db, actor, "view.delete", f"view:{view_id}", at, **_told(found))
    return found


def forget(db: Connection, actor: Actor, user_id: int) -> None:
    """The own views of somebody who leaves; what was shared stays."""
    db.execute(
        "DELETE FROM views WHERE org_id = ? AND user_id = ? AND shared = 0",
        (actor.org_id, user_id),
    )


def _require_may_change(db: Connection, actor: Actor, view: Mapping[str, Any]) -> None:
    if view["user_id"] is None or view["user_id"] != actor.user_id:
        roles.require(db, actor, "admin", "change views that somebody else has shared")


def _checked(db: Connection, actor: Actor, view: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Name and search as they are kept. Raises BadRequest."""
    project_id = view["project_id"]
    if project_id is not None:
        own = "SELECT 1 FROM projects WHERE org_id = ? AND id = ?"
        if db.execute(own, (actor.org_id, project_id)).fetchone() is None:
            raise BadRequest(f"projectId: There is no {project_id} in this organization.")
    if not view["shared"] and view["user_id"] is None:
        raise BadRequest("shared: A view that is nobody's own must be shared.")
    search = issue_search.pinned(db, actor, scope_of(project_id), view["search"], at)
    return {"name": names.name(view["name"], "view's name"), "search": search}


def _room(db: Connection, org_id: int, shared: bool | int, user_id: int | None) -> int:
    """The place of one more view among the shared ones, or somebody's own. Raises Conflict."""
    rows = _group(db, org_id, shared, user_id)
    limit = "shared_views" if shared else "views"
    if len(rows) >= most(limit):
        raise Conflict(
            f"An organization has at most {most(limit)} shared views." if shared
            else f"You have at most {most(limit)} views of your own."
        )  # fmt: skip
    return 1 + (rows[-1]["position"] if rows else -1)


def _group(db: Connection, org_id: int, shared: bool | int, user_id: int | None) -> list[Row]:
    """The shared ones, or somebody's own, in their order."""
    whose = "v.shared = 1" if shared else "v.shared = 0 AND v.user_id = :user_id"
    return db.execute(
        f"""
        SELECT v.id, v.position
        FROM views v
        WHERE v.org_id = :org_id AND {whose}
        ORDER BY v.position, v.id
        """,
        {"org_id": org_id, "user_id": user_id},
    ).fetchall()


def _place(db: Connection, actor: Actor, view: Mapping[str, Any]) -> None:
    """Number its group from 0, with the view where it is wanted."""
    rows = _group(db, actor.org_id, view["shared"], view["user_id"])
    ids = [row["id"] for row in rows if row["id"] != view["id"]]
    ids.insert(min(view["position"], len(ids)), view["id"])
    db.executemany(
        "UPDATE views SET position = :position WHERE org_id = :org_id AND id = :id",
        [
            {"position": place, "org_id": actor.org_id, "id": view_id}
            for view_id, place in sorted((view_id, place) for place, view_id in enumerate(ids))
        ],
    )


def _shown(db: Connection, actor: Actor, row: Row, at: str) -> dict[str, Any]:
    found = {name: row[name] for name in ("id", "user_id", *COLUMNS, "position")}
    found |= {"shared": bool(row["shared"]), "error": None}
    found |= {name: row[name] for name in ("created_at", "updated_at")}
    try:
        issue_search.read(db, actor, scope_of(row["project_id"]), row["search"], at)
    except BadRequest as refusal:
        found["error"] = refusal.message.removeprefix("search: ")
    return found


def _told(view: Mapping[str, Any]) -> dict[str, str]:
    """What the audit log says of it: how others call their own views is their business."""
    return {"name": view["name"]} if view["shared"] else {}


def _wire(name: str) -> str:
    return "projectId" if name == "project_id" else name
