"""One issue with one of its events: understand an error."""

from typing import Any

from flask import abort, current_app, g, redirect, render_template, url_for
from flask import request as request_
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, settings
from jentry.errors import NotFound
from jentry.ingest.symbolication.doctor import sentences
from jentry.owners import suspects
from jentry.presentation import charts, crumbs, grouping, raw, request, sections, stack, values
from jentry.presentation.activity import act, condition
from jentry.store import (
    activity,
    attachments,
    conditions,
    deliveries,
    events,
    issue_figures,
    issues,
    merges,
    projects,
    release_list,
    user_reports,
    users,
)
from jentry.store.paging import Paging
from jentry.web import habits, session, shell, wording
from jentry.web.guard import pages

bp = pages("issue", __name__)

TREND_BARS, TREND = 42, (252, 44)
TOP_VALUES = 3
TOP_KEYS = ("environment", "release", "transaction", "server_name", "browser", "os")
MOST_ACTS = 25
MOST_FILES = 50
MOST_REPORTS = 20
RECENT_RELEASES = 20
MOST_TOLD = 5
MOST_SUSPECTS = 3
ISSUE = "/projects/<id:project_id>/issues/<id:issue_id>"


@bp.get(ISSUE)
def latest(project_id: int, issue_id: int) -> ResponseReturnValue:
    return _at_end(project_id, issue_id, is_latest=True)


@bp.get(f"{ISSUE}/events/<any(first, oldest, latest):end>")
def at_end(project_id: int, issue_id: int, end: str) -> ResponseReturnValue:
    return _at_end(project_id, issue_id, is_latest=end == "latest")


@bp.get(f"{ISSUE}/events/<event:event_id>")
def event(project_id: int, issue_id: int, event_id: bytes) -> ResponseReturnValue:
    issue = find(project_id, issue_id)
    try:
        found = events.of_issue(reading(), session.actor(), issue_id, event_id)
    except NotFound:
        return _elsewhere(issue, event_id)
    return _page(issue, found)


def find(project_id: int, issue_id: int) -> dict[str, Any]:
    """The issue, as `issues.detail` has it, of a project that the page is about from now on.

    Raises NotFound.
    """
    g.at = clock.timestamp(clock.now())
    project = shell.enter(project_id)
    try:
        issue = issues.detail(reading(), session.actor(), issue_id, g.at)
    except NotFound:
        issue = None
    if issue is None or issue["project_id"] != project_id:
        raise NotFound(f"There is no issue #{issue_id} in {project['name']}.")
    if issue["id"] != issue_id and request_.method == "GET":  # it was merged
        path = request_.full_path.removesuffix("?")
        abort(redirect(path.replace(f"/issues/{issue_id}", f"/issues/{issue['id']}", 1), 302))
    return issue


def _at_end(project_id: int, issue_id: int, *, is_latest: bool) -> ResponseReturnValue:
    issue = find(project_id, issue_id)
    try:
        found = events.at_end(reading(), session.actor(), issue_id, latest=is_latest)
    except NotFound:
        return _page(issue, None)
    return _page(issue, found)


def _elsewhere(issue: dict[str, Any], event_id: bytes) -> ResponseReturnValue:
    """An event that went to another issue, or that is not kept any more."""
    try:
        found = events.named(reading(), session.actor(), event_id)
    except NotFound:
        return _page(issue, None), 404
    place = {"project_id": found["project_id"], "issue_id": found["issue_id"]}
    return redirect(url_for("web.issue.event", event_id=found["id"], **place), 302)


def _page(issue: dict[str, Any], found: dict[str, Any] | None) -> str:
    context = _about(issue)
    if found is not None:
        context |= _of_event(issue, found)
    return render_template("issue/page.html", issue=issue, event=found, **context)


