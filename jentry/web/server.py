"""The server, for its operators: whether it is well, and what it does besides requests."""

from dataclasses import fields
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from jentry import __version__, clock
from jentry.app.db import reading, settings
from jentry.health import readiness
from jentry.health.report import report
from jentry.settings import variable
from jentry.store import disk, roles, upkeep, usage
from jentry.store.backup import record
from jentry.web import headers, session
from jentry.web.guard import pages

BACKUPS = 10
HIDDEN = "set, and not shown"

bp = pages("server", __name__, is_own=True)
bp.after_request(headers.unstored)


@bp.get("/server")
def page() -> ResponseReturnValue:
    """Reads what takes milliseconds; all of the file is read by `jentry check`."""
    roles.require_operator(reading(), session.required().id)
    status, sentence = readiness.probe(settings())
    return render_template(
        "server/page.html",
        version=__version__,
        database=settings().where,
        report=report(settings(), whole=False),
        is_ready=status == 200,
        sentence=sentence,
        chosen=_chosen(),
        **_storage(),
        **_work(),
    )


def _storage() -> dict[str, Any]:
    db, at = reading(), clock.timestamp(clock.now())
    return {
        "disk": disk.has_files(db)
        and disk.measure(db, settings().disk_budget, settings().disk_reserve),
        "growth": usage.growth(db, at),
        "backups": record.latest(db)[:BACKUPS],
    }


def _work() -> dict[str, Any]:
    """What is done besides requests."""
    path = settings().db
    return {"is_looked_after": upkeep.is_looked_after(path), "jobs": upkeep.read(path)}


def _chosen() -> list[tuple[str, str]]:
    """Settings that are not the default; of secrets only that they are set."""
    chosen = []
    for item in fields(settings()):
        value = getattr(settings(), item.name)
        if value != item.default:
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            chosen.append((variable(item.name), HIDDEN if item.metadata["is_secret"] else text))
    return chosen
