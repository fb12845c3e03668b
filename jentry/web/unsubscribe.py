"""No more mail of an alert channel or of what is one's own, by the link that each mail has.

Without sign-in, and without the token of our forms: mail programs post to it by themselves (RFC
8058). The address proves itself by a signature, and a GET changes nothing.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.store import mail_choices, optouts
from jentry.web import headers

bp = Blueprint("unsubscribe", __name__)
bp.after_request(headers.private)

ADDRESS = "/alerts/unsubscribe/<id:channel_id>/<email>/<token>"
PERSONAL = "/mail/unsubscribe/<id:org_id>/<id:user_id>/<topic>/<token>"


@bp.get(ADDRESS)
def form(channel_id: int, email: str, token: str) -> ResponseReturnValue:
    channel = optouts.by_link(reading(), channel_id, email, token)
    return render_template("unsubscribe/form.html", channel=channel, email=email)


@bp.post(ADDRESS)
def submit(channel_id: int, email: str, token: str) -> ResponseReturnValue:
    channel = optouts.by_link(reading(), channel_id, email, token)
    with writing() as (db, at):
        optouts.add(db, channel_id, email, at)
    return render_template("unsubscribe/done.html", channel=channel, email=email)


@bp.get(PERSONAL)
def personal_form(org_id: int, user_id: int, topic: str, token: str) -> ResponseReturnValue:
    found = mail_choices.by_link(reading(), org_id, user_id, topic, token)
    return render_template("unsubscribe/personal.html", found=found, topic=topic, done=False)


@bp.post(PERSONAL)
def personal_submit(org_id: int, user_id: int, topic: str, token: str) -> ResponseReturnValue:
    found = mail_choices.by_link(reading(), org_id, user_id, topic, token)
    with writing() as (db, at):
        mail_choices.choose(db, org_id, user_id, topic, False, at)
    return render_template("unsubscribe/personal.html", found=found, topic=topic, done=True)
