"""Deliveries: what was told to whom, and what the receiver answered."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.paging import PAGED, paged
from jentry.api.request import query, requires
from jentry.app.db import reading, writing
from jentry.schemas.deliveries import OUT, OUTS, QUERY
from jentry.store import deliveries

bp = Blueprint("deliveries", __name__)


@bp.get("/alert-deliveries")
@describes(OUTS, query=QUERY, envelope=PAGED)
@requires("alert:read")
def list_deliveries() -> ResponseReturnValue:
    """List deliveries of the last 30 days, newest first. Of each the first 20 items are shown."""
    wanted = query(QUERY)
    return paged(OUTS, wanted, *deliveries.page(reading(), g.actor, wanted))


@bp.get("/alert-deliveries/<id:delivery_id>")
@describes(OUT)
@requires("alert:read")
def get_delivery(delivery_id: int) -> ResponseReturnValue:
    """Fetch a single delivery."""
    return {"data": OUT.dump(deliveries.get(reading(), g.actor, delivery_id))}


@bp.post("/alert-deliveries/<id:delivery_id>/retry")
@describes(OUT, status=202, errors=(409,))
@requires("alert:write")
def retry_delivery(delivery_id: int) -> ResponseReturnValue:
    """Try a delivery again that failed or waits. There is no body."""
    with writing() as (db, at):
        delivery = deliveries.retry(db, g.actor, delivery_id, at)
    return {"data": OUT.dump(delivery)}, 202
