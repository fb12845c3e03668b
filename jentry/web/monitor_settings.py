"""A scheduled job before it reports in, and its schedule afterwards."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.alerts import schedule
from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.schemas.base import load_or_tell
from jentry.schemas.monitors import CREATE, PATCH
from jentry.store import accounts, monitors, roles
from jentry.web import forms, session, shell, status
from jentry.web.guard import pages

bp = pages("monitor_settings", __name__)

NUMBERS = ("checkin_margin", "max_runtime", "failure_issue_threshold", "recovery_threshold")
USUAL = {
    "type": "crontab", "crontab": "0 3 * * *", "every": "1", "unit": "hour", "timezone": "UTC",
    "checkin_margin": "1", "max_runtime": "30", "failure_issue_threshold": "1",
    "recovery_threshold": "1",
}  # fmt: skip
TYPES = (
    ("crontab", "By a crontab"),
    ("interval", "Every so often"),
    ("none", "No schedule: its check-ins say"),
)
NEXT = 5
NEW = "/projects/<id:project_id>/settings/monitors"
ONE = f"{NEW}/<slug>"


@bp.get(NEW)
def new(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _page(None, USUAL)


@bp.post(NEW)
def create(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    body = {"slug": request.form.get("slug", "").strip(), "config": _config()}
    wanted, errors = load_or_tell(CREATE, body)
    if errors or request.form.get("do") == "try":
        return _page(None, _typed(), _by_field(errors))
    try:
        with writing() as (db, at):
            made = monitors.create(db, session.actor(), project_id, **wanted, at=at)
    except Refusal as refusal:
        return _page(None, _typed(), error=refusal.message)[0], refusal.status
    status.say(f"{made['slug']} is made. It is expected from its first check-in on.")
    return _shown(made)


@bp.get(ONE)
def edit(project_id: int, slug: str) -> ResponseReturnValue:
    shell.enter(project_id)
    found = monitors.named(reading(), session.actor(), project_id, slug)
    return _page(found, _values(found["config"]))


@bp.post(ONE)
def save(project_id: int, slug: str) -> ResponseReturnValue:
    shell.enter(project_id)
    found = monitors.named(reading(), session.actor(), project_id, slug)
    config = _config()
    change, errors = load_or_tell(PATCH, {"config": config} if config else {"isActive": True})
    if errors or request.form.get("do") == "try":
        return _page(found, _typed(), _by_field(errors))
    change = change if config else {"config": None}
    with writing() as (db, at):
        monitors.update(db, session.actor(), found["id"], change, at)
    status.say("Saved. The schedule holds from the next check-in on.")
    return _shown(found)


@bp.post(f"{ONE}/delete")
def delete(project_id: int, slug: str) -> ResponseReturnValue:
    shell.enter(project_id)
    with writing() as (db, at):
        found = monitors.named(db, session.actor(), project_id, slug)
        monitors.delete(db, session.actor(), found["id"], at)
    status.say(f"{slug} is deleted with its check-ins. Its issues stay.")
    return redirect(url_for("web.monitors.table", project_id=project_id), 303)


def next_times(config: Any) -> list[str]:
    """Of a schedule as a client sent it; none of one that cannot be read."""
    try:
        found = schedule.read(config if isinstance(config, dict) else {})
        times = schedule.times(found, clock.now(), NEXT)
    except schedule.Unreadable:
        return []
    return [clock.timestamp(moment) for moment in times]


def _shown(monitor: dict[str, Any]) -> ResponseReturnValue:
    place = {"project_id": monitor["project_id"], "slug": monitor["slug"]}
    return redirect(url_for("web.monitors.page", **place), 303)


def _config() -> dict[str, Any] | None:
    """As SDKs send it; None for no schedule."""
    form = request.form
    if form.get("type") == "interval":
        unit = form.get("unit", "")
        said = {"type": "interval", "value": forms.number(form.get("every")) or "", "unit": unit}
    elif form.get("type") == "crontab":
        said = {"type": "crontab", "value": form.get("crontab", "").strip()}
    else:
        return None
    numbers = {name: forms.number(form.get(name)) for name in NUMBERS}
    given = {name: held for name, held in numbers.items() if held is not None}
    return {"schedule": said, "timezone": form.get("timezone", "UTC"), **given}


def _values(config: Any) -> dict[str, str]:
    """Of the fields; what a client sent that is odd is shown as what holds instead of it."""
    sent: dict[str, Any] = config if isinstance(config, dict) else {}
    held = sent.get("schedule")
    said: dict[str, Any] = held if isinstance(held, dict) else {}
    kind = said.get("type") if said.get("type") in ("crontab", "interval") else "none"
    found = {"type": kind, "timezone": sent.get("timezone")}
    found |= {"crontab": said.get("value")} if kind == "crontab" else {"every": said.get("value")}
    found |= {"unit": said.get("unit")} | {name: sent.get(name) for name in NUMBERS}
    known = {name: str(one) for name, one in found.items() if isinstance(one, str | int)}
    return USUAL | known


def _typed() -> dict[str, str]:
    return USUAL | {name: request.form.get(name, "") for name in ("slug", *USUAL)}


def _by_field(errors: dict[str, str]) -> dict[str, str]:
    """By the names of the fields, which stand for members of `config`."""
    is_interval = request.form.get("type") == "interval"
    names = {"schedule": "every" if is_interval else "crontab", "schedule.unit": "unit"}
    names["schedule.value"] = names["schedule"]
    inner = {path.removeprefix("config."): sentence for path, sentence in errors.items()}
    return {names.get(path, path): sentence for path, sentence in inner.items()}


def _page(
    monitor: dict[str, Any] | None,
    values: dict[str, str],
    errors: dict[str, str] | None = None,
    error: str = "",
) -> tuple[str, int]:
    roles.require(reading(), session.actor(), "admin", monitors.MANAGE)
    config = _config() if request.method == "POST" else monitor and monitor["config"]
    shown = render_template(
        "monitor_settings/page.html",
        monitor=monitor,
        values=values,
        errors=errors or {},
        error=error,
        types=TYPES,
        units=[(unit, f"{unit}s") for unit in schedule.UNITS],
        zones=[(name, name.replace("_", " ")) for name in accounts.time_zones()],
        times=next_times(config) if not errors else [],
    )
    return shown, 400 if errors else 200
