"""A project's first error: what to install, what to paste, and a look whether it has arrived."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import base_url, local
from jentry.app.db import reading
from jentry.store import issues, projects
from jentry.web import cookies, headers, session, shell
from jentry.web.guard import pages
from jentry.web.snippets import SNIPPETS, snippet

bp = pages("project_setup", __name__)
bp.after_request(headers.unstored)

TOKEN = "jentry_token"  # noqa: S105 - a cookie's name
TOKEN_SECONDS = 120


@bp.get("/projects/<int:project_id>/setup")
def page(project_id: int) -> ResponseReturnValue:
    project = shell.enter(project_id)
    platform = request.args.get("platform") or project["platform"]
    dsn = projects.dsn(base_url(), project["public_key"] or "KEY", project_id)
    return render_template(
        "project_setup/page.html",
        platforms=SNIPPETS,
        platform=platform if platform in SNIPPETS else "python",
        snippet=snippet(platform, dsn),
        dsn=dsn,
        token=_take_token(),
        base_url=base_url(),
        first=issues.first(reading(), session.actor(), project_id),
    )


@bp.get("/projects/<int:project_id>/setup/status")
def status(project_id: int) -> ResponseReturnValue:
    """`{"href": …}` of the first issue, or null while there is none."""
    first = issues.first(reading(), session.actor(), project_id)
    return {"href": first and local(f"/projects/{project_id}/issues/{first}")}


def keep_token(token: str) -> None:
    """For the next page, which shows it once; only this browser has it meanwhile."""
    cookies.put(TOKEN, token, seconds=TOKEN_SECONDS)


def _take_token() -> str:
    token = cookies.get(TOKEN)
    if token:
        cookies.drop(TOKEN)
    return token
