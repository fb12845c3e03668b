"""Usage: what became of all that was sent, hour by hour, and where an event has gone."""

from collections import Counter
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading
from jentry.presentation import charts, intake
from jentry.quotas import EVENTS
from jentry.schemas.base import load_leniently
from jentry.schemas.stats import QUERY
from jentry.store import outcomes, projects, whereabouts
from jentry.store import usage as kept
from jentry.store.outcomes import Wanted
from jentry.web import session
from jentry.web.guard import pages
from jentry.web.issue_list import EVENT_ID

bp = pages("usage", __name__)

FILTERS = ("period", "category", "outcome", "reason")
BARS = 84
CHART = (1008, 120)  # units
MOST_TOTALS = 100
MISSED = ("filtered", "rate_limited", "invalid", "client_discard")


@bp.get("/settings/usage")
def page() -> ResponseReturnValue:
    at = clock.timestamp(clock.now())
    given = {name: held for name in FILTERS if (held := request.args.get(name))}
    wanted, wrong = load_leniently(QUERY, given)
    known = {item["id"]: item for item in projects.list_for(reading(), session.actor())}
    project_id = _project(known)
    context = {"known": known, "project_id": project_id, "wanted": wanted, "wrong": wrong}
    context |= _figures(project_id, wanted, at)
    context["kept"] = kept.of_organization(reading(), session.actor())
    return render_template("usage/page.html", sought=_sought(wanted, at), href=_href, **context)


def _figures(project_id: int | None, wanted: Wanted, at: str) -> dict[str, Any]:
    db, actor = reading(), session.actor()
    over = charts.span(wanted.period, BARS, at)
    drawn = replace(wanted, since=over.since)
    _, totals, _ = outcomes.report(db, actor, project_id, replace(wanted, limit=1), at)
    by_outcome: Counter[str] = Counter()
    for row in totals:
        by_outcome[row["outcome"]] += row["quantity"]
    return {
        "intake": intake,
        "span": charts.SPANS[wanted.period],
        "totals": totals[:MOST_TOTALS],
        "left_out": len(totals) - MOST_TOTALS,
        "by_outcome": by_outcome,
        "stack": intake.stack(outcomes.hours(db, actor, project_id, drawn, at), over, *CHART),
        "ticks": charts.ticks(over),
        "hours": over.step,
        "said": intake.said(by_outcome.items(), charts.SPANS[wanted.period]),
    }


def _project(known: dict[int, Any]) -> int | None:
    """The project asked for; one that is not the organization's is none."""
    number = request.args.get("project", "")
    return int(number) if number.isascii() and number.isdigit() and int(number) in known else None


def _sought(wanted: Wanted, at: str) -> dict[str, Any] | None:
    """What became of the event whose id was pasted; `missed` are events that were not stored in
    the time shown, of any project: their ids are not kept.
    """
    text = request.args.get("event", "").strip()
    if not text:
        return None
    if not EVENT_ID.fullmatch(text):
        return {"text": text, "is_id": False}
    event_id = bytes.fromhex(text.replace("-", ""))
    found = whereabouts.find(reading(), session.actor(), event_id)
    period = Wanted(period=wanted.period, limit=1)
    _, totals, _ = outcomes.report(reading(), session.actor(), None, period, at)
    missed = [r for r in totals if r["outcome"] in MISSED and r["category"] in EVENTS[:3]]
    return {"text": text, "is_id": True, "id": event_id.hex(), "missed": missed} | found


def _href(**changes: str | int | None) -> str:
    """This page with something changed; what is None or empty is left out."""
    held = {name: request.args.get(name) for name in (*FILTERS, "project")} | changes
    kept = {name: value for name, value in held.items() if value not in (None, "")}
    address = url_for("web.usage.page")
    return f"{address}?{urlencode(kept)}" if kept else address
