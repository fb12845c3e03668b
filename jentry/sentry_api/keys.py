"""Client keys of a project."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, NotFound
from jentry.sentry_api import answers, bodies, shapes
from jentry.sentry_api.access import project, requires
from jentry.store import client_keys, projects

bp = Blueprint("v0_keys", __name__)

OF_PROJECT = "/projects/<org>/<name>/keys/"
DEFAULT_NAME = "Key"


@bp.get(OF_PROJECT)
@requires("project:read")
def list_keys(name: str) -> ResponseReturnValue:
    rows = client_keys.list_for(reading(), g.actor, project(name)["id"])
    return answers.sliced([_shown(row) for row in rows])


@bp.post(OF_PROJECT)
@requires("project:admin")
def create_key(name: str) -> ResponseReturnValue:
    owner, sent = project(name), body(bodies.KEY)
    title = sent.get("name") or sent.get("label") or DEFAULT_NAME
    _refuse_limit(sent)
    with writing() as (db, at):
        made = client_keys.create(db, g.actor, owner["id"], title, None, at)
    return _shown(made), 201


@bp.get(f"{OF_PROJECT}<key>/")
@requires("project:read")
def get_key(name: str, key: str) -> ResponseReturnValue:
    return _shown(_named(name, key))


@bp.put(f"{OF_PROJECT}<key>/")
@requires("project:admin")
def put_key(name: str, key: str) -> ResponseReturnValue:
    row, sent = _named(name, key), body(bodies.KEY)
    _refuse_limit(sent)
    title, is_active = sent.get("name") or sent.get("label"), sent.get("is_active")
    change = {"name": title} if title else {}
    change |= {} if is_active is None else {"is_active": is_active}
    with writing() as (db, at):
        row = client_keys.update(db, g.actor, row["project_id"], row["id"], change, at)
    return _shown(row)


@bp.delete(f"{OF_PROJECT}<key>/")
@requires("project:admin")
def delete_key(name: str, key: str) -> ResponseReturnValue:
    """It is disabled: what came by it still says so."""
    row = _named(name, key)
    with writing() as (db, at):
        client_keys.update(db, g.actor, row["project_id"], row["id"], {"is_active": False}, at)
    return "", 204


def _named(name: str, key: str) -> dict[str, Any]:
    """By its id or its public key. Raises NotFound."""
    for row in client_keys.list_for(reading(), g.actor, project(name)["id"]):
        if key in (str(row["id"]), row["public_key"]):
            return row
    raise NotFound("There is no such key.")


def _refuse_limit(sent: dict[str, Any]) -> None:
    if sent.get("rate_limit"):
        raise BadRequest("rateLimit: jentry limits events by quotas of the project, not of a key.")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    base = base_url()
    dsn = projects.dsn(base, row["public_key"], row["project_id"])
    return shapes.key(row, dsn, base)
