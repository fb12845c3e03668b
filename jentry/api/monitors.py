"""Monitors: scheduled jobs that report in."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.alerts import schedule
from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import body, query, requires
from jentry.app.db import reading, writing
from jentry.schemas.monitors import (
    CHECK_INS,
    CHECK_INS_OUT,
    CREATE,
    OUT,
    OUTS,
    PATCH,
    QUERY,
    SCHEDULE,
)
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


@bp.post("/projects/<id:project_id>/monitors")
@describes(OUT, body=CREATE, status=201, errors=(409,))
@requires("project:admin")
def create_monitor(project_id: int) -> ResponseReturnValue:
    """Create a monitor before its job reports in. It is expected from its first check-in on."""
    projects.get(reading(), g.actor, project_id)
    wanted = body(CREATE)
    with writing() as (db, at):
        monitor = monitors.create(db, g.actor, project_id, **wanted, at=at)
    return {"data": OUT.dump(monitor)}, 201


@bp.get("/monitors/<id:monitor_id>")
@describes(OUT)
@requires("project:read")
def get_monitor(monitor_id: int) -> ResponseReturnValue:
    """Fetch a single monitor."""
    return {"data": OUT.dump(monitors.get(reading(), g.actor, monitor_id))}


@bp.patch("/monitors/<id:monitor_id>")
@describes(OUT, body=PATCH)
@requires("project:admin")
def patch_monitor(monitor_id: int) -> ResponseReturnValue:
    """Change a monitor: switch it off, mute it, or set its `config` as a whole.

    One that is not active keeps its check-ins and is not judged; one that is muted is judged and
    shown, and makes no issue. A `monitor_config` that comes with a check-in replaces `config`.
    """
    monitors.require(reading(), g.actor, monitor_id)
    change = body(PATCH)
    with writing() as (db, at):
        monitor = monitors.update(db, g.actor, monitor_id, change, at)
    return {"data": OUT.dump(monitor)}


@bp.delete("/monitors/<id:monitor_id>")
@describes(None, status=204)
@requires("project:admin")
def delete_monitor(monitor_id: int) -> ResponseReturnValue:
    """Delete a monitor with its check-ins. Its issues stay."""
    with writing() as (db, at):
        monitors.delete(db, g.actor, monitor_id, at)
    return "", 204


@bp.get("/monitors/schedule")
@describes(None, query=SCHEDULE)
@requires("project:read")
def show_schedule() -> ResponseReturnValue:
    """Tell the next times of a schedule, an array of times in `data`; 400 says why there are none.

    Summer time is as cron has it: a time that is skipped runs at once, one that comes twice runs
    once. An interval is counted from `from`.
    """
    times = schedule.times(*query(SCHEDULE))
    return {"data": [clock.timestamp(moment) for moment in times]}


@bp.get("/monitors/<id:monitor_id>/check-ins")
@describes(CHECK_INS_OUT, query=CHECK_INS, envelope=PAGED)
@requires("project:read")
def list_check_ins(monitor_id: int) -> ResponseReturnValue:
    """List a monitor's check-ins, the latest to start first."""
    monitors.require(reading(), g.actor, monitor_id)
    wanted = query(CHECK_INS)
    found = monitors.check_ins(reading(), g.actor, monitor_id, **wanted)
    return paged(CHECK_INS_OUT, wanted, *found)
