"""Events."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.events import DETAIL, OUTS, QUERY
from jentry.schemas.usage import GONE
from jentry.store import events, issues, usage

bp = Blueprint("events", __name__)


@bp.get("/issues/<id:issue_id>/events")
@describes(OUTS, query=QUERY, envelope=(*CURSORED, "scanned", "gone"))
@requires("event:read")
def list_events(issue_id: int) -> ResponseReturnValue:
    """The most recent events for an issue, with their full payloads.

    With `environment`, `release` or `tag[key]` the newest events are looked through, a bounded
    number for each page: `scanned` says how many. A page may be empty and have a `nextCursor`.
    So it is with `search`, whose conditions are all of one event.
    """
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    wanted = query(QUERY)
    page = events.page(reading(), g.actor, issue_id, wanted, g.at)
    gone = GONE.dump(usage.gone(reading(), g.actor, issue_id))
    return listed(OUTS, QUERY, wanted, page, scanned=page.scanned, gone=gone)


@bp.get("/issues/<id:issue_id>/events/<any(latest, oldest):end>")
@describes(DETAIL)
@requires("event:read")
def get_event_at_end(issue_id: int, end: str) -> ResponseReturnValue:
    """Fetch the latest or the oldest event of an issue that is still kept."""
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    event = events.at_end(reading(), g.actor, issue_id, latest=end == "latest")
    return {"data": DETAIL.dump(event)}


@bp.get("/issues/<id:issue_id>/events/<event:event_id>")
@describes(DETAIL)
@requires("event:read")
def get_event_of_issue(issue_id: int, event_id: bytes) -> ResponseReturnValue:
    """Fetch one event of an issue, with the ids of the events before and after it."""
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    return {"data": DETAIL.dump(events.of_issue(reading(), g.actor, issue_id, event_id))}


@bp.get("/events/<event:event_id>")
@describes(DETAIL)
@requires("event:read")
def get_event(event_id: bytes) -> ResponseReturnValue:
    """Fetch an event of any project by its id.

    Clients choose these ids: should several projects have it, this is the newest one.
    """
    return {"data": DETAIL.dump(events.named(reading(), g.actor, event_id))}
