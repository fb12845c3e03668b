"""Light, dark, or as the system has it."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from jentry.app.db import writing
from jentry.store import accounts
from jentry.web import resume, session, shell
from jentry.web.guard import pages

bp = pages("theme", __name__, is_own=True)


@bp.post("/account/theme")
def choose() -> ResponseReturnValue:
    """Kept for the account, and for this browser, whose first paint is right then."""
    chosen = request.form.get("theme", "")
    with writing() as (db, _):
        accounts.choose_theme(db, session.required().id, chosen)
    shell.choose_theme(chosen)
    return redirect(resume.back(), 303)
