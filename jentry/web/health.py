"""What monitoring asks: does the process serve, and can it write?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from jentry.db import writing
from jentry.store import connection, instance

bp = Blueprint("health", __name__)

PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return "ok\n", PLAIN


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 once a write is on disk; 503 with SQLite's reason, such as a full disk."""
    try:
        with writing() as (db, _):
            instance.prove_writable(db)
    except (connection.Error, OSError) as error:
        return f"cannot write: {error}\n", 503, PLAIN
    return "ok\n", PLAIN
