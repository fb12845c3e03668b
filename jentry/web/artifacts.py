"""What release tools have uploaded for a project: bundles of scripts, source maps and mappings."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.schemas.base import load_leniently
from jentry.schemas.projects import PAGE_QUERY
from jentry.store import artifacts
from jentry.store.paging import Paging
from jentry.web import session, shell, status
from jentry.web.guard import pages

bp = pages("artifacts", __name__)

ARTIFACTS = "/projects/<id:project_id>/settings/source-maps"
MOST = 25  # of a page


@bp.get(ARTIFACTS)
def page(project_id: int) -> ResponseReturnValue:
    return _page(project_id)


@bp.post(f"{ARTIFACTS}/<id:artifact_id>/delete")
def delete(project_id: int, artifact_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    try:
        with writing() as (db, at):
            artifacts.delete(db, session.actor(), artifact_id, at)
    except Refusal as refusal:
        return _page(project_id, refusal.message), refusal.status
    status.say(f"Bundle {artifact_id} is deleted. Events that were mapped by it stay mapped.")
    return redirect(url_for("web.artifacts.page", project_id=project_id), 303)


def _page(project_id: int, error: str = "") -> str:
    shell.enter(project_id)
    wanted, _ = load_leniently(PAGE_QUERY, request.args)
    number = wanted["page"]
    found = artifacts.page(reading(), session.actor(), project_id, Paging(MOST, number))
    total = found.total or 0
    return render_template(
        "artifacts/page.html",
        bundles=found.rows,
        total=total,
        number=number,
        pages=max(1, -(-total // MOST)),
        href=lambda n: f"?page={n}",
        error=error,
        may_change=session.required().may("owner", "admin"),
    )
