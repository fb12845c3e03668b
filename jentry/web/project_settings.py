"""A project's settings: what it is called, who may send, what is dropped, hidden and limited."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, settings, writing
from jentry.errors import Refusal
from jentry.schemas.base import load_or_tell
from jentry.schemas.projects import DETAIL, PATCH
from jentry.store import projects, quota_windows
from jentry.vocabulary import PLATFORMS
from jentry.web import forms, session, shell, status
from jentry.web.guard import pages

bp = pages("project_settings", __name__)

GENERAL: forms.Readers = {
    "name": forms.text,
    "slug": forms.text,
    "platform": forms.optional,
    "settings.allowedOrigins": forms.lines,
    "settings.codeLink": forms.text,
}
FILTERS: forms.Readers = {
    "settings.filters.browserExtensions": forms.flag,
    "settings.filters.webCrawlers": forms.flag,
    "settings.filters.legacyBrowsers": forms.flag,
    "settings.filters.localhost": forms.flag,
    "settings.filters.messages": forms.lines,
    "settings.filters.releases": forms.lines,
    "settings.filters.environments": forms.lines,
    "settings.filters.ips": forms.lines,
    "settings.storeIps": forms.flag,
    "settings.sensitiveFields": forms.lines,
    "settings.safeFields": forms.lines,
}
QUOTAS: forms.Readers = {
    "settings.quota5Min": forms.number,
    "settings.quotaHour": forms.number,
    "settings.retentionDays": forms.number,
    "settings.eventsPerIssue": forms.number,
    "settings.eventsPerProject": forms.number,
}
FIELDS = {"general": GENERAL, "filters": FILTERS, "quotas": QUOTAS}


@bp.get("/projects/<id:project_id>/settings/general")
def general(project_id: int) -> ResponseReturnValue:
    return _page(project_id, "general")


@bp.get("/projects/<id:project_id>/settings/filters")
def filters(project_id: int) -> ResponseReturnValue:
    return _page(project_id, "filters")


@bp.get("/projects/<id:project_id>/settings/quotas")
def quotas(project_id: int) -> ResponseReturnValue:
    return _page(project_id, "quotas")


@bp.post("/projects/<id:project_id>/settings/<any(general, filters, quotas):page>")
def save(project_id: int, page: str) -> ResponseReturnValue:
    """What is refused is said beside its field, with what was typed."""
    shell.enter(project_id)
    change, errors = load_or_tell(PATCH, forms.sent(FIELDS[page]))
    if errors:
        return _page(project_id, page, errors=forms.by_field(errors)), 400
    try:
        with writing() as (db, at):
            projects.update(db, session.actor(), project_id, change, at)
    except Refusal as refusal:
        return _page(project_id, page, error=refusal.message), refusal.status
    status.say("Saved. It holds from the next event on.")
    return redirect(url_for(f"web.project_settings.{page}", project_id=project_id), 303)


def _page(
    project_id: int, page: str, *, errors: dict[str, str] | None = None, error: str = ""
) -> str:
    project = shell.enter(project_id)
    found = projects.detail(reading(), session.actor(), project_id)
    values = forms.shown(DETAIL.dump(found), FIELDS[page])
    if request.method == "POST":
        values |= dict.fromkeys((name for name in values if values[name] is True), False)
        values |= request.form.to_dict()
    return render_template(
        f"project_settings/{page}.html",
        values=values,
        errors=errors or {},
        error=error,
        may_change=session.required().may("owner", "admin"),
        platforms=_platforms(project["platform"]),
        windows=_windows(project_id) if page == "quotas" else [],
    )


def _platforms(held: str | None) -> list[tuple[str, str]]:
    """Those that events name, and what the project has."""
    names = sorted(PLATFORMS | ({held} if held else set()))
    return [("", "None"), *((name, name) for name in names)]


def _windows(project_id: int) -> list[dict[str, Any]]:
    at = clock.timestamp(clock.now())
    return quota_windows.of_project(reading(), session.actor(), project_id, settings(), at)
