"""The projects of the organization: how each is doing, a new one, one at a glance."""

from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.presentation import charts
from jentry.schemas.base import load_leniently
from jentry.schemas.projects import PAGE_QUERY
from jentry.store import issue_figures, issue_list, projects, release_list, roles
from jentry.store.issue_list import Wanted
from jentry.store.project_summaries import summaries
from jentry.web import session, shell, snippets
from jentry.web.guard import pages

bp = pages("projects", __name__)

A_PAGE = 48  # cards
CARD = (240, 36)  # units of a trend
HEAD = (1008, 67)
HEAD_BARS = 84
PERIOD = "14d"
WORST = 5  # issues that an overview shows
MARKERS = 12  # releases


@bp.get("/projects")
def every() -> ResponseReturnValue:
    at, db, actor = clock.timestamp(clock.now()), reading(), session.actor()
    mine = projects.list_for(db, actor)
    paging, _ = load_leniently(PAGE_QUERY, request.args.to_dict())
    last = max(1, -(-len(mine) // A_PAGE))
    number = min(paging["page"], last)
    shown = mine[(number - 1) * A_PAGE : number * A_PAGE]
    found = summaries(db, actor, [project["id"] for project in shown], at)
    return render_template(
        "projects/list.html",
        cards=[project | found[project["id"]] for project in shown],
        trends={key: _trend(each["events"], at) for key, each in found.items()},
        number=number, last=last, total=len(mine), href=_page_href,
    )  # fmt: skip


@bp.get("/projects/new")
def form() -> ResponseReturnValue:
    roles.require(reading(), session.actor(), "admin", "create projects")
    return _form()


@bp.post("/projects/new")
def create() -> ResponseReturnValue:
    """Then to its set-up page."""
    name, platform = request.form.get("name", ""), request.form.get("platform") or None
    try:
        with writing() as (db, at):
            made = projects.create(db, session.actor(), name, None, platform, at)
    except Refusal as refusal:
        return _form(name, platform, refusal.message), refusal.status
    return redirect(url_for("web.project_setup.page", project_id=made["id"]), 303)


@bp.get("/projects/<id:project_id>")
def overview(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    g.at = clock.timestamp(clock.now())
    db, actor = reading(), session.actor()
    summary = summaries(db, actor, [project_id], g.at)[project_id]
    worst = Wanted(project_id=project_id, sort="events", period=PERIOD, limit=WORST)
    new = replace(worst, sort="first_seen", period="24h")
    return render_template(
        "projects/overview.html",
        summary=summary,
        worst=issue_list.page(db, actor, worst, g.at).rows,
        new=[row for row in issue_list.page(db, actor, new, g.at).rows if _is_new(row)],
        head=_head(project_id),
        release=_release(project_id, summary),
    )


def _form(name: str = "", platform: str | None = None, error: str | None = None) -> str:
    return render_template(
        "projects/new.html",
        groups=snippets.grouped(), name=name, platform=platform or snippets.USUAL, error=error,
    )  # fmt: skip


def _page_href(number: int) -> str:
    return local(f"/projects?page={number}")


def _trend(hours: list[tuple[str, int]], at: str) -> charts.Bars:
    over = charts.span("24h", 24, at)
    return charts.bars(charts.counted(hours, over), *CARD)


def _is_new(row: dict[str, Any]) -> bool:
    day = clock.parse(g.at) - clock.parse(row["first_seen"])
    return day.total_seconds() < 24 * 3600


def _head(project_id: int) -> dict[str, Any]:
    """All that the project accepted in two weeks, and when its releases came."""
    db, actor, over = reading(), session.actor(), charts.span(PERIOD, HEAD_BARS, g.at)
    hours = issue_figures.of_projects(db, actor, project_id, over.since)
    newest = release_list.newest(db, actor, project_id, MARKERS, over.since)
    after = over.place(newest[0]["sorted_at"]) if newest else None
    bars = charts.bars(charts.counted(hours, over), *HEAD, strong_from=after)
    return {
        "bars": bars,
        "markers": charts.markers([(r["release"], r["sorted_at"]) for r in newest], over),
        "ticks": charts.ticks(over),
        "said": charts.said(bars.total, PERIOD),
        "span": charts.SPANS[PERIOD],
    }


def _release(project_id: int, summary: dict[str, Any]) -> dict[str, Any] | None:
    """The newest one, with its health."""
    latest = summary["latest_release"]
    if latest is None:
        return None
    return release_list.head(reading(), session.actor(), project_id, latest["release"])
