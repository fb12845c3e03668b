"""Going to another of one's organizations."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.errors import NotFound
from jentry.web import session, status
from jentry.web.guard import pages

bp = pages("organizations", __name__, is_own=True)


@bp.post("/organizations/switch")
def switch() -> ResponseReturnValue:
    wanted = request.form.get("organization", "")
    for organization in session.required().organizations:
        if str(organization["id"]) == wanted:
            session.show(organization["id"])
            status.say(f"You see {organization['name']} now.")
            return redirect(local("/"), 303)
    raise NotFound("You belong to no such organization.")
