"""One alert channel as a form: its name and address, its digest, quiet hours and secret."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.schemas.alert_channels import PATCH
from jentry.schemas.base import load
from jentry.store import accounts, alert_channels, roles
from jentry.vocabulary import LEVELS, WEEKDAYS
from jentry.web import forms, headers, session, status
from jentry.web.guard import pages

bp = pages("channel_settings", __name__)
bp.after_request(headers.unstored)

HERE = "/settings/alerts/channels/<id:channel_id>"
USUAL = {"from": "22:00", "until": "07:00"}


@bp.get(HERE)
def edit(channel_id: int) -> ResponseReturnValue:
    return _page(channel_id)


@bp.post(HERE)
def save(channel_id: int) -> ResponseReturnValue:
    channel = alert_channels.get(reading(), session.actor(), channel_id)
    try:
        wanted = load(PATCH, _wanted(channel["kind"]))
        with writing() as (db, at):
            alert_channels.update(db, session.actor(), channel_id, wanted, at)
    except Refusal as refusal:
        return _page(channel_id, error=refusal.message), refusal.status
    status.say(f"“{wanted['name']}” is saved.")
    return redirect(url_for("web.alert_channels.page"), 303)


@bp.post(f"{HERE}/rotate")
def rotate(channel_id: int) -> ResponseReturnValue:
    """The answer shows the new secret; reloading it cannot."""
    try:
        with writing() as (db, at):
            _, secret = alert_channels.rotate(db, session.actor(), channel_id, at)
    except Refusal as refusal:
        return _page(channel_id, error=refusal.message), refusal.status
    return _page(channel_id, secret=secret)


def _wanted(kind: str) -> dict[str, Any]:
    """As the API takes a change; an address that is not typed stays."""
    form = request.form
    wanted: dict[str, Any] = {
        "name": form.get("name", ""),
        "digestSeconds": _seconds(form.get("digest")),
        "quietHours": None,
    }
    if kind == "email":
        wanted["to"] = form.get("to", "").replace(",", " ").split()
    elif form.get("url", "").strip():
        wanted["url"] = form["url"].strip()
    if "is_quiet" in form:
        wanted["quietHours"] = {
            "timezone": form.get("timezone", ""), "days": form.getlist("day"),
            "from": form.get("from", ""), "until": form.get("until", ""),
            "exceptLevels": form.getlist("level"),
        }  # fmt: skip
    return wanted


def _seconds(minutes: str | None) -> Any:
    """What is no whole number stays as it is, for the schema to refuse."""
    number = forms.number(minutes)
    return number * 60 if isinstance(number, int) else number


def _values(channel: dict[str, Any]) -> dict[str, Any]:
    """Of the fields."""
    quiet = channel["quiet_hours"]
    held = quiet or {"begin": USUAL["from"], "end": USUAL["until"], "days": [], "except_levels": []}
    return {
        "name": channel["name"], "to": " ".join(channel["to"] or ()),
        "digest": f"{channel['digest_seconds'] / 60:g}", "is_quiet": quiet is not None,
        "timezone": held.get("timezone", session.required().time_zone),
        "from": held["begin"], "until": held["end"], "days": held["days"],
        "levels": held["except_levels"],
    }  # fmt: skip


def _typed() -> dict[str, Any]:
    form = request.form
    lists = {"days": form.getlist("day"), "levels": form.getlist("level")}
    return form.to_dict() | lists | {"is_quiet": "is_quiet" in form}


def _page(channel_id: int, error: str = "", secret: str = "") -> str:
    db, actor = reading(), session.actor()
    roles.require(db, actor, "admin", alert_channels.MANAGE)
    channel = alert_channels.get(db, actor, channel_id)
    return render_template(
        "channel_settings/page.html",
        channel=channel,
        values=_typed() if error and "name" in request.form else _values(channel),
        secret=secret,
        error=error,
        levels=LEVELS,
        weekdays=WEEKDAYS,
        zones=[(name, name.replace("_", " ")) for name in accounts.time_zones()],
    )
