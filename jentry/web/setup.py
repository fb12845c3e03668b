"""The one-time set-up: the first organization, its owner, a project, and how to use them."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import NotFound, Refusal
from jentry.store import instance, passwords, projects
from jentry.store import setup as store_setup
from jentry.store.connection import Connection
from jentry.web import csrf, headers
from jentry.web.snippets import SNIPPETS, snippet

bp = Blueprint("setup", __name__, url_prefix="/setup")
bp.after_request(headers.private)

FIELDS = ("organization", "name", "email", "project", "platform")


@bp.get("/<secret>")
def form(secret: str) -> ResponseReturnValue:
    _require_open(reading(), secret)
    return render_template("setup/form.html", values={}, platforms=SNIPPETS, error=None)


@bp.post("/<secret>")
def submit(secret: str) -> ResponseReturnValue:
    """The answer shows the API token; reloading it cannot."""
    _require_open(reading(), secret)
    values = {name: request.form.get(name, "") for name in FIELDS}
    try:
        csrf.check()
        password = passwords.hashed(request.form.get("password", ""))
        with writing() as (db, at):
            _require_open(db, secret)
            made = store_setup.set_up(db, at, password=password, **values)
    except NotFound:
        raise
    except Refusal as refusal:
        return render_template(
            "setup/form.html", values=values, platforms=SNIPPETS, error=refusal.message
        ), refusal.status
    return _done(made)


def _done(made: store_setup.Made) -> str:
    project = made.project
    dsn = projects.dsn(base_url(), project["public_key"], project["id"])
    return render_template(
        "setup/done.html",
        made=made,
        dsn=dsn,
        snippet=snippet(project["platform"], dsn),
        base_url=base_url(),
    )


def _require_open(db: Connection, secret: str) -> None:
    if not instance.is_setup_open(db, secret):
        raise NotFound("This server has been set up, or the address is mistyped.")
