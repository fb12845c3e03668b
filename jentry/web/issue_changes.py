"""Resolve, ignore, reopen, assign, comment, undo: what people do to issues."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, Refusal
from jentry.presentation.text import count
from jentry.schemas.base import load
from jentry.schemas.comments import COMMENT
from jentry.schemas.issues import DETAILS
from jentry.store import comments, conditions, merges, operation_steps, operations
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection
from jentry.vocabulary import MAX_ID
from jentry.web import filters, issue, resume, session, shell, status
from jentry.web.guard import pages

bp = pages("issue_changes", __name__)

DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes
CHOICES: dict[str, dict[str, Any]] = {  # value of a button -> change
    "resolve": {"status": "resolved"},
    "resolve_next": {"status": "resolved", "status_details": {"in_next_release": True}},
    "reopen": {"status": "unresolved"},
    "ignore": {"status": "ignored"},
    "ignore_forever": {"status": "ignored", "substatus": conditions.FOREVER},
    "ignore_day": {"status": "ignored", "status_details": {"ignore_duration": DAY}},
    "ignore_week": {"status": "ignored", "status_details": {"ignore_duration": WEEK}},
}
DONE = {"resolved": "Resolved", "ignored": "Ignored", "unresolved": "Reopened"}
WITHIN = {"60", str(DAY), str(WEEK)}  # minutes in which they must come
MOST_NUMBER = 10_000  # events or users to wait for


@bp.post("/issues/change")
def change_any() -> ResponseReturnValue:
    return _change_many(None)


@bp.post("/projects/<id:project_id>/issues/change")
def change_of_project(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    return _change_many(project_id)


@bp.post(f"{issue.ISSUE}/change")
def change_one(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    _perform(Bulk(project_id, (issue_id,), None, _wanted(project_id)))
    return redirect(url_for("web.issue.latest", project_id=project_id, issue_id=issue_id), 303)


@bp.post(f"{issue.ISSUE}/unmerge")
def unmerge(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    parts = _ids("part")
    try:
        with writing() as (db, at):
            merges.unmerge(db, session.actor(), issue_id, parts, at)
        status.say(f"Unmerged {', '.join(f'#{part_id}' for part_id in parts)}.")
    except Refusal as refusal:
        status.say(refusal.message)
    return redirect(url_for("web.issue.latest", project_id=project_id, issue_id=issue_id), 303)


@bp.post(f"{issue.ISSUE}/comments")
def comment(project_id: int, issue_id: int) -> ResponseReturnValue:
    issue.find(project_id, issue_id)
    written = load(COMMENT, {"text": request.form.get("text", "")})
    with writing() as (db, at):
        comments.add(db, session.actor(), issue_id, written["text"], at)
    place = url_for("web.issue.latest", project_id=project_id, issue_id=issue_id)
    return redirect(f"{place}#activity", 303)


@bp.post("/operations/undo")
def undo() -> ResponseReturnValue:
    """All operations of one change; what has changed since is left alone."""
    restored = skipped = 0
    try:
        for operation_id in _ids("operation"):
            done = operation_steps.undo(reading(), writing, session.actor(), operation_id)
            restored, skipped = restored + done["restored"], skipped + done["skipped"]
        left = f" {count(skipped, 'issue has', 'issues have')} changed since." if skipped else ""
        status.say(f"Put back {count(restored, 'issue')}.{left}")
    except Refusal as refusal:
        status.say(refusal.message)
    return redirect(resume.back(), 303)


def _change_many(project_id: int | None) -> ResponseReturnValue:
    """Back to the list as it was, with what has happened."""
    g.at = clock.timestamp(clock.now())
    found = filters.read(project_id)
    ids = tuple(_ids("id"))
    is_all = request.form.get("all") == "1"
    if ids or is_all:
        change = _wanted(project_id)
        if is_all:
            chosen = filters.only(found.wanted)
            _perform(Bulk(project_id, None, chosen, change, next(iter(_ids("expected")), None)))
        else:
            _perform(Bulk(project_id, ids, None, change))
    else:
        status.say("Choose at least one issue.")
    return redirect(f"{found.path.removesuffix('/change')}?{found.query}", 303)


def _perform(bulk: Bulk) -> None:
    try:
        if "merge_into" in bulk.change:
            with writing() as (db, at):
                bulk = _into_oldest(db, bulk, at)
                result = operations.perform(db, session.actor(), bulk, at)
        else:
            at = clock.timestamp(clock.now())
            result = operation_steps.perform(reading(), writing, session.actor(), bulk, at)
        status.say(_said(bulk.change, result), result["operation_ids"])
    except Refusal as refusal:
        status.say(refusal.message.replace("expected:", "Nothing was changed:", 1))


def _into_oldest(db: Connection, bulk: Bulk, at: str) -> Bulk:
    """Merged are the chosen issues into the one that came first. Raises BadRequest."""
    found = operations.chosen_ids(db, session.actor(), replace(bulk, change={}), at)
    if len(found) < 2:
        raise BadRequest("Choose at least two issues to merge.")
    return replace(bulk, change={"merge_into": found[0]})


def _said(change: Mapping[str, Any], result: dict[str, Any]) -> str:
    if not result["changed"]:
        return "Nothing to change: it is so already."
    if "merge_into" in change:
        return f"Merged {count(result['changed'], 'issue')} into #{change['merge_into']}."
    if "status" in change:
        verb = DONE[change["status"]]
    else:
        verb = "Unassigned" if change["assignee_user_id"] is None else "Assigned"
    return f"{verb} {count(result['changed'], 'issue')}."


def _ids(name: str) -> list[int]:
    given = [text for text in request.form.getlist(name) if text.isdecimal() and len(text) < 19]
    return [number for text in given if 0 < (number := int(text)) <= MAX_ID]


def _wanted(project_id: int | None) -> dict[str, Any]:
    """The change that the pressed button names. Raises BadRequest."""
    form = request.form
    if "assign" in form:
        given = form["assign"]
        return {"assignee_user_id": int(given) if given.isdecimal() and len(given) < 19 else None}
    action = form.get("action", "")
    if action == "merge":
        return {"merge_into": None}
    if action in CHOICES:
        return CHOICES[action]
    if action == "resolve_in" and form.get("release", "").strip():
        details: dict[str, Any] = {"in_release": form["release"].strip()}
        return {"status": "resolved", "status_details": details}
    if action == "resolve_commit":
        details = load(DETAILS, {"inCommit": form.get("commit", "")})
        return {"status": "resolved", "status_details": details}
    if action in ("ignore_events", "ignore_users"):
        number = form.get(action, "")
        if not number.isdecimal() or not 0 < int(number[:9]) <= MOST_NUMBER:
            raise BadRequest(f"Choose a number from 1 to {MOST_NUMBER:,}.")
        of = "" if action == "ignore_events" else "user_"
        details = {f"ignore_{of}count": int(number)}
        if form.get(f"{action}_within") in WITHIN:
            details[f"ignore_{of}window"] = int(form[f"{action}_within"])
        return {"status": "ignored", "status_details": details}
    raise BadRequest("Choose what to do with the issue.")
