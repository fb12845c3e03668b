"""The events of an issue as a table, its tags with all their values, all that happened to it."""

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading
from jentry.presentation.activity import act
from jentry.presentation.text import count
from jentry.schemas.base import load_leniently
from jentry.schemas.comments import ACTIVITY_QUERY
from jentry.store import activity, events, issue_figures, users
from jentry.store.paging import Page, Paging
from jentry.web import event_filters, issue, session
from jentry.web.guard import pages

bp = pages("issue_events", __name__)

MOST_VALUES = 100  # of a tag
FEW_VALUES = 5
MOST_KNOWN = 200  # tags that are suggested
LONGEST_KNOWN = 100


@bp.get(f"{issue.ISSUE}/events")
def table(project_id: int, issue_id: int) -> ResponseReturnValue:
    about = issue.find(project_id, issue_id)
    filters = event_filters.read()
    if trait := event_filters.added():
        return redirect(filters.with_trait(*trait), 302)
    db, actor = reading(), session.actor()
    page = events.page(db, actor, issue_id, filters.wanted, clock.timestamp(clock.now()))
    return render_template(
        "issue_events/table.html", issue=about, filters=filters, page=page, looked=_looked(page),
        known=_known(issue_figures.tags(db, actor, issue_id, FEW_VALUES)),
    )  # fmt: skip


def _looked(page: Page) -> str:
    """What the rows are taken from, in words."""
    if page.scanned is not None:
        return f"Looked through {count(page.scanned, 'event')}, newest first."
    if page.total is not None:
        return f"{count(page.total, 'event is', 'events are')} kept, newest first."
    return "Older events, newest first."


def _known(tags: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The most frequent tags of an issue, for whoever writes one."""
    pairs = [(tag["key"], held["value"]) for tag in tags for held in tag["values"]]
    return [pair for pair in pairs if len(pair[1]) <= LONGEST_KNOWN][:MOST_KNOWN]


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
