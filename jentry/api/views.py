"""Saved views: searches of the lists of issues, to be asked again."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import body, query, require_scope, requires
from jentry.app.db import reading, writing
from jentry.schemas.views import CREATE, OUT, OUTS, PATCH, QUERY
from jentry.store import views

bp = Blueprint("views", __name__)

SHARING = "issue:write"  # what a change of a shared view needs besides


@bp.get("/views")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("issue:read")
def list_views() -> ResponseReturnValue:
    """List the shared views, and those of whoever made the token."""
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, views.page(reading(), g.actor, wanted, g.at))


@bp.post("/views")
@describes(OUT, body=CREATE, status=201, errors=(409,))
@requires("issue:read")
def create_view() -> ResponseReturnValue:
    """Save a search of the lists of issues.

    The search is kept so that it stays what it is: `foo:bar` of a tag is written `tags[foo]:bar`.
    To share it takes the scope `issue:write`.
    """
    wanted = body(CREATE)
    if wanted["shared"]:
        require_scope(SHARING)
    with writing() as (db, at):
        view = views.create(db, g.actor, wanted, at)
    return {"data": OUT.dump(view)}, 201


@bp.get("/views/<id:view_id>")
@describes(OUT)
@requires("issue:read")
def get_view(view_id: int) -> ResponseReturnValue:
    """Fetch a single view."""
    return {"data": OUT.dump(views.get(reading(), g.actor, view_id, g.at))}


@bp.patch("/views/<id:view_id>")
@describes(OUT, body=PATCH, errors=(409,))
@requires("issue:read")
def patch_view(view_id: int) -> ResponseReturnValue:
    """Change a view: rename it, move it, share it, search for something else.

    A shared view is changed by whoever saved it, by owners and admins, with the scope
    `issue:write`.
    """
    found = views.get(reading(), g.actor, view_id, g.at)
    change = body(PATCH)
    if found["shared"] or change.get("shared"):
        require_scope(SHARING)
    with writing() as (db, at):
        view = views.update(db, g.actor, view_id, change, at)
    return {"data": OUT.dump(view)}


@bp.delete("/views/<id:view_id>")
@describes(None, status=204)
@requires("issue:read")
def delete_view(view_id: int) -> ResponseReturnValue:
    """Delete a view. Of a shared one the same holds as for changes."""
    if views.get(reading(), g.actor, view_id, g.at)["shared"]:
        require_scope(SHARING)
    with writing() as (db, at):
        views.delete(db, g.actor, view_id, at)
    return "", 204
