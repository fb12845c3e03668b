"""Attachments of an event, and what people wrote about it."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.api.attachments import download
from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.sentry_api import answers, shapes
from jentry.sentry_api.access import requires
from jentry.sentry_api.events import of_project
from jentry.sentry_api.found_issues import found, issue_route
from jentry.store import attachments, user_reports

bp = Blueprint("v0_files", __name__)

OF_EVENT = "/projects/<org>/<name>/events/<event>/attachments/"


@bp.get(OF_EVENT)
@requires("event:read")
def list_attachments(name: str, event: str) -> ResponseReturnValue:
    rows, total = _page(of_project(name, event))
    start = answers.offset()
    return answers.listed([shapes.attachment(row) for row in rows], start + len(rows) < total)


@bp.get(f"{OF_EVENT}<int:attachment_id>/")
@requires("event:read")
def get_attachment(name: str, event: str, attachment_id: int) -> ResponseReturnValue:
    """What is known about it; with `download` in the address the file itself."""
    row, own = attachments.get(reading(), g.actor, attachment_id), of_project(name, event)
    if (row["event_id"], row["project_id"]) != (own["id"], own["project_id"]):
        raise NotFound("There is no such attachment.")
    return download(row) if "download" in request.args else shapes.attachment(row)


@issue_route(bp, "GET", "attachments/")
@requires("event:read")
def list_attachments_of_issue(issue: str, name: str | None = None) -> ResponseReturnValue:
    rows = attachments.of_issue(reading(), g.actor, found(issue, name)["id"], _most())
    return answers.sliced([shapes.attachment(row) for row in rows])


@issue_route(bp, "GET", "user-reports/")
@issue_route(bp, "GET", "user-feedback/")
@requires("event:read")
def list_reports_of_issue(issue: str, name: str | None = None) -> ResponseReturnValue:
    row = found(issue, name)
    rows = user_reports.of_issue(reading(), g.actor, row["id"], _most())
    return answers.sliced([shapes.report(one, row) for one in rows])


def _most() -> int:
    return answers.offset() + answers.limit() + 1


def _page(event: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    size = answers.limit()
    number = answers.offset() // size + 1
    event_id = bytes.fromhex(event["id"])
    return attachments.page_of_event(reading(), g.actor, event_id, size, number)
