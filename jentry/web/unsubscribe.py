"""No more mail of an alert channel, by the link that each of its mails has.

Without sign-in, and without the token of our forms: mail programs post to it by themselves (RFC
8058). The address proves itself by a signature, and a GET changes nothing.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, writing
from jentry.store import optouts
from jentry.web import headers

bp = Blueprint("unsubscribe", __name__, url_prefix="/alerts/unsubscribe")
bp.after_request(headers.private)

ADDRESS = "/<id:channel_id>/<email>/<token>"


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
