"""Issues: lists, one, and what is made of them."""

from typing import Any

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.db import reading, writing
from jentry.errors import BadRequest
from jentry.sentry_api import answers, issue_shapes, parameters, triage
from jentry.sentry_api.access import organization, project, requires
from jentry.sentry_api.found_issues import around, detailed, found, issue_route
from jentry.store import issue_list, operation_steps, operations
from jentry.store.bulk import Bulk

bp = Blueprint("v0_issues", __name__)

OF_ORG = "/organizations/<org>/issues/"
OF_PROJECT = "/projects/<org>/<name>/issues/"
NO_FILTER = "Name issues by id, query or status: nothing changes all issues of an organization."


@bp.get(OF_ORG)
@bp.get(OF_PROJECT)
@bp.get("/issues/")
@requires("issue:read")
def list_issues(name: str | None = None) -> ResponseReturnValue:
    """The unresolved ones unless `query` says otherwise; an empty query finds all."""
    only = None if name is None else int(project(name)["id"])
    named = parameters.issue_meant(request.args.get("query", ""))
    if named is not None and (numbers := parameters.known([named])):
        rows = issue_list.shown_by_ids(reading(), g.actor, numbers, g.at)
        return _listed([row for row in rows if only in (None, row["project_id"])])
    wanted = parameters.issues_wanted(only)
    page = issue_list.page(reading(), g.actor, wanted, g.at)
    return _listed(page.rows, page.last is not None, page.total)


@bp.put(OF_ORG)
@bp.put(OF_PROJECT)
@requires("issue:write")
def put_issues(name: str | None = None) -> ResponseReturnValue:
    """Change those of the ids, or all that `query` or `status` finds; of a project even all."""
    sent = body(triage.CHANGE)
    only = None if name is None else int(project(name)["id"])
    bulk = _bulk(only, triage.read(sent))
    if bulk is None:
        return "", 204
    result = operation_steps.perform(reading(), writing, g.actor, bulk, g.at, g.charge)
    answer = {"status": sent.get("status"), "statusDetails": sent["status_details"] or {}}
    return answer, triage.undoable(result)


@issue_route(bp, "GET")
@requires("issue:read")
def get_issue(issue: str, name: str | None = None) -> ResponseReturnValue:
    return detailed(found(issue, name))


@issue_route(bp, "PUT")
@requires("issue:write")
def put_issue(issue: str, name: str | None = None) -> ResponseReturnValue:
    """What a body says that nothing here knows is ignored, as by Sentry."""
    row = found(issue, name)
    change = triage.read(body(triage.CHANGE))
    if not change:
        return detailed(row)
    with writing() as (db, at):
        bulk = Bulk(row["project_id"], (row["id"],), None, change)
        result = operations.perform(db, g.actor, bulk, at)
    return detailed(found(issue, name)), triage.undoable(result)


@bp.get("/organizations/<org>/shortids/<issue>/")
@requires("issue:read")
def get_short_id(issue: str) -> ResponseReturnValue:
    shown = detailed(found(issue))
    return {
        "organizationSlug": organization()["slug"],
        "projectSlug": shown["project"]["slug"],
        "groupId": shown["id"],
        "group": shown,
        "shortId": shown["shortId"],
    }


def _listed(
    rows: list[dict[str, Any]], has_more: bool = False, total: int | None = None
) -> Response:
    beside = around(rows)
    total = len(rows) if total is None else total
    return answers.listed([issue_shapes.issue(row, beside) for row in rows], has_more, total)


def _bulk(only: int | None, change: dict[str, Any]) -> Bulk | None:
    """None when there is nothing to change. Raises BadRequest."""
    if numbers := request.args.getlist("id"):
        ids = [parameters.issue_id(text) for text in numbers[:1000]]
        known = parameters.known([number for number in ids if number is not None])
        rows = issue_list.shown_by_ids(reading(), g.actor, known, g.at)
        mine = tuple(row["id"] for row in rows if only in (None, row["project_id"]))
        return Bulk(only, mine, None, change) if mine and change else None
    if only is None and not ({"query", "status", "project"} & request.args.keys()):
        raise BadRequest(NO_FILTER)
    return Bulk(only, None, triage.chosen(only), change) if change else None
