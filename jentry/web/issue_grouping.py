"""Why the events of an issue are together, hash by hash, and splitting some of them off."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.presentation import grouping
from jentry.presentation.text import count
from jentry.schemas.base import load
from jentry.schemas.issues import SPLIT
from jentry.store import operations, splits
from jentry.web import issue, session, status
from jentry.web.guard import pages

bp = pages("issue_grouping", __name__)

MOST = 200  # hashes of a page
PATH = f"{issue.ISSUE}/grouping"


@bp.get(PATH)
def page(project_id: int, issue_id: int) -> ResponseReturnValue:
    """With hashes chosen, the question whether to split them off."""
    about = issue.find(project_id, issue_id)
    found = splits.hashes(reading(), session.actor(), issue_id)
    rows = [each | {"reason": grouping.reason(each["components"])} for each in found]
    wanted = set(request.args.getlist("hash"))
    return render_template(
        "issue_grouping/page.html", issue=about, rows=rows[:MOST], total=len(rows),
        chosen=[each for each in rows if each["hash"] in wanted],
    )  # fmt: skip


@bp.post(PATH)
def split(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    place: dict[str, Any] = {"project_id": project_id, "issue_id": issue_id}
    try:
        hashes = load(SPLIT, {"hashes": request.form.getlist("hash")})["hashes"]
        with writing() as (db, at):
            done = operations.split(db, session.actor(), issue_id, hashes, at)
    except Refusal as refusal:
        status.say(refusal.message)
        return redirect(url_for("web.issue_grouping.page", **place), 303)
    words = f"Split {count(len(hashes), 'hash', 'hashes')} off #{issue_id}. Their events follow."
    status.say(words, [done["operation_id"]])
    return redirect(url_for("web.issue.latest", **place | {"issue_id": done["issue_id"]}), 303)
