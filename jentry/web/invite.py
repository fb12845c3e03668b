"""Invitations: a one-time link with which a user chooses a password."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, writing
from jentry.errors import NotFound, Refusal
from jentry.store import invitations, passwords
from jentry.web import csrf, headers

bp = Blueprint("invite", __name__, url_prefix="/invite")
bp.after_request(headers.private)


@bp.get("/<secret>")
def form(secret: str) -> ResponseReturnValue:
    invited = invitations.get(reading(), secret, clock.timestamp(clock.now()))
    return render_template("invite/form.html", email=invited["email"], error=None)


@bp.post("/<secret>")
def submit(secret: str) -> ResponseReturnValue:
    invited = invitations.get(reading(), secret, clock.timestamp(clock.now()))
    try:
        csrf.check()
        password = passwords.hashed(request.form.get("password", ""))
        with writing() as (db, at):
            invitations.accept(db, secret, password, at)
    except NotFound:
        raise
    except Refusal as refusal:
        return render_template(
            "invite/form.html", email=invited["email"], error=refusal.message
        ), refusal.status
    return render_template("invite/done.html", email=invited["email"])
