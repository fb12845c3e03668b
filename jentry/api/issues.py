"""Issues."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.schemas.issues import (
    DETAIL,
    EVERY_QUERY,
    EVERY_STAT_QUERY,
    LIST_STAT_QUERY,
    OUTS,
    PATCH,
    QUERY,
    RELEASE_QUERY,
    RELEASES,
    STAT_QUERY,
    STATS,
    TAG_QUERY,
    TAGS,
)
from jentry.schemas.paging import PagedQuery
from jentry.store import issue_figures, issue_list, issues, projects
from jentry.store.issue_list import Wanted

bp = Blueprint("issues", __name__)

CAPPED = ("X-Capped-Filters",)


@bp.get("/projects/<id:project_id>/issues")
@describes(OUTS, query=QUERY, envelope=CURSORED, headers=CAPPED)
@requires("issue:read")
def list_issues(project_id: int) -> ResponseReturnValue:
    """List a project's issues, with the same filters as the dashboard.

    Filters combine with AND. `environment`, `release` and `tag[key]=value` find issues of which any
    event has it; `since` (inclusive), `until` (exclusive) and `period` compare with `lastSeen`.
    `tag[release]` and `tag[level]` are tags like any other.
    To read all pages, follow `nextCursor` or the header `Link`. Issues that arrive meanwhile shift
    nothing, but new events move an issue in the orders `last_seen`, `events` and `users`; with
    `first_seen` only one that is late can, and then the issue may be met twice: compare ids.
    """
    projects.get(reading(), g.actor, project_id)
    return _listed(QUERY, replace(query(QUERY), project_id=project_id))


@bp.get("/issues")
@describes(OUTS, query=EVERY_QUERY, envelope=CURSORED, headers=CAPPED, errors=(404,))
@requires("issue:read")
def list_every_issue() -> ResponseReturnValue:
    """List the issues of all projects, or of one by `project`.

    Parameters and answer are otherwise those of a project's list.
    """
    wanted = query(EVERY_QUERY)
    if wanted.project_id is not None:
        projects.get(reading(), g.actor, wanted.project_id)
    return _listed(EVERY_QUERY, wanted)


@bp.get("/projects/<id:project_id>/issues/stats")
@describes(STATS, query=LIST_STAT_QUERY)
@requires("issue:read")
def list_project_issue_stats(project_id: int) -> ResponseReturnValue:
    """Count the events of all issues that the filters find, in each hour or day (UTC) of a period.

    Parameters are those of the list. Newest first; the last of them is still running.
    """
    projects.get(reading(), g.actor, project_id)
    wanted, resolution, limit = query(LIST_STAT_QUERY)
    wanted = replace(wanted, project_id=project_id)
    rows = issue_figures.of_list(reading(), g.actor, wanted, resolution, g.at)
    return {"data": STATS.dump(rows[:limit])}


@bp.get("/issues/stats")
@describes(STATS, query=EVERY_STAT_QUERY, errors=(404,))
@requires("issue:read")
def list_every_issue_stats() -> ResponseReturnValue:
    """Count the events of the issues of all projects, or of one by `project`."""
    wanted, resolution, limit = query(EVERY_STAT_QUERY)
    if wanted.project_id is not None:
        projects.get(reading(), g.actor, wanted.project_id)
    rows = issue_figures.of_list(reading(), g.actor, wanted, resolution, g.at)
    return {"data": STATS.dump(rows[:limit])}


@bp.get("/issues/<id:issue_id>")
@describes(DETAIL)
@requires("issue:read")
def get_issue(issue_id: int) -> ResponseReturnValue:
    """Fetch a single issue by id.

    Other than in lists it has `grouping`: each hash that leads to the issue, and what went into it.
    """
    return {"data": DETAIL.dump(_linked(issues.detail(reading(), g.actor, issue_id, g.at)))}


@bp.patch("/issues/<id:issue_id>")
@describes(DETAIL, body=PATCH)
@requires("issue:write")
def patch_issue(issue_id: int) -> ResponseReturnValue:
    """Resolve, ignore, re-open, (re)assign or mute an issue."""
    issues.get(reading(), g.actor, issue_id, g.at)
    change = body(PATCH)
    with writing() as (db, at):
        issues.update(db, g.actor, issue_id, change, at)
        issue = issues.detail(db, g.actor, issue_id, at)
    return {"data": DETAIL.dump(_linked(issue))}


@bp.get("/issues/<id:issue_id>/tags")
@describes(TAGS, query=TAG_QUERY)
@requires("issue:read")
def list_issue_tags(issue_id: int) -> ResponseReturnValue:
    """List the tags of an issue's events by key, each with its most frequent values.

    Counts include events that are no longer kept. `limit` is the number of values of a key, `other`
    counts the events with none of these. A project tells 10,000 values of a key apart unless its
    server is set otherwise; beyond that they are counted in `other` only, and `isCapped` says so.
    """
    issues.get(reading(), g.actor, issue_id, g.at)
    wanted = query(TAG_QUERY)
    return {"data": TAGS.dump(issue_figures.tags(reading(), g.actor, issue_id, **wanted))}


@bp.get("/issues/<id:issue_id>/releases")
@describes(RELEASES, query=RELEASE_QUERY, envelope=CURSORED)
@requires("issue:read")
def list_issue_releases(issue_id: int) -> ResponseReturnValue:
    """List the releases of an issue's events, the newest release first, with their number."""
    issues.get(reading(), g.actor, issue_id, g.at)
    wanted = query(RELEASE_QUERY)
    found = issue_figures.releases(reading(), g.actor, issue_id, wanted)
    return listed(RELEASES, RELEASE_QUERY, wanted, found)


@bp.get("/issues/<id:issue_id>/stats")
@describes(STATS, query=STAT_QUERY)
@requires("issue:read")
def list_issue_stats(issue_id: int) -> ResponseReturnValue:
    """Count an issue's events in each hour or day (UTC) of a period, newest first.

    The last of them is still running, and those without events are there too.
    """
    issues.get(reading(), g.actor, issue_id, g.at)
    wanted = query(STAT_QUERY)
    limit = wanted.pop("limit")
    rows = issue_figures.events_over_time(reading(), g.actor, issue_id, **wanted, at=g.at)
    return {"data": STATS.dump(rows[:limit])}


def _listed(schema: PagedQuery, wanted: Wanted) -> ResponseReturnValue:
    found = issue_list.page(reading(), g.actor, wanted, g.at)
    rows = [_linked(row) for row in found.rows]
    g.capped_filters = issue_list.capped_filters(reading(), g.actor, wanted)
    return listed(OUTS, schema, wanted, replace(found, rows=rows))


def _linked(issue: dict[str, Any]) -> dict[str, Any]:
    path = f"/projects/{issue['project_id']}/issues/{issue['id']}"
    return issue | {"permalink": base_url() + path}
