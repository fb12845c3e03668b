"""An event as a file: JSON, Markdown, the raw trace; and what was attached to it."""

from flask import jsonify
from flask.typing import ResponseReturnValue

from jentry.app.address import base_url
from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.presentation import markdown, raw, sections
from jentry.presentation.text import visible
from jentry.schemas.events import DETAIL
from jentry.store import attachments, events
from jentry.web import files, issue, session
from jentry.web.guard import pages

bp = pages("issue_files", __name__)

EVENT = f"{issue.ISSUE}/events/<event:event_id>"
LARGEST_IMAGE = 10 * 1024 * 1024  # bytes


@bp.get(f"{EVENT}.json")
def json(project_id: int, issue_id: int, event_id: bytes) -> ResponseReturnValue:
    """As the API answers it."""
    issue.find(project_id, issue_id)
    found = events.of_issue(reading(), session.actor(), issue_id, event_id)
    text = jsonify(DETAIL.dump(found)).get_data()
    return files.shown(text, "application/json")


@bp.get(f"{EVENT}.md")
def as_markdown(project_id: int, issue_id: int, event_id: bytes) -> ResponseReturnValue:
    about = issue.find(project_id, issue_id)
    found = events.of_issue(reading(), session.actor(), issue_id, event_id)
    link = f"{base_url()}/projects/{project_id}/issues/{issue_id}"
    text = markdown.markdown(found, about, link)
    return files.shown(text.encode(), "text/markdown; charset=utf-8")


@bp.get(f"{EVENT}.txt")
def trace(project_id: int, issue_id: int, event_id: bytes) -> ResponseReturnValue:
    """The raw stack trace."""
    issue.find(project_id, issue_id)
    found = events.of_issue(reading(), session.actor(), issue_id, event_id)
    return files.shown(visible(raw.raw(found)).encode(), "text/plain; charset=utf-8")


@bp.get("/attachments/<id:attachment_id>/image")
def image(attachment_id: int) -> ResponseReturnValue:
    """A picture, if its bytes are one of the kinds that can do nothing but be looked at."""
    file = attachments.get(reading(), session.actor(), attachment_id)
    if file["size"] > LARGEST_IMAGE:
        raise NotFound("This file is too large to be shown; download it.")
    data = attachments.content(reading(), session.actor(), attachment_id)
    if (kind := sections.image_type(data)) is None:
        raise NotFound("This file is no picture that can be shown; download it.")
    return files.shown(data, kind)


@bp.get("/attachments/<id:attachment_id>/content")
def download(attachment_id: int) -> ResponseReturnValue:
    """A file as it was sent, to be saved and never shown."""
    file = attachments.get(reading(), session.actor(), attachment_id)
    data = attachments.content(reading(), session.actor(), attachment_id)
    return files.saved(data, file["filename"])
