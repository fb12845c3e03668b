"""Fingerprint rules of a project, and what they would do."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, requires
from jentry.app.db import reading, writing
from jentry.fingerprints import saving
from jentry.fingerprints.preview import preview
from jentry.schemas.fingerprint_rules import BODY, OUT, PREVIEW
from jentry.store import projects, rule_texts
from jentry.store.rule_texts import FINGERPRINTS

bp = Blueprint("fingerprint_rules", __name__)


@bp.get("/projects/<id:project_id>/fingerprint-rules")
@describes(OUT)
@requires("project:read")
def get_fingerprint_rules(project_id: int) -> ResponseReturnValue:
    """Read the rules by which events are grouped, before anything else decides."""
    return {
        "data": OUT.dump({"rules": rule_texts.get(reading(), g.actor, FINGERPRINTS, project_id)})
    }


@bp.put("/projects/<id:project_id>/fingerprint-rules")
@describes(OUT, body=BODY)
@requires("project:admin")
def put_fingerprint_rules(project_id: int) -> ResponseReturnValue:
    """Replace the rules; they hold for events that come from now on."""
    projects.get(reading(), g.actor, project_id)
    rules = body(BODY)["rules"]
    with writing() as (db, at):
        saving.save(db, g.actor, project_id, rules, at)
    return {"data": OUT.dump({"rules": rules})}


@bp.post("/projects/<id:project_id>/grouping/preview")
@describes(PREVIEW, body=BODY)
@requires("issue:read")
def preview_grouping(project_id: int) -> ResponseReturnValue:
    """Try rules on the newest 1,000 events that are kept: what would join, and what would part.

    Each event is grouped as if it came now under these rules. Nothing is changed, and nothing is
    saved. Of very large events fewer are looked at, for three seconds at most.
    """
    projects.get(reading(), g.actor, project_id)
    rules = body(BODY)["rules"]
    saving.require(rules)
    return {"data": PREVIEW.dump(preview(reading(), g.actor, project_id, rules))}
