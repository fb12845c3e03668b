"""What monitoring asks: does the process serve, and can it write?"""

from contextlib import closing
from pathlib import Path

from flask import Blueprint
from flask.typing import ResponseReturnValue

from jentry.app.db import settings
from jentry.store import connection, instance

bp = Blueprint("health", __name__)

PATIENCE = 2.0  # seconds; whoever asks gives up soon, and must not hold a thread for longer
PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return "ok\n", PLAIN


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 once a write is on disk; 503 with the reason, such as a full disk or a stuck writer."""
    status, text = probe(settings().db)
    return text, status, PLAIN


def probe(path: Path) -> tuple[int, str]:
    """Whether a write gets onto the disk in time: a status, and a line for whoever asks."""
    try:
        with (
            closing(connection.connect(path, write=True)) as db,
            connection.transaction(db, patience=PATIENCE),
        ):
            instance.prove_writable(db)
    except (connection.Error, OSError) as error:
        return 503, f"cannot write: {error}\n"
    return 200, "ok\n"
