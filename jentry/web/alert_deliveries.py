"""Deliveries: what was told to whom, what the receiver answered, and another try."""

from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.schemas.base import load_leniently
from jentry.schemas.deliveries import QUERY
from jentry.store import alert_channels, deliveries
from jentry.vocabulary import DELIVERY_STATES
from jentry.web import session, status
from jentry.web.guard import pages

bp = pages("alert_deliveries", __name__)

FILTERS = ("channelId", "ruleId", "issueId", "state")


@bp.get("/settings/alerts/deliveries")
def page() -> ResponseReturnValue:
    given = {name: held for name in (*FILTERS, "page") if (held := request.args.get(name))}
    wanted, _ = load_leniently(QUERY, given)
    rows, total = deliveries.page(reading(), session.actor(), wanted)
    known = {one["id"]: one for one in alert_channels.list_for(reading(), session.actor())}
    pages_ = max(1, -(-total // wanted["limit"]))
    return render_template(
        "alert_deliveries/page.html", deliveries=rows, total=total, wanted=wanted, known=known,
        pages=pages_, href=_href, states=DELIVERY_STATES,
    )  # fmt: skip


@bp.post("/settings/alerts/deliveries/<id:delivery_id>/retry")
def retry(delivery_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        found = deliveries.retry(db, session.actor(), delivery_id, at)
    status.say(f"The message to {found['recipient']} is tried again.")
    return redirect(url_for("web.alert_deliveries.page"), 303)


def _href(number: int) -> str:
    kept = {name: held for name in FILTERS if (held := request.args.get(name))}
    return f"?{urlencode(kept | {'page': number})}"
