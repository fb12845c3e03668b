"""Comments on issues, and the history they are part of."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import body, query, requires
from jentry.app.db import reading, writing
from jentry.schemas.comments import ACTIVITIES, ACTIVITY_QUERY, COMMENT, OUT, OUTS, QUERY
from jentry.store import activity, comments, issues
from jentry.store.paging import Paging

bp = Blueprint("comments", __name__)


@bp.get("/issues/<id:issue_id>/comments")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("issue:read")
def list_comments(issue_id: int) -> ResponseReturnValue:
    """List the comments on an issue, newest first."""
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, comments.page(reading(), g.actor, issue_id, wanted))


@bp.post("/issues/<id:issue_id>/comments")
@describes(OUT, body=COMMENT, status=201)
@requires("issue:write")
def add_comment(issue_id: int) -> ResponseReturnValue:
    """Comment on an issue. Comments are plain text and stay as they are."""
    issues.get(reading(), g.actor, issue_id, g.at)
    text = body(COMMENT)["text"]
    with writing() as (db, at):
        comment = comments.add(db, g.actor, issue_id, text, at)
    return {"data": OUT.dump(comment)}, 201


@bp.get("/issues/<id:issue_id>/activity")
@describes(ACTIVITIES, query=ACTIVITY_QUERY, envelope=PAGED)
@requires("issue:read")
def list_activity(issue_id: int) -> ResponseReturnValue:
    """List what has happened to an issue, newest first.

    What people did has the `type` and `meta` of its entry in the audit log; `comment.create` has
    the text. By itself an issue has `issue.first_seen`, `issue.regress` (it was resolved) and
    `issue.escalate` (it was ignored), with the release and the event that did it.
    """
    issue_id = issues.led_to(reading(), g.actor, issue_id)
    wanted = query(ACTIVITY_QUERY)
    found = activity.page(reading(), g.actor, issue_id, Paging(**wanted))
    return paged(ACTIVITIES, wanted, *found)
