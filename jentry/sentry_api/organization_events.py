"""Events of the organization as tables and over time."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.errors import BadRequest, Refusal
from jentry.sentry_api import answers, discover, parameters, series
from jentry.sentry_api.access import requires
from jentry.sentry_api.events import wanted
from jentry.store import arrivals

bp = Blueprint("v0_organization_events", __name__)

MOST_TOP = 20  # groups of a series
COUNT = "count()"


@bp.get("/organizations/<org>/events/")
@bp.get("/organizations/<org>/eventsv2/")
@requires("event:read")
def list_events() -> ResponseReturnValue:
    """Rows of the `field`s, the last to arrive first; with an aggregate counts by the others."""
    discover.require_errors()
    plain, aggregates = discover.fields_asked()
    about = discover.meta([*plain, *aggregates])
    if aggregates:
        rows = discover.counted(plain, aggregates)
        start, end = answers.offset(), answers.offset() + answers.limit()
        return answers.sliced_in(rows[start:end], end < len(rows), about)
    page = arrivals.page(reading(), g.actor, wanted(parameters.project_ids()), g.at)
    owners = discover.own_projects()
    rows = [discover.row_of(row, plain, owners) for row in page.rows]
    return answers.followed({"data": rows, "meta": about}, page.last)


@bp.get("/organizations/<org>/events/validate/")
@requires("event:read")
def validate() -> ResponseReturnValue:
    """Whether `events/` would answer, and what it would say instead."""
    checks = {
        "dataset": discover.require_errors,
        "field": discover.fields_asked,
        "query": lambda: arrivals.page(reading(), g.actor, wanted(None), g.at),
        "projects": parameters.project_ids,
    }
    return _verdict({name: _error(check) for name, check in checks.items()})


def _verdict(errors: dict[str, str | None]) -> dict[str, Any]:
    return {
        "valid": not any(errors.values()),
        "projects": _entries("projects", errors["projects"]),
        "dataset": _entries(request.args.get("dataset", "errors"), errors["dataset"]),
        "environment": [],
        "field": [
            {"name": name, "valid": True, "attrType": None, "error": None}
            | discover.checked(name, errors["field"])
            for name in request.args.getlist("field")[: discover.MOST_FIELDS]
        ],
        "query": {"valid": not errors["query"], "error": errors["query"], "fields": []},
        "orderby": [],
    }


@bp.get("/organizations/<org>/events-stats/")
@requires("event:read")
def list_stats() -> ResponseReturnValue:
    """Events in each step of time; with `topEvents` and a field those of its largest groups."""
    axes = request.args.getlist("yAxis") or [COUNT]
    if set(axes) != {COUNT}:
        raise BadRequest(f"yAxis: jentry counts events only: {COUNT}.")
    steps = series.steps_asked(series.interval())
    plain, _ = discover.fields_asked(grouped=True) if "topEvents" in request.args else ([], [])
    return _top_series(steps, plain) if plain else _series(steps, discover.hours())


def _top_series(steps: series.Steps, plain: list[str]) -> dict[str, Any]:
    """Of each of the largest groups, by what it is called."""
    owners, groups = discover.own_projects(), dict[str, list[tuple[str, int]]]()
    for row in discover.counts(by_hour=True):
        key = ",".join(str(discover.GROUPED[name](row, owners)) for name in plain)
        groups.setdefault(key, []).append((row["hour"], row["events"]))
    largest = sorted(groups, key=lambda key: -sum(events for _, events in groups[key]))
    return {
        key: _series(steps, groups[key]) | {"order": place}
        for place, key in enumerate(largest[: _top()])
    }


def _series(steps: series.Steps, hours: list[tuple[str, int]]) -> dict[str, Any]:
    found = series.summed(steps, hours)
    return {
        "data": [[moment, [{"count": number}]] for moment, number in found],
        "start": found[0][0],
        "end": found[-1][0],
        "isMetricsData": False,
    }


def _top() -> int:
    text = request.args.get("topEvents", "")
    return max(1, min(int(text), MOST_TOP)) if text.isdecimal() and len(text) < 5 else 5


def _error(check: Any) -> str | None:
    try:
        check()
    except Refusal as refusal:
        return refusal.message.replace("search: ", "", 1)
    return None


def _entries(name: str, error: str | None) -> list[dict[str, Any]]:
    return [{"name": name, "valid": False, "error": error}] if error else []
