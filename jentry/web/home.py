"""The start: where one was last, or how to begin."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from jentry import __version__
from jentry.app.address import local
from jentry.app.db import reading
from jentry.store import instance
from jentry.web import headers, session, shell, sign_in

bp = Blueprint("home", __name__)
bp.after_request(headers.private)


@bp.get("/")
def start() -> ResponseReturnValue:
    known = session.person()
    if known is None and instance.is_empty(reading()):
        return render_template("home.html", version=__version__)
    if known is None:
        return sign_in.form()  # with 200: monitors ask for this address
    if known.organization is None:
        return redirect(url_for("web.account.page"), 303)
    project = shell.last_project()
    return redirect(local(f"/projects/{project}/issues" if project else "/projects"), 303)
