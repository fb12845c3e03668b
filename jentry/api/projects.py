"""Projects."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.schemas.projects import CREATE, DETAIL, OUTS, PATCH, QUERY, SUMMARY
from jentry.store import projects
from jentry.store.project_summaries import summaries

bp = Blueprint("projects", __name__)


@bp.get("/projects")
@describes(OUTS, query=QUERY)
@requires("project:read")
def list_projects() -> ResponseReturnValue:
    """List every project in the token's organization."""
    wanted = query(QUERY)
    return {"data": OUTS.dump(projects.list_for(reading(), g.actor, wanted["limit"]))}


@bp.post("/projects")
@describes(DETAIL, body=CREATE, status=201, errors=(409,))
@requires("project:admin")
def create_project() -> ResponseReturnValue:
    """Create a project with one client key.

    Give `id` and `publicKey` to move a project here from another server: applications then only
    change the host of their DSN. Without a slug one is made from the name.
    """
    wanted = body(CREATE)
    with writing() as (db, at):
        made = projects.create(db, g.actor, **wanted, at=at)
        project = projects.detail(db, g.actor, made["id"])
    return {"data": DETAIL.dump(_with_dsn(project))}, 201


@bp.get("/projects/<id:project_id>")
@describes(DETAIL)
@requires("project:read")
def get_project(project_id: int) -> ResponseReturnValue:
    """Fetch a single project by id, with its DSN and settings."""
    return {"data": DETAIL.dump(_with_dsn(projects.detail(reading(), g.actor, project_id)))}


@bp.get("/projects/<id:project_id>/summary")
@describes(SUMMARY)
@requires("project:read")
def get_project_summary(project_id: int) -> ResponseReturnValue:
    """Say how a project is doing: its unresolved and new issues, events, its newest release."""
    projects.get(reading(), g.actor, project_id)
    found = summaries(reading(), g.actor, [project_id], g.at)
    return {"data": SUMMARY.dump(found[project_id])}


@bp.patch("/projects/<id:project_id>")
@describes(DETAIL, body=PATCH, errors=(409,))
@requires("project:admin")
def patch_project(project_id: int) -> ResponseReturnValue:
    """Change a project's name, slug, platform or settings.

    Only the members given are changed, of the settings too; null sets a setting back to its
    default. New settings hold from the next event on.
    """
    projects.get(reading(), g.actor, project_id)
    change = body(PATCH)
    with writing() as (db, at):
        project = projects.update(db, g.actor, project_id, change, at)
    return {"data": DETAIL.dump(_with_dsn(project))}


def _with_dsn(project: dict[str, Any]) -> dict[str, Any]:
    key = project["public_key"]
    return project | {"dsn": key and projects.dsn(base_url(), key, project["id"])}
