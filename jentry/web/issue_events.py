"""The events of an issue as a table, its tags with all their values, all that happened to it."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.app.db import reading
from jentry.presentation.activity import act
from jentry.schemas.base import load_leniently
from jentry.schemas.comments import ACTIVITY_QUERY
from jentry.schemas.events import QUERY
from jentry.store import activity, events, issue_figures, users
from jentry.store.paging import Paging
from jentry.web import issue, session
from jentry.web.guard import pages

bp = pages("issue_events", __name__)

MOST_VALUES = 100  # of a tag
A_PAGE = 50


@bp.get(f"{issue.ISSUE}/events")
def table(project_id: int, issue_id: int) -> ResponseReturnValue:
    about = issue.find(project_id, issue_id)
    wanted, _ = load_leniently(QUERY, {"limit": str(A_PAGE)} | request.args.to_dict())
    page = events.page(reading(), session.actor(), issue_id, wanted)
    return render_template(
        "issue_events/table.html",
        issue=about,
        page=page,
        wanted=wanted,
        **_paged(page.total, wanted),
    )


@bp.get(f"{issue.ISSUE}/tags")
def tags(project_id: int, issue_id: int) -> ResponseReturnValue:
    about = issue.find(project_id, issue_id)
    found = issue_figures.tags(reading(), session.actor(), issue_id, MOST_VALUES)
    return render_template("issue_events/tags.html", issue=about, tags=found)


@bp.get(f"{issue.ISSUE}/activity")
def history(project_id: int, issue_id: int) -> ResponseReturnValue:
    about = issue.find(project_id, issue_id)
    given, _ = load_leniently(ACTIVITY_QUERY, request.args.to_dict())
    wanted = Paging(**given)
    db, actor = reading(), session.actor()
    entries, total = activity.page(db, actor, issue_id, wanted)
    people = {user["id"]: user for user in users.list_for(db, actor)}
    acts = [act(entry) for entry in entries]
    context = {"acts_of": acts, "people": people, "wanted": wanted, **_paged(total, wanted)}
    return render_template("issue_events/activity.html", issue=about, **context)


def _paged(total: int | None, wanted: Paging) -> dict[str, Any]:
    def href(page: int) -> str:
        return local(f"{request.path}?page={page}")

    return {"total": total, "pages": max(1, -(-(total or 0) // wanted.limit)), "href": href}
