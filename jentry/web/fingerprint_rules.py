"""A project's fingerprint rules: edited as text, and tried on its newest events."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.fingerprints import saving
from jentry.fingerprints.preview import preview
from jentry.presentation import regrouping
from jentry.schemas.base import load
from jentry.schemas.fingerprint_rules import BODY, PREVIEW
from jentry.store import regroups, rule_texts
from jentry.store.rule_texts import FINGERPRINTS
from jentry.web import session, shell, status
from jentry.web.guard import pages

bp = pages("fingerprint_rules", __name__)


@bp.get("/projects/<id:project_id>/settings/grouping")
def page(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return show(project_id)


@bp.post("/projects/<id:project_id>/settings/grouping")
def save(project_id: int) -> ResponseReturnValue:
    """What is refused is said under the box, with what was typed; trying saves nothing."""
    shell.enter(project_id)
    written = load(BODY, {"rules": request.form.get("rules", "")})["rules"]
    if wrong := saving.problems(written):
        return _page(project_id, written, wrong=wrong), 400
    if "try" in request.form:
        tried = preview(reading(), session.actor(), project_id, written)
        return _page(project_id, written, tried=tried)
    try:
        with writing() as (db, at):
            saving.save(db, session.actor(), project_id, written, at)
    except Refusal as refusal:
        return _page(project_id, written, wrong=[refusal.message]), refusal.status
    status.say("Saved. It holds for events that come from now on.")
    return redirect(url_for("web.fingerprint_rules.page", project_id=project_id), 303)


def show(project_id: int, *, again: dict[str, Any] | None = None) -> str:
    """With the rules that are saved; `again`: what grouping stored events again would do."""
    written = rule_texts.get(reading(), session.actor(), FINGERPRINTS, project_id)
    return _page(project_id, written, tried=again, is_again=True)


def _page(
    project_id: int,
    written: str,
    *,
    wrong: list[str] | None = None,
    tried: dict[str, Any] | None = None,
    is_again: bool = False,
) -> str:
    latest = regroups.latest(reading(), session.actor(), project_id)
    return render_template(
        "project_settings/fingerprint_rules.html",
        rules=written,
        errors={"rules": "\n".join(wrong)} if wrong else {},
        error="",
        tried=PREVIEW.dump(tried) if tried else None,
        is_again=is_again,
        regroup=latest,
        regroup_words=regrouping.sentence(latest) if latest else "",
        is_regrouping=latest is not None and latest["state"] not in regroups.ENDED,
        may_change=session.required().may("owner", "admin"),
    )
