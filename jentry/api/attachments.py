"""Attachments: files that came with events."""

import re
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.attachments import OUT, OUTS, QUERY
from jentry.store import attachments, lookup

bp = Blueprint("attachments", __name__)

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?charset=[\w.-]+)?", re.ASCII)


@bp.get("/events/<event:event_id>/attachments")
@describes(OUTS, query=QUERY, envelope=PAGED)
@requires("event:read")
def list_attachments(event_id: bytes) -> ResponseReturnValue:
    """List the files that came with an event, first come first.

    Files are kept by the id of their event, and may be there before it. If several projects of the
    organization have an event of this id, the files of all of them are listed.
    """
    lookup.require_event_id(reading(), g.actor, event_id)
    wanted = query(QUERY)
    found = attachments.page_of_event(reading(), g.actor, event_id, **wanted)
    return paged(OUTS, wanted, *found)


@bp.get("/attachments/<id:attachment_id>")
@describes(OUT)
@requires("event:read")
def get_attachment(attachment_id: int) -> ResponseReturnValue:
    """Fetch what is known about a file."""
    return {"data": OUT.dump(attachments.get(reading(), g.actor, attachment_id))}


@bp.get("/attachments/<id:attachment_id>/content")
@describes(None)
@requires("event:read")
def download_attachment(attachment_id: int) -> ResponseReturnValue:
    """Download a file, as it was sent."""
    return download(attachments.get(reading(), g.actor, attachment_id))


def download(file: dict[str, Any]) -> Response:
    """To be saved, never shown. Raises NotFound."""
    response = Response(attachments.content(reading(), g.actor, file["id"]))
    response.content_type = _media_type(file["content_type"])
    response.headers["Content-Disposition"] = _disposition(file["filename"])
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _media_type(claimed: str) -> str:
    return claimed if MEDIA_TYPE.fullmatch(claimed) else "application/octet-stream"


def _disposition(filename: str) -> str:
    """To be saved, never shown; the name in ASCII, and whole for who understands RFC 6266."""
    name = re.sub(r"[/\\]", "_", filename)
    plain = re.sub(r'[^ -~]|["%;]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
