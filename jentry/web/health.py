"""What monitoring asks: does the process serve, and can it write?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from jentry.app.db import settings
from jentry.health.readiness import later, probe

bp = Blueprint("health", __name__)

PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return "ok\n", PLAIN


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 once a write is on disk; 503 with the reason, such as a full disk or a stuck writer."""
    status, text = probe(settings())
    return text, status, PLAIN | later(status)
