"""A project's ownership rules: edited as text, and tried on its newest issues."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.owners import assign, rules, saving
from jentry.schemas.base import load
from jentry.schemas.ownership import BODY
from jentry.store import events, ownership, rule_texts
from jentry.web import session, shell, status
from jentry.web.guard import pages

bp = pages("ownership", __name__)

MOST_TRIED = 50  # issues


@bp.get("/projects/<id:project_id>/settings/ownership")
def page(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _page(rule_texts.get(reading(), session.actor(), rule_texts.OWNERSHIP, project_id))


@bp.post("/projects/<id:project_id>/settings/ownership")
def save(project_id: int) -> ResponseReturnValue:
    """What is refused is said under the box, with what was typed; trying saves nothing."""
    shell.enter(project_id)
    written = load(BODY, {"rules": request.form.get("rules", "")})["rules"]
    if "try" in request.form:
        wrong = saving.problems(reading(), session.actor(), written)
        return _page(written, wrong=wrong, tried=_tried(project_id, written))
    try:
        with writing() as (db, at):
            saving.save(db, session.actor(), project_id, written, at)
    except Refusal as refusal:
        wrong = saving.problems(reading(), session.actor(), written)
        return _page(written, wrong=wrong or [refusal.message]), refusal.status
    status.say("Saved. It holds for issues that are new or regress from now on.")
    return redirect(url_for("web.ownership.page", project_id=project_id), 303)


def _page(
    written: str, *, wrong: list[str] | None = None, tried: list[dict[str, Any]] | None = None
) -> str:
    return render_template(
        "project_settings/ownership.html",
        rules=written,
        errors={"rules": "\n".join(wrong)} if wrong else {},
        error="",
        tried=tried,
        may_change=session.required().may("owner", "admin"),
    )


def _tried(project_id: int, written: str) -> list[dict[str, Any]]:
    """The newest issues, each with the rule that would decide, if any, and whom it names."""
    db, actor = reading(), session.actor()
    known, people = rules.parse(written)[0], ownership.members(db, actor.org_id)
    names = {user_id: address for address, user_id in people.items()}
    found = []
    for event in events.by_ids(db, actor, ownership.newest(db, actor, project_id, MOST_TRIED)):
        rule, user_id = assign.decide(known, event, people) or (None, None)
        found.append(event | {"rule": rule, "whom": names.get(user_id) if user_id else None})
    return found
