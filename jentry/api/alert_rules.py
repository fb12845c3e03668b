"""Alert rules: when somebody is told."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.alerts import dry_run
from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.db import reading, writing
from jentry.schemas.alert_rules import CREATE, DRY_RUN, DRY_RUN_OUT, OUT, OUTS, PATCH, QUERY
from jentry.store import alert_rules

bp = Blueprint("alert_rules", __name__)


@bp.get("/alert-rules")
@describes(OUTS, query=QUERY)
@requires("alert:read")
def list_rules() -> ResponseReturnValue:
    """List the organization's alert rules, oldest first."""
    wanted = query(QUERY)
    return {"data": OUTS.dump(alert_rules.list_for(reading(), g.actor)[: wanted["limit"]])}


@bp.post("/alert-rules")
@describes(OUT, body=CREATE, status=201, errors=(409,))
@requires("alert:write")
def create_rule() -> ResponseReturnValue:
    """Create an alert rule: any of its conditions, with all of its filters.

    `environments`, `releases` and the values of `tags` are patterns: `*` is any text, `?` one
    character, in any case; with a leading `!` they exclude.
    """
    wanted = body(CREATE)
    with writing() as (db, at):
        rule = alert_rules.create(db, g.actor, wanted, at)
    return {"data": OUT.dump(rule)}, 201


@bp.get("/alert-rules/<id:rule_id>")
@describes(OUT)
@requires("alert:read")
def get_rule(rule_id: int) -> ResponseReturnValue:
    """Fetch a single alert rule."""
    return {"data": OUT.dump(alert_rules.get(reading(), g.actor, rule_id))}


@bp.patch("/alert-rules/<id:rule_id>")
@describes(OUT, body=PATCH)
@requires("alert:write")
def patch_rule(rule_id: int) -> ResponseReturnValue:
    """Change an alert rule; each member as a whole."""
    alert_rules.get(reading(), g.actor, rule_id)
    change = body(PATCH)
    with writing() as (db, at):
        rule = alert_rules.update(db, g.actor, rule_id, change, at)
    return {"data": OUT.dump(rule)}


@bp.delete("/alert-rules/<id:rule_id>")
@describes(None, status=204)
@requires("alert:write")
def delete_rule(rule_id: int) -> ResponseReturnValue:
    """Delete an alert rule. What it has told stays among the deliveries."""
    with writing() as (db, at):
        alert_rules.delete(db, g.actor, rule_id, at)
    return "", 204


@bp.post("/alert-rules/dry-run")
@describes(DRY_RUN_OUT, body=DRY_RUN)
@requires("alert:read")
def try_rule() -> ResponseReturnValue:
    """Try a rule on the past days: what it would have told, and in how many messages.

    Nothing is stored or sent. What the past cannot tell stands in `notes`.
    """
    wanted = body(DRY_RUN)
    alert_rules.require_own(reading(), g.actor, wanted)
    return {"data": DRY_RUN_OUT.dump(dry_run.run(reading(), g.actor, wanted, g.at))}
