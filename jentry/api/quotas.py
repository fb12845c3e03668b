"""Quotas: how much a project may store in a window of time."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading, settings
from jentry.schemas.quotas import OUTS, QUERY
from jentry.store import quota_windows

bp = Blueprint("quotas", __name__)


@bp.get("/projects/<id:project_id>/quotas")
@describes(OUTS, query=QUERY)
@requires("project:read")
def list_quotas(project_id: int) -> ResponseReturnValue:
    """List a project's quotas, and how much of each is used up in the running window."""
    found = quota_windows.of_project(reading(), g.actor, project_id, settings(), g.at)
    wanted = query(QUERY)
    return {"data": OUTS.dump(found[: wanted["limit"]])}
