"""The one-time set-up: the first organization, its owner and a project. It ends signed in, on the
project's own page for sending a first error.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.app.db import reading, writing
from jentry.errors import NotFound, Refusal
from jentry.store import instance, passwords
from jentry.store import setup as store_setup
from jentry.store.connection import Connection
from jentry.web import csrf, headers, project_setup, session, snippets

bp = Blueprint("setup", __name__, url_prefix="/setup")
bp.after_request(headers.private)

FIELDS = ("organization", "name", "email", "project", "platform")


@bp.get("/<secret>")
def form(secret: str) -> ResponseReturnValue:
    if instance.was_setup_by(reading(), secret):
        return redirect(local("/"), 303)
    _require_open(reading(), secret)
    return _form({})


@bp.post("/<secret>")
def submit(secret: str) -> ResponseReturnValue:
    """The page that follows shows the API token; reloading that page cannot."""
    if instance.was_setup_by(reading(), secret):
        return redirect(local("/"), 303)
    _require_open(reading(), secret)
    values = {name: request.form.get(name, "") for name in FIELDS}
    password = request.form.get("password", "")
    try:
        csrf.check()
    except Refusal as refusal:
        return _form(values, error=refusal.message), refusal.status
    if errors := store_setup.wrong(values, password):
        return _form(values, errors=errors), 400
    return _set_up(secret, values, password)


def _set_up(secret: str, values: dict[str, str], password: str) -> ResponseReturnValue:
    chosen = passwords.hashed(password, values["email"])
    with writing() as (db, at):
        _require_open(db, secret)
        made = store_setup.set_up(db, at, password=chosen, **values)
        session.start(db, made.owner["id"], at)
    project_setup.keep_token(made.token)
    return redirect(url_for("web.project_setup.page", project_id=made.project["id"]), 303)


def _form(values: dict[str, str], error: str | None = None, errors: object = None) -> str:
    return render_template(
        "setup/form.html", values=values, platforms=snippets.choices(), error=error,
        errors=errors or {},
    )  # fmt: skip


def _require_open(db: Connection, secret: str) -> None:
    if not instance.is_setup_open(db, secret):
        raise NotFound("This server has been set up, or the address is mistyped.")
