"""Nobody is told of an issue for a while; its status stays."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import writing
from jentry.errors import BadRequest
from jentry.store import issues
from jentry.web import issue, session, status
from jentry.web.guard import pages
from jentry.web.times import exact

bp = pages("issue_mute", __name__)

CHOICES = {
    "hour": timedelta(hours=1),
    "workday": timedelta(hours=8),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
LONGEST = timedelta(days=3660)


@bp.post(f"{issue.ISSUE}/mute")
def mute(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    until = _until()
    with writing() as (db, at):
        issues.update(db, session.actor(), issue_id, {"muted_until": until}, at)
    status.say(f"Nobody is told before {exact(until)}." if until else "People are told again.")
    place = url_for("web.issue.latest", project_id=project_id, issue_id=issue_id)
    return redirect(f"{place}#told", 303)


def _until() -> str | None:
    """None: not muted any more. Raises BadRequest."""
    chosen, now = request.form.get("for", ""), clock.now()
    if chosen == "nothing":
        return None
    if chosen in CHOICES:
        return clock.timestamp(now + CHOICES[chosen])
    try:
        written = datetime.fromisoformat(request.form.get("until", ""))
        zone = ZoneInfo(session.required().time_zone)
        until = written.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest("Say until when, as a day and a time.") from None
    if not now < until < now + LONGEST:
        raise BadRequest("Say until when: a time to come, within ten years.")
    return clock.timestamp(until)
