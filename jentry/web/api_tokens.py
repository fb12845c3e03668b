"""Tokens of the REST API: made, shown once, revoked."""

from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, Refusal
from jentry.store import tokens
from jentry.vocabulary import SCOPES
from jentry.web import headers, session, status
from jentry.web.guard import pages

bp = pages("api_tokens", __name__)
bp.after_request(headers.unstored)

LIVES = {"30": "In 30 days", "90": "In 90 days", "365": "In 1 year", "": "Never"}
USUAL = "90"
TRIALS = {  # scope -> a call that needs no more
    "project:read": "/projects",
    "issue:read": "/issues",
    "member:read": "/members",
    "org:read": "/audit",
}


@bp.get("/settings/api")
def page() -> ResponseReturnValue:
    return _page()


@bp.post("/settings/api")
def create() -> ResponseReturnValue:
    """The answer shows the token; reloading it cannot."""
    actor, given = session.actor(), request.form
    try:
        with writing() as (db, at):
            made, secret = tokens.create(
                db, actor, session.required().id, given.get("name", ""), given.getlist("scope"), at,
                _expiry(given.get("expires", USUAL), at),
            )  # fmt: skip
    except Refusal as refusal:
        return _page(error=refusal.message), refusal.status
    return _page(made=made, secret=secret)


@bp.post("/settings/api/<id:token_id>/revoke")
def revoke(token_id: int) -> ResponseReturnValue:
    with writing() as (db, at):
        found = tokens.get(db, session.actor(), token_id)
        tokens.revoke(db, session.actor(), token_id, at)
    status.say(f"“{found['name']}” is revoked: whatever uses it is refused from now on.")
    return redirect(url_for("web.api_tokens.page"), 303)


def _expiry(days: str, at: str) -> str | None:
    if days not in LIVES:
        raise BadRequest("Choose when the token is to expire.")
    return clock.timestamp(clock.parse(at) + timedelta(days=int(days))) if days else None


def _page(made: dict[str, Any] | None = None, secret: str = "", error: str = "") -> str:
    at = clock.timestamp(clock.now())
    found = [
        item | {"state": _state(item, at)} for item in tokens.list_for(reading(), session.actor())
    ]
    scopes = made["scopes"] if made else SCOPES
    return render_template(
        "api_tokens/page.html",
        made=made,
        secret=secret,
        error=error,
        given=request.form if error else {},
        chosen=request.form.getlist("scope") if error else [],
        scopes=SCOPES,
        lives=list(LIVES.items()),
        usual=USUAL,
        active=[item for item in reversed(found) if not item["state"]],
        ended=[item for item in reversed(found) if item["state"]],
        trial=next((TRIALS[scope] for scope in TRIALS if scope in scopes), ""),
        base=f"{base_url()}/api/v1",
    )


def _state(item: dict[str, Any], at: str) -> str:
    """Empty while it holds."""
    if item["revoked_at"]:
        return "Revoked"
    return "Expired" if item["expires_at"] and item["expires_at"] <= at else ""
