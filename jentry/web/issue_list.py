"""The list of issues, of a project or of all: find what is worst."""

import re
from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading
from jentry.errors import BadRequest, NotFound
from jentry.presentation import charts
from jentry.presentation.text import count
from jentry.store import (
    conditions,
    events,
    issue_figures,
    issue_list,
    issues,
    projects,
    release_list,
    users,
    views,
)
from jentry.store.paging import Page
from jentry.vocabulary import STATUSES
from jentry.web import filters, session, shell
from jentry.web.filters import Filters
from jentry.web.guard import pages

bp = pages("issue_list", __name__)

USUAL = "14d"
TREND_BARS, HEAD_BARS = 28, 84
TREND = (112, 28)  # units
HEAD = (1008, 67)
MOST_COUNTED = 2000  # issues whose events are added up while somebody waits
MARKERS = 12  # releases
RECENT_RELEASES = 20

NUMBER = re.compile(r"#([0-9]{1,18})")
EVENT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@bp.get("/issues")
def every() -> ResponseReturnValue:
    return _page(None)


@bp.get("/projects/<id:project_id>/issues")
def of_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _page(project_id)


@bp.get("/issues/news")
def news_of_every() -> ResponseReturnValue:
    return _news(None)


@bp.get("/projects/<id:project_id>/issues/news")
def news(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _news(project_id)


def _news(project_id: int | None) -> ResponseReturnValue:
    """`{"text": …}` of what has come since the list was read, null while that is nothing."""
    g.at = clock.timestamp(clock.now())
    wanted = replace(filters.read(project_id).wanted, limit=1, page=1)
    seen = filters.instant("seen") or g.at
    wanted = replace(wanted, since=max(seen, wanted.since or ""))
    total = issue_list.page(reading(), session.actor(), wanted, g.at).total or 0
    text = f"{count(total, 'issue has', 'issues have')} new events." if total else None
    return {"text": text}


def _page(project_id: int | None) -> ResponseReturnValue:
    if not request.args:
        return redirect(local(f"{request.path}?period={USUAL}"), 302)
    g.at = clock.timestamp(clock.now())
    found = filters.read(project_id)
    if "" in request.args.values():  # a form's empty fields: they say nothing, to the API neither
        return redirect(f"{found.path}?{found.query}", 302)
    if (place := _named(found.wanted.search or found.wanted.query)) is not None:
        return redirect(place, 302)
    if not found.is_narrowed and issue_list.is_empty(reading(), session.actor(), project_id):
        return _nothing_yet(project_id)
    return render_template("issue_list/page.html", **_context(found))


def _named(query: str) -> str | None:
    """The page of the one thing that is looked for: `#1042`, or an event's id."""
    text, actor = query.strip(), session.actor()
    try:
        if found := NUMBER.fullmatch(text):
            issue = issues.get(reading(), actor, int(found[1]), g.at)
            return url_for("web.issue.latest", project_id=issue["project_id"], issue_id=issue["id"])
        if EVENT_ID.fullmatch(text):
            event = events.named(reading(), actor, bytes.fromhex(text.replace("-", "")))
            return url_for(
                "web.issue.event",
                project_id=event["project_id"], issue_id=event["issue_id"], event_id=event["id"],
            )  # fmt: skip
    except NotFound:
        return None
    return None


def _nothing_yet(project_id: int | None) -> ResponseReturnValue:
    if project_id is not None:
        return redirect(local(f"/projects/{project_id}/setup"), 302)
    mine = projects.list_for(reading(), session.actor())
    if len(mine) == 1:
        return redirect(local(f"/projects/{mine[0]['id']}/setup"), 302)
    return render_template("issue_list/none.html", projects=mine)


def _context(found: Filters) -> dict[str, Any]:
    db, actor = reading(), session.actor()
    try:
        page = issue_list.page(db, actor, found.wanted, g.at)
    except BadRequest as refusal:  # the search says nothing: no rows, and what is wrong
        return _empty(found, refusal.message.removeprefix("search: "))
    if not page.rows and page.total:  # beyond the end: the last one
        last = -(-page.total // found.wanted.limit)
        found = replace(found, wanted=replace(found.wanted, page=last))
        page = issue_list.page(db, actor, found.wanted, g.at)
    counts = issue_figures.by_status(db, actor, found.wanted, g.at)
    g.counts = {"Issues": counts["unresolved"]}
    return {
        "filters": found,
        "wanted": found.wanted,
        "page": page,
        "counts": counts,
        "pages": max(1, -(-(page.total or 0) // found.wanted.limit)),
        "people": {user["id"]: user for user in users.list_for(db, actor)},
        "trends": _trends(found, page),
        "head": _head(found, page),
        "names": {p["id"]: p["slug"] for p in projects.list_for(db, actor)},
        "views": views.offered(db, actor, found.wanted.project_id, g.at),
        "seen": g.at,
        **_releases(found.wanted.project_id),
    }


def _releases(project_id: int | None) -> dict[str, Any]:
    """Those that an issue of the project may be resolved in."""
    if project_id is None:
        return {"newest_release": None, "releases": []}
    return {
        "newest_release": conditions.newest_release(reading(), session.actor(), project_id),
        "releases": release_list.newest(reading(), session.actor(), project_id, RECENT_RELEASES),
    }


def _empty(found: Filters, wrong: str) -> dict[str, Any]:
    db, actor = reading(), session.actor()
    return {
        "filters": found,
        "wanted": found.wanted,
        "wrong": wrong,
        "page": Page([], 0, None),
        "counts": dict.fromkeys(STATUSES, 0),
        "people": {user["id"]: user for user in users.list_for(db, actor)},
        "views": views.offered(db, actor, found.wanted.project_id, g.at),
        "seen": g.at,
    }


def _trends(found: Filters, page: Page) -> dict[int, charts.Bars]:
    """By issue; bars since it is new or back are marked."""
    over = charts.span(found.wanted.period, TREND_BARS, g.at)
    ids = [row["id"] for row in page.rows]
    hours = issue_figures.hours_of_each(reading(), session.actor(), ids, over.since)
    return {
        row["id"]: charts.bars(
            charts.counted(hours[row["id"]], over), *TREND, strong_from=_since_when(row, over)
        )
        for row in page.rows
    }


def _since_when(row: dict[str, Any], over: charts.Span) -> float | None:
    if row["substatus"] == "new":
        return over.place(row["first_seen"])
    if row["substatus"] in ("regressed", "escalating"):
        return over.place(row["status_at"])
    return None


def _head(found: Filters, page: Page) -> dict[str, Any]:
    """Of the issues that are found; where they are too many, of all events of the project."""
    db, actor, wanted = reading(), session.actor(), found.wanted
    over = charts.span(wanted.period, HEAD_BARS, g.at)
    is_exact = (page.total or 0) <= MOST_COUNTED
    if is_exact:
        hours = issue_figures.hours_of_list(db, actor, wanted, over.since, g.at)
    else:
        hours = issue_figures.of_projects(db, actor, wanted.project_id, over.since)
    newest = []
    if wanted.project_id is not None:
        newest = release_list.newest(db, actor, wanted.project_id, MARKERS, over.since)
    after = over.place(newest[0]["sorted_at"]) if newest else None
    bars = charts.bars(charts.counted(hours, over), *HEAD, strong_from=after)
    return {
        "bars": bars,
        "is_exact": is_exact,
        "span": charts.SPANS[wanted.period],
        "markers": charts.markers([(r["release"], r["sorted_at"]) for r in newest], over),
        "ticks": charts.ticks(over),
        "said": charts.said(bars.total, wanted.period),
    }
