"""Signing out."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from jentry.app.db import writing
from jentry.store import user_sessions
from jentry.web import session
from jentry.web.guard import pages

bp = pages("sign_out", __name__, is_own=True)


@bp.post("/logout")
def submit() -> ResponseReturnValue:
    found = session.current()
    if found is not None:
        with writing() as (db, _):
            user_sessions.end(db, found.user_id, found.id)
    session.leave()
    return redirect(url_for("web.sign_in.form", done="out"), 303)
