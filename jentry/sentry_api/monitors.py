"""Scheduled jobs."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.sentry_api import answers, parameters, series, shapes
from jentry.sentry_api.access import organization, project, requires
from jentry.store import monitors, projects

bp = Blueprint("v0_monitors", __name__)

OF_ORG = "/organizations/<org>/monitors/"
ONE = (f"{OF_ORG}<monitor>/", "/projects/<org>/<name>/monitors/<monitor>/")
MOST_RUNS = 10_000  # that are counted


@bp.get(OF_ORG)
@requires("project:read")
def list_monitors() -> ResponseReturnValue:
    """Those of all projects, by project and slug; `query` is a part of the slug."""
    own, part = organization(), request.args.get("query", "").lower()
    ids, found = parameters.project_ids(), []
    for row in projects.list_for(reading(), g.actor):
        if ids is not None and row["id"] not in ids:
            continue
        owner = shapes.project(row, own)
        monitored, _ = monitors.page(reading(), g.actor, row["id"], answers.offset() + 101, 1)
        found += [shapes.monitor(one, owner) for one in monitored if part in one["slug"]]
    return answers.sliced(found)


@bp.get(ONE[0])
@bp.get(ONE[1])
@requires("project:read")
def get_monitor(monitor: str, name: str | None = None) -> ResponseReturnValue:
    row = _named(monitor, name)
    return shapes.monitor(row, shapes.project(project(row["project_id"]), organization()))


@bp.get(f"{ONE[0]}checkins/")
@bp.get(f"{ONE[1]}checkins/")
@requires("project:read")
def list_check_ins(monitor: str, name: str | None = None) -> ResponseReturnValue:
    row, size = _named(monitor, name), answers.limit()
    number = answers.offset() // size + 1
    rows, total = monitors.check_ins(reading(), g.actor, row["id"], size, number)
    has_more = number * size < total
    return answers.listed([shapes.check_in(one) for one in rows], has_more, total)


@bp.get(f"{ONE[0]}stats/")
@bp.get(f"{ONE[1]}stats/")
@requires("project:read")
def list_stats(monitor: str, name: str | None = None) -> ResponseReturnValue:
    """How many check-ins of each status began in each hour of a span."""
    row = _named(monitor, name)
    rows, _ = monitors.check_ins(reading(), g.actor, row["id"], MOST_RUNS, 1)
    return answers.bare(series.of_check_ins(rows, series.hours_asked()))


def _named(slug: str, of: str | None) -> dict[str, Any]:
    """By its slug; of several projects that have one, that of the oldest. Raises NotFound."""
    owners = [project(of)] if of is not None else projects.list_for(reading(), g.actor)
    for owner in owners:
        try:
            return monitors.named(reading(), g.actor, owner["id"], slug)
        except NotFound:
            continue
    raise NotFound(f"There is no monitor {slug[:100]} in this organization.")
