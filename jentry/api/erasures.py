"""Erasing one person: found, exported, confirmed, erased."""

from flask import Blueprint, Response, g, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, requires
from jentry.api.stream import NDJSON
from jentry.app.db import reading, writing
from jentry.schemas.erasures import IN, OUT
from jentry.store import roles
from jentry.store.erasure import records

bp = Blueprint("erasures", __name__)


@bp.post("/erasures")
@describes(OUT, body=IN, status=202, errors=(409,))
@requires("project:admin")
def create_erasure() -> ResponseReturnValue:
    """Look for a person in all that the organization has stored; nothing is changed yet.

    Name the person by any of `userId`, `email`, `username` and `ip`. Events of which the person is
    the user are found as theirs; others that mention them, by whole words in any case. An id or a
    user name that is short, or an id of digits, counts only as the event's own user. Poll until the
    state is `found`, then confirm; what is not confirmed lapses after a week. Only for tokens of
    owners.
    """
    roles.require(reading(), g.actor, "owner", "erase a person")
    wanted = body(IN)
    with writing() as (db, at):
        erasure = records.request(db, g.actor, wanted, at)
    place = url_for("v1.erasures.get_erasure", erasure_id=erasure["id"])
    return {"data": OUT.dump(erasure)}, 202, {"Location": place}


@bp.get("/erasures/<id:erasure_id>")
@describes(OUT)
@requires("project:admin")
def get_erasure(erasure_id: int) -> ResponseReturnValue:
    """See how far it is, and what was found or erased, by table."""
    return {"data": OUT.dump(records.get(reading(), g.actor, erasure_id))}


@bp.get("/erasures/<id:erasure_id>/export")
@describes(None)
@requires("project:admin")
def export_erasure(erasure_id: int) -> ResponseReturnValue:
    """What was found, as lines of JSON: events, files and reports. 404 once it is erased."""
    found = records.export(reading(), g.actor, erasure_id)
    return Response(stream_with_context(found), content_type=NDJSON)


@bp.post("/erasures/<id:erasure_id>/confirm")
@describes(OUT, status=202, errors=(409,))
@requires("project:admin")
def confirm_erasure(erasure_id: int) -> ResponseReturnValue:
    """Erase what was found and what has come since, for good."""
    records.get(reading(), g.actor, erasure_id)
    with writing() as (db, at):
        erasure = records.confirm(db, g.actor, erasure_id, at)
    return {"data": OUT.dump(erasure)}, 202
