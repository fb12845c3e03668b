"""Choosing a password by a one-time link, the first one or a new one."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.db import reading, writing
from jentry.errors import NotFound, Refusal
from jentry.store import password_links, passwords
from jentry.web import csrf, headers

bp = Blueprint("reset_password", __name__)
bp.after_request(headers.private)


@bp.get("/password/forgot")
def forgot() -> ResponseReturnValue:
    return render_template("reset_password/forgot.html")


@bp.get("/password/reset/<secret>")
def form(secret: str) -> ResponseReturnValue:
    return page(secret)


@bp.post("/password/reset/<secret>")
def submit(secret: str) -> ResponseReturnValue:
    return choose(secret)


def page(secret: str, error: str | None = None) -> str:
    """Raises NotFound."""
    link = password_links.get(reading(), secret, clock.timestamp(clock.now()))
    return render_template("reset_password/form.html", link=link, error=error)


def choose(secret: str) -> ResponseReturnValue:
    """Raises NotFound. Whoever has a second factor still needs it: nobody is signed in by this."""
    link = password_links.get(reading(), secret, clock.timestamp(clock.now()))
    try:
        csrf.check()
        password = passwords.hashed(request.form.get("password", ""), link["email"])
        with writing() as (db, at):
            password_links.use(db, secret, password, at)
    except NotFound:
        raise
    except Refusal as refusal:
        return page(secret, refusal.message), refusal.status
    return redirect(url_for("web.sign_in.form", done="password"), 303)
