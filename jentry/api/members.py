"""Members of the organization."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.members import OUTS, QUERY
from jentry.store import users

bp = Blueprint("members", __name__)


@bp.get("/members")
@describes(OUTS, query=QUERY)
@requires("member:read")
def list_members() -> ResponseReturnValue:
    """List the organization's members: whom issues can be assigned to, if active."""
    wanted = query(QUERY)
    return {"data": OUTS.dump(users.list_for(reading(), g.actor, wanted["limit"]))}
