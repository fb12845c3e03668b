"""Grouping a project's stored events again, by its rules and algorithm of today."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import requires
from jentry.app.db import reading, writing
from jentry.fingerprints.regrouping import preview
from jentry.schemas.fingerprint_rules import PREVIEW
from jentry.schemas.regroups import OUT
from jentry.store import operations, projects, regroups

bp = Blueprint("regroups", __name__)


@bp.post("/projects/<id:project_id>/regroup")
@describes(OUT, status=202, errors=(409,))
@requires("project:admin")
def regroup_events(project_id: int) -> ResponseReturnValue:
    """Group the events that are kept again, as if they came now.

    It is done in the background, in small steps; nobody is alerted, and nothing regresses. An issue
    stays where most events of its old hash belong; one that all events have left becomes part of
    the one that most of them went to. Events that are no longer kept stay counted where they were.
    Undoing the operation within 30 days leads all of them back.
    """
    projects.get(reading(), g.actor, project_id)
    with writing() as (db, at):
        operations.regroup(db, g.actor, project_id, at)
        begun = regroups.latest(db, g.actor, project_id)
    return {"data": OUT.dump(begun)}, 202


@bp.get("/projects/<id:project_id>/regroup")
@describes(OUT)
@requires("issue:read")
def get_regroup(project_id: int) -> ResponseReturnValue:
    """Tell how far the latest grouping of stored events is; 404 when none was begun in 30 days."""
    projects.get(reading(), g.actor, project_id)
    return {"data": OUT.dump(regroups.get(reading(), g.actor, project_id))}


@bp.post("/projects/<id:project_id>/regroup/preview")
@describes(PREVIEW)
@requires("issue:read")
def preview_regroup(project_id: int) -> ResponseReturnValue:
    """Say what grouping the newest 1,000 events again would do: what joins, and what parts.

    Nothing is changed. Of very large events fewer are looked at, for three seconds at most.
    """
    projects.get(reading(), g.actor, project_id)
    return {"data": PREVIEW.dump(preview(reading(), g.actor, project_id))}
