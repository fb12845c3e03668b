"""Projects."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.db import reading
from jentry.schemas.projects import OUTS, QUERY
from jentry.store import projects

bp = Blueprint("projects", __name__)


@bp.get("/projects")
@describes(OUTS, query=QUERY)
@requires("project:read")
def list_projects() -> ResponseReturnValue:
    """List every project in the token's organization."""
    wanted = query(QUERY)
    return {"data": OUTS.dump(projects.list_for(reading(), g.actor, wanted["limit"]))}
