"""The start page: what this server is, and what to do next."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from jentry import __version__
from jentry.app.db import reading
from jentry.store import instance

bp = Blueprint("home", __name__)


@bp.get("/")
def start() -> ResponseReturnValue:
    db = reading()
    return render_template(
        "home.html",
        version=__version__,
        is_empty=instance.is_empty(db),
        is_demo=instance.get(db)["is_demo"],
    )
