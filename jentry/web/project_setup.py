"""A project's first error: what to install, what to paste, and a look whether it has arrived."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from jentry.app.address import base_url, local
from jentry.app.db import reading
from jentry.presentation import highlight
from jentry.store import issues, projects
from jentry.web import cookies, headers, session, shell, snippets
from jentry.web.guard import pages

bp = pages("project_setup", __name__)
bp.after_request(headers.unstored)

TOKEN = "jentry_token"  # noqa: S105 - a cookie's name
TOKEN_SECONDS = 120


@bp.get("/projects/<id:project_id>/setup")
def page(project_id: int) -> ResponseReturnValue:
    project = shell.enter(project_id)
    key = project["public_key"]
    return render_template(
        "project_setup/page.html",
        groups=snippets.grouped(),
        snippet=snippets.find(request.args.get("platform"), project["platform"]),
        dsn=projects.dsn(base_url(), key or "KEY", project_id),
        has_key=key is not None,
        token=_take_token(),
        first=issues.first(reading(), session.actor(), project_id),
    )


@bp.get("/projects/<id:project_id>/setup/status")
def status(project_id: int) -> ResponseReturnValue:
    """`{"href": …}` of the first issue, or null while there is none."""
    first = issues.first(reading(), session.actor(), project_id)
    return {"href": first and local(f"/projects/{project_id}/issues/{first}")}


@bp.app_template_filter("highlighted")
def highlighted(code: str, language: str) -> Markup:
    """Lines of a snippet, coloured."""
    return Markup(highlight.whole(code, language))  # noqa: S704


def keep_token(token: str) -> None:
    """For the next page, which shows it once; only this browser has it meanwhile."""
    cookies.put(TOKEN, token, seconds=TOKEN_SECONDS)


def _take_token() -> str:
    token = cookies.get(TOKEN)
    if token:
        cookies.drop(TOKEN)
    return token
