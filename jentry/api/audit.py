"""The audit log."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.db import reading
from jentry.schemas.audit import OUTS, QUERY
from jentry.store import audit

bp = Blueprint("audit", __name__)


@bp.get("/audit")
@describes(OUTS, query=QUERY)
@requires("org:read")
def list_audit() -> ResponseReturnValue:
    """The organization's audit log, newest first."""
    wanted = query(QUERY)
    return {"data": OUTS.dump(audit.list_for(reading(), g.actor, wanted["limit"]))}
