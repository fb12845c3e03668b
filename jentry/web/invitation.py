"""Accepting an invitation: with the account one has, or with a new one.

The page is the same whether or not the address has an account. Links of the command line, for
accounts that it has made, lead here too: there only a password is missing.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading, writing
from jentry.errors import NotFound, Refusal
from jentry.store import invitations, passwords
from jentry.web import csrf, headers, reset_password, session, status

bp = Blueprint("invitation", __name__, url_prefix="/invite")
bp.after_request(headers.private)


@bp.get("/<secret>")
def form(secret: str) -> ResponseReturnValue:
    invitation = invitations.find(reading(), secret, clock.timestamp(clock.now()))
    return _page(invitation) if invitation else reset_password.page(secret)


@bp.post("/<secret>")
def submit(secret: str) -> ResponseReturnValue:
    invitation = invitations.find(reading(), secret, clock.timestamp(clock.now()))
    if invitation is None:
        return reset_password.choose(secret)
    try:
        csrf.check()
        _accept(secret, invitation)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(invitation, refusal.message), refusal.status
    return redirect(local("/"), 303)


def _accept(secret: str, invitation: dict[str, Any]) -> None:
    known = session.person()
    if known:
        with writing() as (db, at):
            invitations.accept(db, secret, known.id, at)
        session.forget()
    else:
        _accept_as_new(secret, invitation["email"])
    session.show(invitation["org_id"])
    status.say(f"Welcome to {invitation['organization']}.")


def _accept_as_new(secret: str, email: str) -> None:
    name = request.form.get("name", "")
    password = passwords.hashed(request.form.get("password", ""), email)
    with writing() as (db, at):
        found = invitations.accept_as_new(db, secret, name, password, at)
        session.start(db, found["user_id"], at)


def _page(invitation: dict[str, Any], error: str | None = None) -> str:
    return render_template(
        "invitation/form.html",
        invitation=invitation,
        known=session.person(),
        name=request.form.get("name", ""),
        error=error,
    )
