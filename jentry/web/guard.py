"""Pages for people who are signed in: `bp = pages("issues", __name__)` is all that a module needs.

Then nobody else sees them, and every form is checked to be ours. What had been typed when the
session ended, or when the form was out of date, is kept: see `resume`.
"""

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from jentry.store.engines.scope import Org
from jentry.web import csrf, resume, session


def pages(
    name: str, import_name: str, *, is_own: bool = False, is_confined: bool = True
) -> Blueprint:
    """`is_own`: about the person and not the organization, whatever that demands of its members.

    `is_confined`: what is written belongs to the organization; people and names of organizations
    do not.
    """
    bp = Blueprint(name, import_name)
    bp.before_request(_require_sign_in)
    if not is_own:
        bp.before_request(_require_second_factor)
        if is_confined:
            bp.before_request(_confine)
    return bp


def _require_sign_in() -> ResponseReturnValue | None:
    if session.person() is None:
        if request.method == "POST":
            return resume.sign_in_first()
        address = request.full_path if request.query_string else request.path
        return redirect(url_for("web.sign_in.form", next=address), 303)
    if request.method == "POST" and not csrf.is_ours():
        return resume.send_again()
    session.touch()
    return None


def _confine() -> None:
    """Whoever writes to another organization goes on."""
    organization = session.required().organization
    if organization is not None:
        g.scope = Org(organization["id"])


def _require_second_factor() -> ResponseReturnValue | None:
    """Where the organization demands one of all its members."""
    known = session.required()
    demands = known.organization is not None and known.organization["requires_second_factor"]
    if demands and not known.has_second_factor:
        return redirect(url_for("web.second_factor.page"), 303)
    return None
