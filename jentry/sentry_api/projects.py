"""Projects."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.db import reading, writing
from jentry.sentry_api import answers, bodies, shapes
from jentry.sentry_api.access import organization, project, requires
from jentry.store import projects

bp = Blueprint("v0_projects", __name__)


@bp.get("/projects/")
@bp.get("/organizations/<org>/projects/")
@requires("project:read")
def list_projects() -> ResponseReturnValue:
    """Those of the token's organization, the oldest first; `query` is a part of name or slug."""
    own, part = organization(), request.args.get("query", "").lower().removeprefix("slug:")
    rows = projects.list_for(reading(), g.actor)
    named = [row for row in rows if part in row["slug"] or part in row["name"].lower()]
    return answers.sliced([shapes.project(row, own) for row in named])


@bp.get("/projects/<org>/<name>/")
@requires("project:read")
def get_project(name: str) -> ResponseReturnValue:
    return shapes.project_detail(project(name), organization())


@bp.put("/projects/<org>/<name>/")
@requires("project:admin")
def put_project(name: str) -> ResponseReturnValue:
    owner, change = project(name), body(bodies.PROJECT_PUT)
    with writing() as (db, at):
        row = projects.update(db, g.actor, owner["id"], change, at)
    return shapes.project_detail(row, organization())
