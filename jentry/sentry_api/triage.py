"""What tools say that should become of issues, as the store knows it."""

import re
from typing import Any

from flask import g, request
from marshmallow import fields, validate

from jentry.app.db import reading
from jentry.errors import BadRequest
from jentry.schemas.base import WireSchema, load
from jentry.schemas.issues import IssuePatch
from jentry.sentry_api import parameters
from jentry.sentry_api.issue_shapes import DETAILS
from jentry.store import users
from jentry.store.conditions import FOREVER
from jentry.store.issue_list import Filter

LONGEST = 320  # characters of a name
UNDO = "X-Operation-Id"  # of an answer: what undoes the change
STATUSES = {
    "resolved": "resolved",
    "resolvedInNextRelease": "resolved",
    "unresolved": "unresolved",
    "reprocessing": "unresolved",
    "ignored": "ignored",
    "muted": "ignored",
    "archived": "ignored",
}
IN_NEXT_RELEASE = "resolvedInNextRelease"
KNOWN = IssuePatch()


class ChangeIn(WireSchema):
    """What is not here is ignored: `hasSeen`, `isBookmarked`, `priority`, `inbox`."""

    status = fields.String(allow_none=True, validate=validate.OneOf(STATUSES))
    substatus = fields.String(allow_none=True)
    status_details = fields.Dict(keys=fields.String(), allow_none=True, load_default=dict)
    assigned_to = fields.Raw(allow_none=True)
    snooze_duration = fields.Raw(allow_none=True)  # minutes, as sentry-cli has it
    in_release = fields.Raw(allow_none=True)
    in_next_release = fields.Raw(allow_none=True)
    in_commit = fields.Raw(allow_none=True)
    ignore_duration = fields.Raw(allow_none=True)
    ignore_count = fields.Raw(allow_none=True)
    ignore_window = fields.Raw(allow_none=True)
    ignore_user_count = fields.Raw(allow_none=True)
    ignore_user_window = fields.Raw(allow_none=True)


CHANGE = ChangeIn()


def read(sent: dict[str, Any]) -> dict[str, Any]:
    """A change of `store/issues.update`; empty for a body that says nothing. Raises BadRequest."""
    change: dict[str, Any] = {}
    if sent.get("status"):
        change = {"status": STATUSES[sent["status"]]} | _details(sent)
    if "assigned_to" in sent:
        change["assigneeUserId"] = _person(sent["assigned_to"])
    return load(KNOWN, change) if change else {}


def _details(sent: dict[str, Any]) -> dict[str, Any]:
    """They stand in `statusDetails` or, of some clients, beside it."""
    inner = sent["status_details"] or {}
    details = {}
    for ours, theirs in DETAILS.items():
        value = sent.get(ours) if sent.get(ours) is not None else inner.get(theirs)
        if theirs == "inCommit" and isinstance(value, dict):  # of a repository, none is known
            value = value.get("commit") or value.get("id") or ""
        if value is not None:
            details[theirs] = value
    if sent["status"] == IN_NEXT_RELEASE:
        details["inNextRelease"] = True
    if isinstance(sent.get("snooze_duration"), int):
        details.setdefault("ignoreDuration", sent["snooze_duration"])
    kept = {"substatus": FOREVER} if sent.get("substatus") == FOREVER and not details else {}
    return {"statusDetails": details} | kept if details else kept


def _person(sent: Any) -> int | None:
    """`user:3`, 3, an email, `me`; nothing is nobody. Raises BadRequest."""
    text = "" if sent is None else str(sent).strip()[:LONGEST]
    if not text:
        return None
    if text.startswith("team:") or text.startswith("#"):
        raise BadRequest("assignedTo: jentry assigns issues to people, not to teams.")
    if text == "me":
        me: int = g.actor.user_id
        return me
    name = re.sub(r"^user:", "", text)
    for person in users.list_for(reading(), g.actor):
        if name in (str(person["id"]), person["email"]) or name.lower() == person["email"]:
            return int(person["id"])
    raise BadRequest(f"assignedTo: {text} is no member of this organization.")


def chosen(only: int | None) -> Filter:
    """The issues that a bulk change is about, by `query`, `status`, `project`. Raises BadRequest.

    Without any of them all of the project, as `sentry-cli issues resolve -a` has it.
    """
    status = request.args.get("status")
    if status is not None and status not in STATUSES:
        raise BadRequest("status: Must be resolved, unresolved or ignored.")
    ids = [only] if only is not None else parameters.project_ids()
    text = request.args.get("query")
    return Filter(
        project_id=ids[0] if ids and len(ids) == 1 else None,
        search=parameters.searched(text or "", ids),
        status=STATUSES[status] if status else "unresolved" if text else "all",
        is_status_given=status is not None,
    )


def undoable(result: dict[str, Any]) -> dict[str, str]:
    """The header by which `POST /api/v1/operations/{id}/undo` knows what to undo."""
    return {UNDO: ", ".join(map(str, result["operation_ids"]))} if result["operation_ids"] else {}
