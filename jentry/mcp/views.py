"""`POST /mcp`: each message is a request of its own; nothing is kept between two."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from jentry import __version__
from jentry.api import limits
from jentry.api.request import authorize, raw_body
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import Forbidden
from jentry.mcp import protocol
from jentry.mcp.revision import HEADERS, PARSE, Wrong
from jentry.mcp.session import Session

bp = Blueprint("mcp", __name__)

YES = ("1", "true", "yes", "on")


@bp.post("/mcp")
def post_message() -> ResponseReturnValue:
    """Tools that write are there with `?write=1` and the scope issue:write only."""
    grant = authorize(None, confined=True)
    g.charge = partial(limits.charge, grant.token_id)
    _refuse_other_sites()
    asked = request.args.get("write", "").lower() in YES
    session = Session(
        actor=replace(grant.actor, via="mcp"),
        scopes=grant.scopes,
        may_write=asked and "issue:write" in grant.scopes,
        db=reading(),
        writing=writing,
        at=g.at,
        base=base_url(),
    )
    return _sent(raw_body(), session)


def _refuse_other_sites() -> None:
    """Browsers say which page they ask for; agents are no pages. Raises Forbidden."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden("Pages of other sites may not ask here.")


def _sent(raw: bytes, session: Session) -> Response:
    headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
    try:
        reply = protocol.answer(orjson.loads(raw), headers, session, __version__)
    except orjson.JSONDecodeError:
        reply = protocol.refused(Wrong(PARSE, "The body is not valid JSON."), headers)
    if reply.message is None:
        return Response(status=reply.status)
    response = Response(orjson.dumps(reply.message), reply.status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
