"""How much was sent: by project, and over all of them."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading
from jentry.errors import BadRequest
from jentry.sentry_api import answers, parameters, series
from jentry.sentry_api.access import project, requires
from jentry.store import outcomes
from jentry.store.outcomes import Wanted

bp = Blueprint("v0_stats", __name__)

OUTCOMES = {"received": None, "rejected": "rate_limited", "blacklisted": "filtered"}
GROUPS = ("outcome", "category", "project", "reason")
QUANTITY = "sum(quantity)"
THEIRS = {"client_discard": "client_discard"}


@bp.get("/projects/<org>/<name>/stats/")
@requires("project:read")
def list_stats(name: str) -> ResponseReturnValue:
    """`[epoch, events]` of each step; `stat` is received, rejected or blacklisted."""
    stat = request.args.get("stat", "received")
    if stat not in OUTCOMES:
        raise BadRequest(f"stat: Must be one of: {', '.join(OUTCOMES)}.")
    steps = series.steps_asked(series.interval())
    since = clock.timestamp(steps[0])
    wanted = Wanted(since=since, category="error", outcome=OUTCOMES[stat])
    rows = outcomes.hours(reading(), g.actor, project(name)["id"], wanted, g.at)
    found = series.summed(steps, [(hour, quantity) for hour, _, quantity in rows])
    return answers.bare(list(map(list, found)))


@bp.get("/organizations/<org>/stats_v2/")
@requires("project:read")
def list_groups() -> ResponseReturnValue:
    """What became of everything that was sent, by `groupBy`."""
    field, by = request.args.get("field", QUANTITY), request.args.getlist("groupBy")
    if field not in (QUANTITY, "sum(times_seen)"):
        raise BadRequest(f"field: jentry answers {QUANTITY} only.")
    if unknown := [name for name in by if name not in GROUPS]:
        raise BadRequest(f"groupBy: Must be one of: {', '.join(GROUPS)}; not {unknown[0][:50]}.")
    steps = series.steps_asked(series.interval())
    return {
        "start": clock.timestamp(steps[0]),
        "end": g.at,
        "intervals": [clock.timestamp(moment) for moment in steps],
        "groups": _groups(_rows(steps), steps, by, field),
    }


def _rows(steps: series.Steps) -> list[dict[str, Any]]:
    wanted = Wanted(
        since=clock.timestamp(steps[0]),
        category=request.args.get("category"),
        outcome=request.args.get("outcome"),
    )
    ids = parameters.project_ids()
    only = ids[0] if ids and len(ids) == 1 else None
    rows, _, is_cut = outcomes.report(reading(), g.actor, only, wanted, g.at)
    if is_cut:
        raise BadRequest("statsPeriod: That is too much at once; ask for a shorter span.")
    return [row for row in rows if ids is None or row["project_id"] in ids]


def _groups(
    rows: list[dict[str, Any]], steps: series.Steps, by: list[str], field: str
) -> list[dict[str, Any]]:
    parts: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    for row in rows:
        named = row | {"project": row["project_id"]}
        key = tuple(named[name] for name in by)
        parts.setdefault(key, []).append((row["time"], row["quantity"]))
    return [
        {
            "by": dict(zip(by, key, strict=True)),
            "totals": {field: sum(quantity for _, quantity in hours)},
            "series": {field: [quantity for _, quantity in series.summed(steps, hours)]},
        }
        for key, hours in parts.items()
    ]
