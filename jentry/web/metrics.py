"""`/metrics`, for Prometheus, behind a token of its own."""

import hmac

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from jentry.app import body
from jentry.app.db import settings
from jentry.errors import NotFound, Unauthorized

bp = Blueprint("metrics", __name__)

FORMAT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"}


@bp.get("/metrics")
def show() -> ResponseReturnValue:
    """Without `JENTRY_METRICS_TOKEN` there is no such address."""
    wanted = settings().metrics_token
    if wanted is None:
        raise NotFound("There is no such address.")
    said = request.headers.get("Authorization", "")
    if not hmac.compare_digest(said.encode(), f"Bearer {wanted}".encode()):
        raise Unauthorized("/metrics asks for `Authorization: Bearer` and JENTRY_METRICS_TOKEN.")
    body.admit()
    from jentry.health import metrics  # noqa: PLC0415 - few servers are watched

    return metrics.text(settings()), FORMAT
