"""Commits that may have brought an issue."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.owners import suspects
from jentry.schemas.releases import SUSPECT_QUERY, SUSPECTS
from jentry.store import issues

bp = Blueprint("suspect_commits", __name__)


@bp.get("/issues/<id:issue_id>/suspect-commits")
@describes(SUSPECTS, query=SUSPECT_QUERY)
@requires("issue:read")
def list_suspect_commits(issue_id: int) -> ResponseReturnValue:
    """List commits that may have brought an issue: they changed a file of its own frames.

    Looked for in the release of its latest event, in its first release and in the four before it.
    Paths are compared by their ends, whole parts only. Commits of the frame nearest to the crash
    come first, of one frame the latest; at most 10.
    """
    issue = issues.get(reading(), g.actor, issue_id, g.at)
    limit = query(SUSPECT_QUERY)["limit"]
    return {"data": SUSPECTS.dump(suspects.of_latest(reading(), g.actor, issue)[:limit])}
