"""What clients ask in passing for and jentry has none of: nothing, said as they expect it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from jentry.errors import BadRequest
from jentry.sentry_api import answers
from jentry.sentry_api.access import project, requires
from jentry.sentry_api.found_issues import found, issue_route

bp = Blueprint("v0_absent", __name__)


@issue_route(bp, "GET", "external-issues/")
@issue_route(bp, "GET", "integrations/")
@requires("issue:read")
def list_external_issues(issue: str, name: str | None = None) -> ResponseReturnValue:
    found(issue, name)
    return answers.sliced([])


@bp.get("/organizations/<org>/replay-count/")
@requires("event:read")
def count_replays() -> ResponseReturnValue:
    return {}


@bp.get("/organizations/<org>/alert-rules/")
@bp.get("/organizations/<org>/combined-rules/")
@bp.get("/organizations/<org>/workflows/")
@bp.get("/organizations/<org>/detectors/")
@bp.get("/projects/<org>/<name>/rules/")
@bp.get("/projects/<org>/<name>/alert-rules/")
@bp.get("/organizations/<org>/integrations/")
@bp.get("/organizations/<org>/sentry-apps/")
@bp.get("/organizations/<org>/sentry-app-installations/")
@requires("project:read")
def list_rules(name: str | None = None) -> ResponseReturnValue:
    """jentry's rules are of another kind; see `/api/v1/alert-rules`."""
    if name is not None:
        project(name)
    return answers.sliced([])


@bp.get("/organizations/<org>/metrics/data/")
@bp.get("/organizations/<org>/sessions/")
@requires("event:read")
def refuse_metrics() -> ResponseReturnValue:
    raise BadRequest("jentry keeps errors only.")
