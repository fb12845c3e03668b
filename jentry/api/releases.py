"""Releases."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.db import reading, writing
from jentry.schemas.releases import OUTS, QUERY, REGISTER, REGISTERED
from jentry.store import projects, releases

bp = Blueprint("releases", __name__)


@bp.get("/projects/<id:project_id>/releases")
@describes(OUTS, query=QUERY)
@requires("project:read")
def list_releases(project_id: int) -> ResponseReturnValue:
    """Releases seen for a project, newest first, with health."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    rows = releases.list_for(reading(), g.actor, project_id, wanted["limit"])
    return {"data": OUTS.dump(rows)}


@bp.post("/projects/<id:project_id>/releases")
@describes(REGISTERED, body=REGISTER, status=201)
@requires("project:write")
def register_release(project_id: int) -> ResponseReturnValue:
    """Register a release with its commits and deploys, or replace them."""
    projects.get(reading(), g.actor, project_id)
    release = body(REGISTER)
    with writing() as (db, at):
        registered = releases.register(db, g.actor, project_id, release, at)
    return {"data": REGISTERED.dump(registered)}, 201