def _about(issue: dict[str, Any]) -> dict[str, Any]:
    """What is shown whichever event is chosen."""
    db, actor, issue_id = reading(), session.actor(), issue["id"]
    entries, total = activity.page(db, actor, issue_id, Paging(limit=MOST_ACTS))
    tags = issue_figures.tags(db, actor, issue_id, TOP_VALUES)
    told = deliveries.told_of(db, actor, issue_id, MOST_TOLD + 1)
    return {
        "path": url_for("web.issue.latest", project_id=issue["project_id"], issue_id=issue_id),
        "people": {user["id"]: user for user in users.list_for(db, actor)},
        "acts_of": [act(entry) for entry in entries],
        "told": told[:MOST_TOLD],
        "has_more_told": len(told) > MOST_TOLD,
        "is_muted": issue["muted_until"] is not None and issue["muted_until"] > g.at,
        "has_more_acts": total > len(entries),
        "last_change": next(
            (act(e) for e in entries if e["type"] in issues.ACTIONS.values()), None
        ),
        "waits": condition(wire(issue["status_details"]), issue["substatus"] or ""),
        "tags": sorted([*_top(tags), *_releases(issue)], key=_rank),
        "tag_keys": len(tags),
        "parts": merges.listed(db, actor, issue_id),
        "trend": _trend(issue),
        "newest_release": conditions.newest_release(db, actor, issue["project_id"]),
        "releases": release_list.newest(db, actor, issue["project_id"], RECENT_RELEASES),
        "reasons": [grouping.reason(hashed["components"]) for hashed in issue["grouping"]],
        "retention_days": settings().retention_days,
    }


def wire(details: dict[str, Any]) -> dict[str, Any]:
    """`status_details` with the API's names, which the words about them are made from."""
    first = {
        "in_release": "inRelease", "in_next_release": "inNextRelease", "in_commit": "inCommit",
    }  # fmt: skip
    names = {
        "ignore_duration": "ignoreDuration", "ignore_count": "ignoreCount",
        "ignore_window": "ignoreWindow", "ignore_user_count": "ignoreUserCount",
        "ignore_user_window": "ignoreUserWindow", "ignore_until": "ignoreUntil",
    }  # fmt: skip
    return {(first | names)[name]: held for name, held in details.items()}


def _top(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [tag for tag in tags if tag["key"] in TOP_KEYS]


def _releases(issue: dict[str, Any]) -> list[dict[str, Any]]:
    """The newest, in the shape of a tag."""
    page = issue_figures.releases(reading(), session.actor(), issue["id"], Paging(limit=TOP_VALUES))
    values = [
        {
            "value": row["release"],
            "count": row["events"],
            "share": release_list.percent(row["events"], issue["count"]) or 0,
        }
        for row in page.rows
    ]
    return [{"key": "release", "values": values}] if values else []


def _rank(tag: dict[str, Any]) -> int:
    return TOP_KEYS.index(tag["key"])


def _trend(issue: dict[str, Any]) -> charts.Bars:
    over = charts.span("14d", TREND_BARS, g.at)
    hours = issue_figures.hours_of_each(reading(), session.actor(), [issue["id"]], over.since)
    strong = None
    if issue["substatus"] in ("new", "regressed", "escalating"):
        begin = issue["first_seen"] if issue["substatus"] == "new" else issue["status_at"]
        strong = over.place(begin)
    return charts.bars(charts.counted(hours[issue["id"]], over), *TREND, strong_from=strong)


def _of_event(issue: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    db, actor = reading(), session.actor()
    mode = habits.trace()
    has_source = stack.has_source(found)
    shown = stack.as_it_came(found) if has_source and habits.code() == "minified" else found
    symbols = current_app.extensions["processor"].symbols
    files, _ = attachments.page_of_event(db, actor, found["event_id"], MOST_FILES, 1)
    reports, _ = user_reports.page_of_event(db, actor, found["event_id"], MOST_REPORTS, 1)
    link = projects.detail(db, actor, issue["project_id"])["settings"].code_link or None
    every = crumbs.crumbs(found)
    message = stack.whole_message(found, *wording.title_parts(issue))
    return {
        "message": values.value(message),
        "mode": mode,
        "order": habits.order(),
        "clocks": habits.clocks(),
        "raw": raw.raw(shown) if mode == "raw" else "",
        "stack": stack.stack(
            shown,
            link=link,
            all_open=mode == "all",
            reverse=habits.order() == "oldest",
            whys=sentences(db, actor, issue["project_id"], shown, symbols),
        ),
        "has_source": has_source,
        "code": habits.code(),
        "is_handled": stack.is_handled(found),
        "crumbs": crumbs.earlier(every),
        "categories": crumbs.categories(every),
        "request_of": request.request(found),
        "sections": sections,
        "files": [file for file in files if file["project_id"] == issue["project_id"]],
        "images": sections.IMAGES,
        "suspects": suspects.of(db, actor, issue, found)[:MOST_SUSPECTS],
        "reports": [r for r in reports if r["project_id"] == issue["project_id"]],
    }
