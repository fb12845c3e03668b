"""User reports and feedback: what people wrote about errors."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.reports import OUTS, QUERY
from jentry.store import lookup, projects, user_reports

bp = Blueprint("reports", __name__)


@bp.get("/projects/<id:project_id>/user-reports")
@describes(OUTS, query=QUERY, envelope=PAGED)
@requires("event:read")
def list_project_reports(project_id: int) -> ResponseReturnValue:
    """List what people wrote about a project's errors, newest first."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    found = user_reports.page_of_project(reading(), g.actor, project_id, **wanted)
    return paged(OUTS, wanted, *found)


@bp.get("/events/<event:event_id>/user-reports")
@describes(OUTS, query=QUERY, envelope=PAGED)
@requires("event:read")
def list_event_reports(event_id: bytes) -> ResponseReturnValue:
    """List what people wrote about an event, newest first. It may be there before the event."""
    lookup.require_event_id(reading(), g.actor, event_id)
    wanted = query(QUERY)
    found = user_reports.page_of_event(reading(), g.actor, event_id, **wanted)
    return paged(OUTS, wanted, *found)
