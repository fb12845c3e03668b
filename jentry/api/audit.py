"""The audit log."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.audit import OUTS, QUERY
from jentry.store import audit_list

bp = Blueprint("audit", __name__)


@bp.get("/audit")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("org:read")
def list_audit() -> ResponseReturnValue:
    """The organization's audit log, newest first.

    `since` is inclusive, `until` exclusive; the `userId` none stands for the command line.
    """
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, audit_list.page(reading(), g.actor, wanted))
