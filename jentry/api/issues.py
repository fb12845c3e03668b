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
    HASH_QUERY,
    HASHES,
    LIST_STAT_QUERY,
    OUTS,
    PART_QUERY,
    PARTS,
    PATCH,
    QUERY,
    RELEASE_QUERY,
    RELEASES,
    SPLIT,
    SPLIT_OUT,
    STAT_QUERY,
    STATS,
    TAG_QUERY,
    TAGS,
    UNMERGE,
)
from jentry.schemas.paging import PagedQuery
from jentry.store import issue_figures, issue_list, issues, merges, operations, projects, splits
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
    The id of an issue that was merged leads to the one that it was merged into: look at `id`.
    """
    return {"data": DETAIL.dump(_linked(issues.detail(reading(), g.actor, issue_id, g.at)))}


@bp.patch("/issues/<id:issue_id>")
@describes(DETAIL, body=PATCH, errors=(409,))
@requires("issue:write")
def patch_issue(issue_id: int) -> ResponseReturnValue:
    """Resolve, ignore, re-open, (re)assign or mute an issue.

    One that was merged into another is refused with 409, which names the other.
    """
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
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    wanted = query(TAG_QUERY)
    return {"data": TAGS.dump(issue_figures.tags(reading(), g.actor, issue_id, **wanted))}


@bp.get("/issues/<id:issue_id>/releases")
@describes(RELEASES, query=RELEASE_QUERY, envelope=CURSORED)
@requires("issue:read")
def list_issue_releases(issue_id: int) -> ResponseReturnValue:
    """List the releases of an issue's events, the newest release first, with their number."""
    issue_id = issues.led_to(reading(), g.actor, issue_id)
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
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    wanted = query(STAT_QUERY)
    limit = wanted.pop("limit")
    rows = issue_figures.events_over_time(reading(), g.actor, issue_id, **wanted, at=g.at)
    return {"data": STATS.dump(rows[:limit])}


@bp.get("/issues/<id:issue_id>/parts")
@describes(PARTS, query=PART_QUERY)
@requires("issue:read")
def list_issue_parts(issue_id: int) -> ResponseReturnValue:
    """List what a merged issue is made of, the issue itself first.

    Each part keeps its own events and counts. Empty for an issue that is not merged.
    """
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    limit = query(PART_QUERY)["limit"]
    return {"data": PARTS.dump(merges.listed(reading(), g.actor, issue_id)[:limit])}


@bp.post("/issues/<id:issue_id>/unmerge")
@describes(DETAIL, body=UNMERGE)
@requires("issue:write")
def unmerge_issue(issue_id: int) -> ResponseReturnValue:
    """Take parts out of a merged issue; the issue afterwards.

    Each is an issue of its own again, with its own events and counts and in the state it had when
    it was merged; one that was resolved and has had events since has regressed. To put it back,
    merge it again.
    """
    issues.get(reading(), g.actor, issue_id, g.at)
    parts = body(UNMERGE)["parts"]
    with writing() as (db, at):
        merges.unmerge(db, g.actor, issue_id, parts, at)
        g.charge(db, at, len(parts))
        issue = issues.detail(db, g.actor, issue_id, at)
    return {"data": DETAIL.dump(_linked(issue))}


@bp.get("/issues/<id:issue_id>/hashes")
@describes(HASHES, query=HASH_QUERY)
@requires("issue:read")
def list_issue_hashes(issue_id: int) -> ResponseReturnValue:
    """List the grouping hashes that lead to an issue, with their events that are kept.

    Those of most events come first. All hashes of all parts of a merged issue are among them.
    """
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    limit = query(HASH_QUERY)["limit"]
    return {"data": HASHES.dump(splits.hashes(reading(), g.actor, issue_id)[:limit])}


@bp.post("/issues/<id:issue_id>/split")
@describes(SPLIT_OUT, body=SPLIT, status=201, errors=(409,))
@requires("issue:write")
def split_issue(issue_id: int) -> ResponseReturnValue:
    """Take hashes out of an issue: they lead to a new one from now on.

    Their events that are kept follow in the background, the newest first; both issues count what
    they have at every moment. Events that are no longer kept stay counted where they were. Nobody
    is told of the new issue, which is unresolved and unassigned. Undoing the operation within 30
    days merges it into the old one again.
    """
    issues.get(reading(), g.actor, issue_id, g.at)
    hashes = body(SPLIT)["hashes"]
    with writing() as (db, at):
        done = operations.split(db, g.actor, issue_id, hashes, at)
        g.charge(db, at, len(hashes))
    return {"data": SPLIT_OUT.dump(done)}, 201


def _listed(schema: PagedQuery, wanted: Wanted) -> ResponseReturnValue:
    found = issue_list.page(reading(), g.actor, wanted, g.at)
    rows = [_linked(row) for row in found.rows]
    g.capped_filters = issue_list.capped_filters(reading(), g.actor, wanted)
    return listed(OUTS, schema, wanted, replace(found, rows=rows))


def _linked(issue: dict[str, Any]) -> dict[str, Any]:
    path = f"/projects/{issue['project_id']}/issues/{issue['id']}"
    return issue | {"permalink": base_url() + path}
