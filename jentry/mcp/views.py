"""`POST /mcp`: each message is a request of its own; nothing is kept between two."""

from dataclasses import replace
from functools import partial

import orjson
from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from jentry import __version__
from jentry.api import limits
from jentry.api.request import authorize, raw_body
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.mcp import protocol
from jentry.mcp.session import Session

bp = Blueprint("mcp", __name__)

YES = ("1", "true", "yes", "on")


@bp.post("/mcp")
def post_message() -> ResponseReturnValue:
    """Tools that write are there with `?write=1` and the scope issue:write only."""
    grant = authorize(None, confined=True)
    g.charge = partial(limits.charge, grant.token_id)
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


def _sent(raw: bytes, session: Session) -> Response:
    try:
        answer = protocol.answer(orjson.loads(raw), session, __version__)
    except orjson.JSONDecodeError:
        answer = protocol.error(None, protocol.PARSE, "The body is not valid JSON.")
    if answer is None:
        return Response(status=202)
    response = Response(orjson.dumps(answer), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
