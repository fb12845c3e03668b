"""Alert rules, built by reading a sentence: when … in … tell …; tried on the past before."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.alerts import dry_run
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, Refusal
from jentry.presentation import charts
from jentry.schemas.alert_rules import CREATE, DRY_RUN
from jentry.schemas.base import load
from jentry.store import alert_channels, alert_rules, projects
from jentry.vocabulary import LEVELS
from jentry.web import session, status
from jentry.web.guard import pages

bp = pages("alert_rules", __name__)

HERE = "web.alert_rules.page"
SIMPLE = {
    "new_issue": "a new issue appears",
    "regressed": "a resolved issue comes back",
    "escalating": "an ignored issue escalates",
    "recovered": "a scheduled job recovers",
    "quota": "a quota drops events",
}
DAYS, BARS = 14, (420, 60)
FIRST = {"condition": ["new_issue", "regressed"], "level": ["fatal", "error"]}


@bp.get("/settings/alerts/rules")
def page() -> ResponseReturnValue:
    return _page()


@bp.post("/settings/alerts/rules")
def create() -> ResponseReturnValue:
    """Add the rule, or try it on the past days."""
    try:
        wanted = _wanted()
        if request.form.get("do") == "try":
            return _page(tried=_tried(wanted))
        with writing() as (db, at):
            made = alert_rules.create(db, session.actor(), load(CREATE, wanted), at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say(f"“{made['name']}” holds from now on.")
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


def _wanted() -> dict[str, Any]:
    """The form as the API takes a rule. Raises BadRequest."""
    form = request.form
    conditions: list[dict[str, Any]] = [
        {"kind": kind} for kind in form.getlist("condition") if kind in SIMPLE
    ]
    if form.get("events"):
        number = _number("events")
        window = 60 * _number("minutes")
        conditions.append({"kind": "frequency", "moreThan": number, "windowSeconds": window})
    if form.get("users"):
        conditions.append({"kind": "users", "moreThan": _number("users")})
    if form.get("below"):
        conditions.append({"kind": "crash_free", "below": _number("below"), "windowSeconds": 3600})
    chosen = {
        "levels": form.getlist("level"),
        "environments": form.get("environments", "").replace(",", " ").split(),
        "releases": form.get("releases", "").replace(",", " ").split(),
    }
    return {
        "name": form.get("name", ""),
        "projectIds": [int(one) for one in form.getlist("project") if one.isdecimal()] or None,
        "conditions": conditions,
        "filter": {name: held for name, held in chosen.items() if held},
        "channelIds": [int(one) for one in form.getlist("channel") if one.isdecimal()],
        "throttleSeconds": 60 * _number("throttle"),
    }


def _number(name: str) -> int:
    """Raises BadRequest."""
    text = request.form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(f"Say how many {name} as a whole number.")
    return int(text)


def _tried(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadRequest."""
    rule = load(DRY_RUN, dict(wanted) | {"days": DAYS})
    alert_rules.require_own(reading(), session.actor(), rule)
    found = dry_run.run(reading(), session.actor(), rule, clock.timestamp(clock.now()))
    bars = charts.bars([day["matches"] for day in found["per_day"]], *BARS)
    return found | {"bars": bars}


def _page(tried: dict[str, Any] | None = None, error: str = "") -> str:
    db, actor, form = reading(), session.actor(), request.form
    is_new = request.method == "GET"
    channels = alert_channels.list_for(db, actor)
    return render_template(
        "alert_rules/page.html",
        rules=alert_rules.list_for(db, actor),
        channels={channel["id"]: channel for channel in channels},
        known={item["id"]: item for item in projects.list_for(db, actor)},
        simple=SIMPLE,
        levels=LEVELS,
        chosen=FIRST if is_new else {key: form.getlist(key) for key in form},
        given=form,
        tried=tried,
        error=error,
    )
