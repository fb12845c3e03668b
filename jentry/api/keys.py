"""Client keys: what SDKs authenticate with, the user part of a DSN."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.schemas.keys import CREATE, OUT, OUTS, PATCH, QUERY
from jentry.store import client_keys, projects

bp = Blueprint("keys", __name__)

ROTATED = "Applications that still have the old key are refused at once."


@bp.get("/projects/<id:project_id>/keys")
@describes(OUTS, query=QUERY)
@requires("project:read")
def list_keys(project_id: int) -> ResponseReturnValue:
    """List a project's client keys, oldest first, disabled ones too."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    keys = client_keys.list_for(reading(), g.actor, project_id, wanted["limit"])
    return {"data": OUTS.dump([_with_dsn(key) for key in keys])}


@bp.post("/projects/<id:project_id>/keys")
@describes(OUT, body=CREATE, status=201, errors=(409,))
@requires("project:admin")
def create_key(project_id: int) -> ResponseReturnValue:
    """Create one more client key. It holds at once, beside the others."""
    projects.get(reading(), g.actor, project_id)
    wanted = body(CREATE)
    with writing() as (db, at):
        key = client_keys.create(db, g.actor, project_id, **wanted, at=at)
    return {"data": OUT.dump(_with_dsn(key))}, 201


@bp.get("/projects/<id:project_id>/keys/<id:key_id>")
@describes(OUT)
@requires("project:read")
def get_key(project_id: int, key_id: int) -> ResponseReturnValue:
    """Fetch a single client key."""
    return {"data": OUT.dump(_with_dsn(client_keys.get(reading(), g.actor, project_id, key_id)))}


@bp.patch("/projects/<id:project_id>/keys/<id:key_id>")
@describes(OUT, body=PATCH, destroys="Applications with a disabled key are refused at once.")
@requires("project:admin")
def patch_key(project_id: int, key_id: int) -> ResponseReturnValue:
    """Rename, disable or enable a client key. What a disabled key sends is refused at once."""
    client_keys.get(reading(), g.actor, project_id, key_id)
    change = body(PATCH)
    with writing() as (db, at):
        key = client_keys.update(db, g.actor, project_id, key_id, change, at)
    return {"data": OUT.dump(_with_dsn(key))}


@bp.post("/projects/<id:project_id>/keys/<id:key_id>/rotate")
@describes(OUT, status=201, errors=(409,), destroys=ROTATED)
@requires("project:admin")
def rotate_key(project_id: int, key_id: int) -> ResponseReturnValue:
    """Put a new key of the same name in place of an active one, which is disabled.

    The answer is the new key. There is no body. To change applications over without a gap, create
    a second key and disable the first one when nothing uses it any more.
    """
    with writing() as (db, at):
        key = client_keys.rotate(db, g.actor, project_id, key_id, at)
    return {"data": OUT.dump(_with_dsn(key))}, 201


def _with_dsn(key: dict[str, Any]) -> dict[str, Any]:
    return key | {"dsn": projects.dsn(base_url(), key["public_key"], key["project_id"])}
