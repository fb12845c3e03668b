"""The server, for its operators: whether it is well, and what it does besides requests."""

from dataclasses import fields
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from jentry import __version__
from jentry.app.db import reading, settings
from jentry.health.report import report
from jentry.settings import variable
from jentry.store import roles, upkeep
from jentry.web import headers, health, session
from jentry.web.guard import pages

bp = pages("server", __name__, is_own=True)
bp.after_request(headers.unstored)


@bp.get("/server")
def page() -> ResponseReturnValue:
    """Reads what takes milliseconds; all of the file is read by `jentry check`."""
    roles.require_operator(reading(), session.required().id)
    status, sentence = health.probe(settings())
    return render_template(
        "server/page.html",
        report=report(settings(), whole=False),
        is_ready=status == 200,
        sentence=sentence,
        database=settings().db.resolve(),
        version=__version__,
        chosen=_chosen(),
        is_looked_after=upkeep.is_looked_after(settings().db),
        jobs=upkeep.read(settings().db),
    )


def _chosen() -> list[tuple[str, Any]]:
    """Settings that are not the default."""
    held = [(item, getattr(settings(), item.name)) for item in fields(settings())]
    return [(variable(item.name), value) for item, value in held if value != item.default]
