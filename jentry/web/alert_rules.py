"""Alert rules, built by reading a sentence: when … in … tell …; tried on the past before."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.alerts import dry_run
from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.presentation import charts
from jentry.schemas.alert_rules import CREATE, DRY_RUN, PATCH
from jentry.schemas.base import load
from jentry.store import alert_channels, alert_rules, projects, roles, users
from jentry.vocabulary import LEVELS
from jentry.web import rule_form, session, status
from jentry.web.guard import pages

bp = pages("alert_rules", __name__)

HERE = "web.alert_rules.page"
DAYS, BARS = 14, (420, 60)


@bp.get("/settings/alerts/rules")
def page() -> ResponseReturnValue:
    return _page()


@bp.post("/settings/alerts/rules")
def create() -> ResponseReturnValue:
    """Add the rule, or try it on the past days."""
    try:
        wanted = rule_form.wanted(request.form)
        if request.form.get("do") == "try":
            return _page(tried=_tried(wanted))
        with writing() as (db, at):
            made = alert_rules.create(db, session.actor(), load(CREATE, wanted), at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say(f"“{made['name']}” holds from now on.")
    return redirect(url_for(HERE), 303)


@bp.get("/settings/alerts/rules/<id:rule_id>")
def edit(rule_id: int) -> ResponseReturnValue:
    rule = alert_rules.get(reading(), session.actor(), rule_id)
    return _form(rule, rule_form.of_rule(rule))


@bp.post("/settings/alerts/rules/<id:rule_id>")
def save(rule_id: int) -> ResponseReturnValue:
    """Change all of the rule, or try the change on the past days."""
    rule = alert_rules.get(reading(), session.actor(), rule_id)
    try:
        wanted = rule_form.wanted(request.form)
        if request.form.get("do") == "try":
            return _form(rule, request.form, tried=_tried(wanted))
        with writing() as (db, at):
            alert_rules.update(db, session.actor(), rule_id, load(PATCH, wanted), at)
    except Refusal as refusal:
        return _form(rule, request.form, error=refusal.message), refusal.status
    status.say(f"“{rule['name']}” is changed.")
    return redirect(url_for(HERE), 303)


@bp.post("/settings/alerts/rules/<id:rule_id>/switch")
def switch(rule_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        change = {"is_active": request.form.get("to") == "on"}
        found = alert_rules.update(db, session.actor(), rule_id, change, at)
    status.say(f"“{found['name']}” is {'on' if found['is_active'] else 'off'}.")
    return redirect(url_for(HERE), 303)


@bp.post("/settings/alerts/rules/<id:rule_id>/delete")
def delete(rule_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        alert_rules.delete(db, session.actor(), rule_id, at)
    status.say("The rule is deleted.")
    return redirect(url_for(HERE), 303)


def _tried(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadRequest."""
    rule = load(DRY_RUN, dict(wanted) | {"days": DAYS})
    alert_rules.require_own(reading(), session.actor(), rule)
    found = dry_run.run(reading(), session.actor(), rule, clock.timestamp(clock.now()))
    bars = charts.bars([day["matches"] for day in found["per_day"]], *BARS)
    return found | {"bars": bars}


def _page(tried: dict[str, Any] | None = None, error: str = "") -> str:
    db, actor = reading(), session.actor()
    form = request.form if request.method == "POST" else rule_form.new()
    shown = _choices(form) | {"tried": tried, "error": error, "rule": None}
    return render_template("alert_rules/page.html", rules=alert_rules.list_for(db, actor), **shown)


def _form(
    rule: dict[str, Any], form: rule_form.Form, tried: dict[str, Any] | None = None, error: str = ""
) -> str:
    roles.require(reading(), session.actor(), "admin", "change alert rules")
    shown = _choices(form) | {"tried": tried, "error": error, "rule": rule}
    return render_template("alert_rules/edit.html", **shown)


def _choices(form: rule_form.Form) -> dict[str, Any]:
    """What the form offers, and how it is filled in."""
    db, actor = reading(), session.actor()
    channels = alert_channels.list_for(db, actor)
    return {
        "channels": {channel["id"]: channel for channel in channels},
        "known": {item["id"]: item for item in projects.list_for(db, actor)},
        "people": [user for user in users.list_for(db, actor) if user["is_active"]],
        "simple": rule_form.SIMPLE,
        "levels": LEVELS,
        "form": form,
        "rows": partial(rule_form.rows, form),
    }
