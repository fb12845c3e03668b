"""Tags and environments of the organization's events."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.sentry_api import answers, parameters
from jentry.sentry_api.access import project, requires
from jentry.store import suggestions

bp = Blueprint("v0_traits", __name__)

ENVIRONMENT = "environment"


@bp.get("/organizations/<org>/tags/")
@bp.get("/projects/<org>/<name>/tags/")
@requires("project:read")
def list_tags(name: str | None = None) -> ResponseReturnValue:
    keys = suggestions.all_keys(reading(), g.actor, _only(name))
    rows = [{"key": key, "name": key, "totalValues": number} for key, number in keys]
    return answers.sliced(rows)


@bp.get("/organizations/<org>/tags/<key>/values/")
@bp.get("/projects/<org>/<name>/tags/<key>/values/")
@requires("project:read")
def list_values(key: str, name: str | None = None) -> ResponseReturnValue:
    """Those that begin with `query`."""
    begin = request.args.get("query", "")[:200]
    found = suggestions.values(reading(), g.actor, _only(name), key, begin)
    return answers.sliced([{"key": key, "name": value, "value": value} for value in found])


@bp.get("/organizations/<org>/environments/")
@bp.get("/projects/<org>/<name>/environments/")
@requires("project:read")
def list_environments(name: str | None = None) -> ResponseReturnValue:
    names = suggestions.environments(reading(), g.actor, _only(name))
    return answers.sliced([{"id": one, "name": one, "isHidden": False} for one in names])


def _only(name: str | None) -> int | None:
    if name is not None:
        return int(project(name)["id"])
    ids = parameters.project_ids()
    return ids[0] if ids and len(ids) == 1 else None
