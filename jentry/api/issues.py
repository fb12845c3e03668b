"""Issues."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import base_url, body, query, requires
from jentry.db import reading, writing
from jentry.schemas.issues import OUT, OUTS, PATCH, QUERY
from jentry.store import issues, projects

bp = Blueprint("issues", __name__)


@bp.get("/projects/<id:project_id>/issues")
@describes(OUTS, query=QUERY, envelope=("page", "pageSize", "total"))
@requires("issue:read")
def list_issues(project_id: int) -> ResponseReturnValue:
    """List a project's issues, with the same filters as the dashboard."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    rows, total = issues.page(reading(), g.actor, project_id, wanted, g.at)
    return {
        "data": OUTS.dump([_linked(row) for row in rows]),
        "page": wanted.page,
        "pageSize": wanted.limit,
        "total": total,
    }


@bp.get("/issues/<id:issue_id>")
@describes(OUT)
@requires("issue:read")
def get_issue(issue_id: int) -> ResponseReturnValue:
    """Fetch a single issue by id."""
    return {"data": OUT.dump(_linked(issues.get(reading(), g.actor, issue_id, g.at)))}


@bp.patch("/issues/<id:issue_id>")
@describes(OUT, body=PATCH)
@requires("issue:write")
def patch_issue(issue_id: int) -> ResponseReturnValue:
    """Resolve, ignore, re-open, or (re)assign an issue."""
    issues.get(reading(), g.actor, issue_id, g.at)
    change = body(PATCH)
    with writing() as (db, at):
        issue = issues.update(db, g.actor, issue_id, change, at)
    return {"data": OUT.dump(_linked(issue))}


def _linked(issue: dict[str, Any]) -> dict[str, Any]:
    path = f"/projects/{issue['project_id']}/issues/{issue['id']}"
    return issue | {"permalink": base_url() + path}
