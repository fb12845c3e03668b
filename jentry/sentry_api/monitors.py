"""Scheduled jobs."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.sentry_api import answers, shapes
from jentry.sentry_api.access import organization, requires
from jentry.store import monitors, projects

bp = Blueprint("v0_monitors", __name__)


@bp.get("/organizations/<org>/monitors/")
@requires("project:read")
def list_monitors() -> ResponseReturnValue:
    """Those of all projects, by project and slug."""
    own = organization()
    found = []
    for row in projects.list_for(reading(), g.actor):
        owner = shapes.project(row, own)
        monitored, _ = monitors.page(reading(), g.actor, row["id"], answers.offset() + 101, 1)
        found += [shapes.monitor(one, owner) for one in monitored]
    return answers.sliced(found)
