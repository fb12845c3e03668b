"""Alert channels: where alerts go; a test of each, and opting out of one's own mail."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, settings, writing
from jentry.errors import Refusal
from jentry.schemas.alert_channels import CREATE
from jentry.schemas.base import load
from jentry.store import alert_channels, optouts
from jentry.web import headers, session, status
from jentry.web.guard import pages

bp = pages("alert_channels", __name__)
bp.after_request(headers.unstored)

KINDS = (
    ("email", "Mail"),
    ("webhook", "Webhook"),
    ("apprise", "Chat or paging service"),
)
DIGESTS = (("0", "At once, each alone"), ("300", "After 5 minutes"), ("3600", "After 1 hour"),
           ("86400", "After 1 day"))  # fmt: skip
HERE = "web.alert_channels.page"


@bp.get("/settings/alerts/channels")
def page() -> ResponseReturnValue:
    return _page()


@bp.post("/settings/alerts/channels")
def create() -> ResponseReturnValue:
    """The answer shows a webhook's secret; reloading it cannot."""
    try:
        with writing() as (db, at):
            made, secret = alert_channels.create(db, session.actor(), _wanted(), at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    return _page(made=made, secret=secret or "")


@bp.post("/settings/alerts/channels/<id:channel_id>/test")
def test(channel_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        own = session.required().email
        delivery = alert_channels.test(db, session.actor(), channel_id, own, at)
    status.say(f"A test is on its way to {delivery['recipient']}. Its answer is here in a moment.")
    return redirect(url_for("web.alert_deliveries.page", channelId=channel_id), 303)


@bp.post("/settings/alerts/channels/<id:channel_id>/switch")
def switch(channel_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        change = {"is_active": request.form.get("to") == "on"}
        found = alert_channels.update(db, session.actor(), channel_id, change, at)
    status.say(f"“{found['name']}” is {'on' if found['is_active'] else 'off'}.")
    return redirect(url_for(HERE), 303)


@bp.post("/settings/alerts/channels/<id:channel_id>/delete")
def delete(channel_id: int) -> ResponseReturnValue:
    try:
        with writing() as (db, at):
            alert_channels.delete(db, session.actor(), channel_id, at)
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    status.say("The channel is deleted, and its deliveries with it.")
    return redirect(url_for(HERE), 303)


@bp.post("/settings/alerts/channels/<id:channel_id>/mine")
def opt(channel_id: int) -> ResponseReturnValue:
    """Whether this person gets the channel's mail."""
    email, is_out = session.required().email, request.form.get("to") == "off"
    with writing() as (db, at):
        channel = alert_channels.get(db, session.actor(), channel_id)
        if is_out:
            optouts.add(db, channel["id"], email, at)
        else:
            optouts.remove(db, channel["id"], email)
    status.say(f"“{channel['name']}” sends you {'no more' if is_out else 'its'} mail.")
    return redirect(url_for(HERE), 303)


def _wanted() -> dict[str, Any]:
    """Raises BadRequest."""
    form = request.form
    kind = form.get("kind", "")
    wanted: dict[str, Any] = {"name": form.get("name", ""), "kind": kind}
    if kind == "email":
        wanted["to"] = form.get("to", "").replace(",", " ").split()
    else:
        wanted["url"] = form.get("url", "").strip()
    digest = form.get("digest", "300")
    wanted["digestSeconds"] = int(digest) if digest in dict(DIGESTS) else 300
    found: dict[str, Any] = load(CREATE, wanted)
    return found


def _page(made: dict[str, Any] | None = None, secret: str = "", error: str = "") -> str:
    db, has_mail = reading(), settings().smtp_url is not None
    found = [
        alert_channels.with_health(channel, has_mail=has_mail)
        for channel in alert_channels.list_for(db, session.actor())
    ]
    return render_template(
        "alert_channels/page.html",
        channels=found,
        kinds=KINDS,
        digests=DIGESTS,
        out=optouts.of(db, session.actor(), session.required().email),
        has_mail=has_mail,
        made=made,
        secret=secret,
        error=error,
        given=request.form if error else {},
    )
