"""Deletion of issues and projects: asked for twice, done in the background."""

from flask import Blueprint, g, url_for
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading, writing
from jentry.schemas.deletions import CONFIRMATION, OUT, OUTS, QUERY
from jentry.store import deletions

bp = Blueprint("deletions", __name__)


@bp.delete("/issues/<id:issue_id>")
@describes(OUT, query=CONFIRMATION, status=202, errors=(409,))
@requires("issue:write")
def delete_issue(issue_id: int) -> ResponseReturnValue:
    """Delete an issue with all its events, comments, attachments and feedback, for good.

    Without `confirm` nothing happens: the answer says what would go, and the word to repeat, which
    is the issue's id. The issue is gone at once; its events go in the background. The next event
    with the same error makes a new issue. Only for tokens of admins and owners.
    """
    return _deleted("issue", issue_id)


@bp.delete("/projects/<id:project_id>")
@describes(OUT, query=CONFIRMATION, status=202, errors=(409,))
@requires("project:admin")
def delete_project(project_id: int) -> ResponseReturnValue:
    """Delete a project with all that is in it, for good.

    Without `confirm` nothing happens: the answer says what would go, and the word to repeat, which
    is the project's slug. The project is gone at once, and what its applications still send is
    refused; its events go in the background. Only for tokens of owners.
    """
    return _deleted("project", project_id)


@bp.get("/deletions")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("project:read")
def list_deletions() -> ResponseReturnValue:
    """List what has been deleted, the newest first, with how far each has come."""
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, deletions.page(reading(), g.actor, wanted))


@bp.get("/deletions/<id:deletion_id>")
@describes(OUT)
@requires("project:read")
def get_deletion(deletion_id: int) -> ResponseReturnValue:
    """See how far a deletion has come."""
    return {"data": OUT.dump(deletions.get(reading(), g.actor, deletion_id))}


def _deleted(kind: str, target_id: int) -> ResponseReturnValue:
    if deletions.of(reading(), g.actor, kind, target_id) is None:
        deletions.ask(reading(), g.actor, kind, target_id, g.at)
    confirm = query(CONFIRMATION)["confirm"]
    with writing() as (db, at):
        deletion = deletions.request(db, g.actor, kind, target_id, confirm, at)
    place = url_for("v1.deletions.get_deletion", deletion_id=deletion["id"])
    return {"data": OUT.dump(deletion)}, 202, {"Location": place}
