"""Projects."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.sentry_api import answers, shapes
from jentry.sentry_api.access import organization, project, requires
from jentry.store import projects

bp = Blueprint("v0_projects", __name__)


@bp.get("/projects/", defaults={"org": None})
@bp.get("/organizations/<org>/projects/")
@requires("project:read")
def list_projects() -> ResponseReturnValue:
    """Those of the token's organization, the oldest first."""
    own = organization()
    return answers.sliced(
        [shapes.project(row, own) for row in projects.list_for(reading(), g.actor)]
    )


@bp.get("/projects/<org>/<name>/")
@requires("project:read")
def get_project(name: str) -> ResponseReturnValue:
    return shapes.project(project(name), organization())
