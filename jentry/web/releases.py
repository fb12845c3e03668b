"""The releases of a project: how healthy each is, one against the one before."""

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.presentation import charts, shares
from jentry.schemas.base import load_leniently
from jentry.schemas.releases import PAGE_QUERY
from jentry.store import issue_list, release_health, release_list
from jentry.store.issue_list import Wanted
from jentry.store.paging import Page, Paging
from jentry.web import session, shell
from jentry.web.guard import pages

bp = pages("releases", __name__)

A_PAGE = 25
SHARE_BARS = 56
CRASH_BARS, CRASHES = 14, (64, 20)
FEW = 5  # commits and deploys of the newest release, in the list
MOST_COMMITS = 100
MOST_ISSUES = 10  # of each kind
RELEASES = "/projects/<id:project_id>/releases"


@bp.get(RELEASES)
def every(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    g.at = clock.timestamp(clock.now())
    wanted, _ = load_leniently(PAGE_QUERY, request.args.to_dict())
    page = _page(project_id, wanted["page"])
    last = max(1, -(-(page.total or 0) // A_PAGE))
    number = min(wanted["page"], last)
    charts_of = _charts(project_id, page, wanted["period"])
    newest = _newest(page) if number == 1 else None
    return render_template(
        "releases/list.html", page=page, number=number, last=last, period=wanted["period"],
        href=_href(project_id, wanted["period"]), newest=newest, **charts_of,
    )  # fmt: skip


def _charts(project_id: int, page: Page, period: str) -> dict[str, Any]:
    over = charts.span(period, SHARE_BARS if period != "24h" else 24, g.at)
    return {
        "chart": _chart(project_id, over, period),
        "trends": _trends(page, period),
        "span": charts.SPANS[period],
    }


@bp.get(f"{RELEASES}/<version>")
def detail(project_id: int, version: str) -> ResponseReturnValue:
    project = shell.enter(project_id)
    g.at = clock.timestamp(clock.now())
    try:
        release = release_list.head(reading(), session.actor(), project_id, version)
    except NotFound:
        raise NotFound(f"There is no release {version} in {project['name']}.") from None
    return render_template("releases/detail.html", release=release, **_about(project_id, release))


def _about(project_id: int, release: dict[str, Any]) -> dict[str, Any]:
    db, actor, version = reading(), session.actor(), release["release"]
    compared = release_health.comparison(db, actor, project_id, version)
    commits, total = release_list.first_commits(db, actor, release["id"], MOST_COMMITS)
    return {
        "compared": compared,
        "commits": commits,
        "commits_total": total,
        "deploys": release_list.deploys_page(db, actor, release["id"], Paging(limit=MOST_COMMITS)),
        "issues": _issues(compared),
        "sessions": _sessions(project_id, version),
        "all_issues": _all_issues(project_id, version),
    }


def _page(project_id: int, number: int) -> Page:
    """One beyond the end is the last one."""
    db, actor = reading(), session.actor()
    page = release_list.page(db, actor, project_id, Paging(A_PAGE, number))
    if not page.rows and page.total:
        last = -(-page.total // A_PAGE)
        page = release_list.page(db, actor, project_id, Paging(A_PAGE, last))
    return page


def _href(project_id: int, period: str) -> Any:
    def href(page: int = 1, period: str = period) -> str:
        query = f"?period={period}" + (f"&page={page}" if page > 1 else "")
        return local(f"/projects/{project_id}/releases{query}")

    return href


def _chart(project_id: int, over: charts.Span, period: str) -> dict[str, Any] | None:
    """None without a session in that time."""
    db, actor = reading(), session.actor()
    newest = release_list.newest(db, actor, project_id, release_health.NEWEST)
    ids = [row["id"] for row in newest]
    found = release_health.shares(db, actor, project_id, ids, over.since)
    named = [(row["release"], charts.counted(found[row["id"]], over)) for row in newest]
    named.append(("older", charts.counted(found[release_health.OLDER], over)))
    if not any(map(any, (counts for _, counts in named))):
        return None
    return {
        "bands": shares.bands(named),
        "ticks": charts.ticks(over),
        "span": charts.SPANS[period],
    }


def _trends(page: Page, period: str) -> dict[int, charts.Bars]:
    over = charts.span(period, CRASH_BARS if period != "24h" else 12, g.at)
    ids = [row["id"] for row in page.rows]
    found = release_health.crashes(reading(), session.actor(), ids, over.since)
    return {key: charts.bars(charts.counted(held, over), *CRASHES) for key, held in found.items()}


def _newest(page: Page) -> dict[str, Any] | None:
    """The first row's commits and deploys."""
    if not page.rows:
        return None
    db, actor, release_id = reading(), session.actor(), page.rows[0]["id"]
    commits, total = release_list.first_commits(db, actor, release_id, FEW)
    deploys = release_list.deploys_page(db, actor, release_id, Paging(FEW)).rows
    return {"commits": commits, "commits_total": total, "deploys": deploys}


def _issues(compared: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The first of each kind, as rows."""
    db, actor = reading(), session.actor()
    return {
        kind: issue_list.shown_by_ids(db, actor, compared[f"{kind}_ids"][:MOST_ISSUES], g.at)
        for kind in ("new", "regressed", "resolved")
    }


def _all_issues(project_id: int, version: str) -> Page:
    wanted = Wanted(
        project_id=project_id, release=version, status="all", sort="events", limit=MOST_ISSUES
    )
    return issue_list.page(reading(), session.actor(), wanted, g.at)


def _sessions(project_id: int, version: str) -> dict[str, Any] | None:
    """Of two weeks, with the crashed ones apart; None without any."""
    over = charts.span("14d", SHARE_BARS, g.at)
    rows = release_health.hourly(reading(), session.actor(), project_id, version, "14d", g.at)
    counts = charts.counted([(row["hour"], row["sessions"]) for row in rows], over)
    crashed = charts.counted([(row["hour"], row["crashed"]) for row in rows], over)
    if not any(counts):
        return None
    return {
        "all": charts.bars(counts, 1008, 44),
        "crashed": charts.bars(crashed, 1008, 30, strong_from=0),
        "ticks": charts.ticks(over),
    }
