"""Events."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.db import reading
from jentry.schemas.events import OUTS, QUERY
from jentry.store import events, issues

bp = Blueprint("events", __name__)


@bp.get("/issues/<id:issue_id>/events")
@describes(OUTS, query=QUERY)
@requires("event:read")
def list_events(issue_id: int) -> ResponseReturnValue:
    """The most recent events for an issue, with their full payloads."""
    issues.get(reading(), g.actor, issue_id, g.at)
    wanted = query(QUERY)
    return {"data": OUTS.dump(events.newest(reading(), g.actor, issue_id, wanted["limit"]))}
