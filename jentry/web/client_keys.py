"""A project's client keys: the DSNs that SDKs are given."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import Refusal
from jentry.schemas.base import load
from jentry.schemas.keys import CREATE, PATCH
from jentry.store import client_keys, projects
from jentry.web import session, shell, status
from jentry.web.guard import pages

bp = pages("client_keys", __name__)

KEYS = "/projects/<id:project_id>/settings/keys"


@bp.get(KEYS)
def page(project_id: int) -> ResponseReturnValue:
    return _page(project_id)


@bp.post(KEYS)
def create(project_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    try:
        wanted = load(CREATE, {"name": request.form.get("name", "")})
        with writing() as (db, at):
            key = client_keys.create(db, session.actor(), project_id, **wanted, at=at)
    except Refusal as refusal:
        return _page(project_id, refusal.message), refusal.status
    status.say(f"The key “{key['name']}” holds now, beside the others.")
    return _back(project_id)


@bp.post(f"{KEYS}/<id:key_id>")
def change(project_id: int, key_id: int) -> ResponseReturnValue:
    """Enable or disable, or rename."""
    shell.enter(project_id)
    try:
        wanted = load(PATCH, _given())
        with writing() as (db, at):
            key = client_keys.update(db, session.actor(), project_id, key_id, wanted, at)
    except Refusal as refusal:
        return _page(project_id, refusal.message), refusal.status
    status.say(f"The key “{key['name']}” is {'active' if key['is_active'] else 'disabled'}.")
    return _back(project_id)


@bp.post(f"{KEYS}/<id:key_id>/rotate")
def rotate(project_id: int, key_id: int) -> ResponseReturnValue:
    shell.enter(project_id)
    try:
        with writing() as (db, at):
            key = client_keys.rotate(db, session.actor(), project_id, key_id, at)
    except Refusal as refusal:
        return _page(project_id, refusal.message), refusal.status
    status.say(f"“{key['name']}” has a new key. Put its DSN into your applications.")
    return _back(project_id)


def _given() -> dict[str, str | bool]:
    if "name" in request.form:
        return {"name": request.form["name"]}
    return {"isActive": "enable" in request.form}


def _back(project_id: int) -> ResponseReturnValue:
    return redirect(url_for("web.client_keys.page", project_id=project_id), 303)


def _page(project_id: int, error: str = "") -> str:
    shell.enter(project_id)
    base = base_url()
    keys = client_keys.list_for(reading(), session.actor(), project_id)
    return render_template(
        "client_keys/page.html",
        keys=[
            key | {"dsn": projects.dsn(base, key["public_key"], project_id)}
            for key in sorted(keys, key=lambda key: not key["is_active"])
        ],
        error=error,
        name=request.form.get("name", "") if error else "",
        may_change=session.required().may("owner", "admin"),
    )
