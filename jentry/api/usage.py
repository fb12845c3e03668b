"""Usage: what is kept, what is gone, and how long the disk will last."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import requires
from jentry.app.db import reading, settings
from jentry.schemas.usage import OUT
from jentry.store import forecast

bp = Blueprint("usage", __name__)


@bp.get("/usage")
@describes(OUT)
@requires("org:read")
def get_usage() -> ResponseReturnValue:
    """What the organization's projects hold, and what went by age, caps or the disk budget.

    `disk` is null on a server that has several organizations: it is not theirs to know.
    """
    found = settings()
    sizes = (found.disk_budget, found.disk_reserve)
    return {"data": OUT.dump(forecast.usage_of(reading(), g.actor, *sizes, g.at))}
