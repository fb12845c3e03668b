"""A project's fingerprint rules: edited as text, and tried on its newest events."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.fingerprints import saving
from jentry.fingerprints.preview import preview
from jentry.schemas.base import load
from jentry.schemas.fingerprint_rules import BODY, PREVIEW
from jentry.store import rule_texts
from jentry.store.rule_texts import FINGERPRINTS
from jentry.web import session, shell, status
from jentry.web.guard import pages

bp = pages("fingerprint_rules", __name__)


@bp.get("/projects/<id:project_id>/settings/grouping")
def page(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _page(rule_texts.get(reading(), session.actor(), FINGERPRINTS, project_id))


@bp.post("/projects/<id:project_id>/settings/grouping")
def save(project_id: int) -> ResponseReturnValue:
    """What is refused is said under the box, with what was typed; trying saves nothing."""
    shell.enter(project_id)
    written = load(BODY, {"rules": request.form.get("rules", "")})["rules"]
    if wrong := saving.problems(written):
        return _page(written, wrong=wrong), 400
    if "try" in request.form:
        return _page(written, tried=preview(reading(), session.actor(), project_id, written))
    try:
        with writing() as (db, at):
            saving.save(db, session.actor(), project_id, written, at)
    except Refusal as refusal:
        return _page(written, wrong=[refusal.message]), refusal.status
    status.say("Saved. It holds for events that come from now on.")
    return redirect(url_for("web.fingerprint_rules.page", project_id=project_id), 303)


def _page(
    written: str, *, wrong: list[str] | None = None, tried: dict[str, Any] | None = None
) -> str:
    return render_template(
        "project_settings/fingerprint_rules.html",
        rules=written,
        errors={"rules": "\n".join(wrong)} if wrong else {},
        error="",
        tried=PREVIEW.dump(tried) if tried else None,
        may_change=session.required().may("owner", "admin"),
    )
