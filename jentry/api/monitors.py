"""Monitors: scheduled jobs that report in."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.monitors import CHECK_INS, CHECK_INS_OUT, OUTS, QUERY
from jentry.store import monitors, projects

bp = Blueprint("monitors", __name__)


@bp.get("/projects/<id:project_id>/monitors")
@describes(OUTS, query=QUERY, envelope=PAGED)
@requires("project:read")
def list_monitors(project_id: int) -> ResponseReturnValue:
    """List a project's monitors by slug, each with its latest check-in."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    return paged(OUTS, wanted, *monitors.page(reading(), g.actor, project_id, **wanted))


@bp.get("/monitors/<id:monitor_id>/check-ins")
@describes(CHECK_INS_OUT, query=CHECK_INS, envelope=PAGED)
@requires("project:read")
def list_check_ins(monitor_id: int) -> ResponseReturnValue:
    """List a monitor's check-ins, the latest to start first."""
    monitors.require(reading(), g.actor, monitor_id)
    wanted = query(CHECK_INS)
    found = monitors.check_ins(reading(), g.actor, monitor_id, **wanted)
    return paged(CHECK_INS_OUT, wanted, *found)
