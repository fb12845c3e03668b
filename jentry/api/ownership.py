"""Ownership rules of a project."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, requires
from jentry.app.db import reading, writing
from jentry.owners import saving
from jentry.schemas.ownership import BODY, OUT
from jentry.store import rule_texts
from jentry.store.rule_texts import OWNERSHIP

bp = Blueprint("ownership", __name__)


@bp.get("/projects/<id:project_id>/ownership")
@describes(OUT)
@requires("project:read")
def get_ownership(project_id: int) -> ResponseReturnValue:
    """Read the rules by which new and regressed issues are assigned."""
    return {"data": OUT.dump({"rules": rule_texts.get(reading(), g.actor, OWNERSHIP, project_id)})}


@bp.put("/projects/<id:project_id>/ownership")
@describes(OUT, body=BODY)
@requires("project:admin")
def put_ownership(project_id: int) -> ResponseReturnValue:
    """Replace the rules; they hold for issues that are new or regress from now on."""
    rule_texts.get(reading(), g.actor, OWNERSHIP, project_id)
    rules = body(BODY)["rules"]
    with writing() as (db, at):
        saving.save(db, g.actor, project_id, rules, at)
    return {"data": OUT.dump({"rules": rules})}
