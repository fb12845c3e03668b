"""Artifacts: scripts and source maps that tools uploaded, and what they did for an event."""

from flask import Blueprint, current_app, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.db import reading, writing
from jentry.ingest.symbolication.doctor import diagnose
from jentry.ingest.symbolication.remapping import Wanted, reprocess
from jentry.schemas.artifacts import DIAGNOSIS, OUTS, QUERY, REMAP, REMAPPED
from jentry.store import artifacts, projects

bp = Blueprint("artifacts", __name__)


@bp.get("/projects/<id:project_id>/artifacts")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("project:read")
def list_artifacts(project_id: int) -> ResponseReturnValue:
    """List a project's bundles of scripts and source maps, newest first, with their warnings."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, artifacts.page(reading(), g.actor, project_id, wanted))


@bp.delete("/artifacts/<id:artifact_id>")
@describes(None, status=204, destroys="Events that were mapped by it keep their lines.")
@requires("project:write")
def delete_artifact(artifact_id: int) -> ResponseReturnValue:
    """Delete a bundle with its files, for all projects that have it."""
    with writing() as (db, at):
        artifacts.delete(db, g.actor, artifact_id, at)
    return "", 204


@bp.post("/projects/<id:project_id>/symbolication")
@describes(REMAPPED, body=REMAP, in_steps=True)
@requires("project:write")
def remap_events(project_id: int) -> ResponseReturnValue:
    """Map the newest events again that have frames which are not mapped.

    Uploads do so by themselves for the newest 1,000 events of the last 7 days that lacked them.
    Each 50 events are a transaction; what is done stays done, and may be asked for again.
    """
    projects.get(reading(), g.actor, project_id)
    sent = body(REMAP)
    wanted = Wanted(g.actor, project_id, sent["release"], sent["limit"])
    symbols = current_app.extensions["processor"].symbols
    found = reprocess(reading(), symbols, wanted, writing, is_dry=sent["dry_run"])
    return {"data": REMAPPED.dump(found)}


@bp.get("/events/<event:event_id>/symbolication")
@describes(DIAGNOSIS)
@requires("event:read")
def get_symbolication(event_id: bytes) -> ResponseReturnValue:
    """Say of each frame of an event where it comes from, or why that is not known, as of now."""
    symbols = current_app.extensions["processor"].symbols
    return {"data": DIAGNOSIS.dump(diagnose(reading(), g.actor, event_id, symbols))}
