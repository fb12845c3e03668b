"""The organization: its projects, and what it is called."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.store import orgs, projects
from jentry.web import session, status
from jentry.web.guard import pages

bp = pages("organization_settings", __name__, is_confined=False)


@bp.get("/settings/projects")
def page() -> ResponseReturnValue:
    return _page()


@bp.post("/settings/organization")
def rename() -> ResponseReturnValue:
    try:
        with writing() as (db, at):
            name, slug = request.form.get("name", ""), request.form.get("slug", "")
            renamed = orgs.rename(db, session.actor(), name, slug, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say(f"The organization is called {renamed['name']}.")
    return redirect(url_for("web.organization_settings.page"), 303)


def _page(error: str = "") -> str:
    known = session.required()
    return render_template(
        "organization_settings/page.html",
        found=projects.list_for(reading(), session.actor()),
        error=error,
        values=request.form if error else known.organization,
        may_create=known.may("owner", "admin"),
        may_rename=known.may("owner"),
    )
