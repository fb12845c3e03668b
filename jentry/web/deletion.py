"""Deleting an issue, a project or the organization: what would go, then the word to say so."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, writing
from jentry.errors import Unconfirmed
from jentry.presentation.text import count
from jentry.schemas.base import load_leniently
from jentry.schemas.projects import PAGE_QUERY
from jentry.store import deletions, roles
from jentry.store.paging import Paging
from jentry.web import issue, session, shell, status
from jentry.web.guard import pages

MOST = 25  # of a page

bp = pages("deletion", __name__, is_confined=False)


@bp.get(f"{issue.ISSUE}/delete")
def ask_issue(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    back = url_for("web.issue.latest", project_id=project_id, issue_id=issue_id)
    return _page("issue", issue_id, back)


@bp.post(f"{issue.ISSUE}/delete")
def delete_issue(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    back = url_for("web.issue.latest", project_id=project_id, issue_id=issue_id)
    return _deleted("issue", issue_id, back, f"/projects/{project_id}/issues")


@bp.get("/projects/<id:project_id>/delete")
def ask_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    back = url_for("web.project_settings.general", project_id=project_id)
    return _page("project", project_id, back)


@bp.post("/projects/<id:project_id>/delete")
def delete_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    back = url_for("web.project_settings.general", project_id=project_id)
    return _deleted("project", project_id, back, url_for("web.organization_settings.page"))


@bp.get("/settings/organization/delete")
def ask_organization() -> ResponseReturnValue:
    org_id = session.actor().org_id
    return _page("organization", org_id, url_for("web.organization_settings.page"))


@bp.post("/settings/organization/delete")
def delete_organization() -> ResponseReturnValue:
    org_id = session.actor().org_id
    return _deleted("organization", org_id, url_for("web.organization_settings.page"), "/")


@bp.get("/settings/deletions")
def progress() -> ResponseReturnValue:
    """How far what was deleted has gone from the file."""
    roles.require(reading(), session.actor(), "admin", "see deletions")
    paging, _ = load_leniently(PAGE_QUERY, request.args.to_dict())
    wanted = Paging(limit=MOST, page=paging["page"])
    found = deletions.page(reading(), session.actor(), wanted)
    return render_template(
        "deletion/progress.html", page=found, number=wanted.page,
        pages=max(1, -(-(found.total or 0) // MOST)), href=lambda number: f"?page={number}",
    )  # fmt: skip


def _page(kind: str, target_id: int, back: str, error: str = "") -> str:
    found = deletions.ask(reading(), session.actor(), kind, target_id, clock.timestamp(clock.now()))
    return render_template("deletion/page.html", kind=kind, found=found, back=back, error=error)


def _deleted(kind: str, target_id: int, back: str, then: str) -> ResponseReturnValue:
    word = request.form.get("confirm", "").strip()
    try:
        with writing() as (db, at):
            made = deletions.request(db, session.actor(), kind, target_id, word, at)
    except Unconfirmed as refusal:
        error = f"Type {refusal.confirm} to say that you mean it."
        return _page(kind, target_id, back, error), refusal.status
    status.say(_said(made))
    return redirect(then, 303)


def _said(deletion: dict[str, Any]) -> str:
    what = f"issue #{deletion['name']}" if deletion["kind"] == "issue" else deletion["name"]
    events = deletion["total"]
    return f"Deleted {what}." + (f" {count(events, 'event')} follow shortly." if events else "")
