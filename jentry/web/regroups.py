"""Grouping a project's stored events again, from the page of its rules."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.fingerprints.regrouping import preview
from jentry.store import operation_undo, operations, regroups
from jentry.web import fingerprint_rules, session, shell, status
from jentry.web.guard import pages

bp = pages("regroups", __name__)


@bp.post("/projects/<id:project_id>/settings/grouping/regroup")
def regroup(project_id: int) -> ResponseReturnValue:
    """Say what it would do, begin it, or lead events back."""
    shell.enter(project_id)
    if "try" in request.form:
        return fingerprint_rules.show(
            project_id, again=preview(reading(), session.actor(), project_id)
        )
    try:
        with writing() as (db, at):
            if "undo" in request.form:
                begun = regroups.get(db, session.actor(), project_id)
                operation_undo.undo(db, session.actor(), begun["operation_id"], at)
            else:
                operations.regroup(db, session.actor(), project_id, at)
    except Refusal as refusal:
        status.say(refusal.message)
    return redirect(url_for("web.fingerprint_rules.page", project_id=project_id), 303)
