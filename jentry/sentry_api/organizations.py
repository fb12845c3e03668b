"""The token itself, and the organization it belongs to."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.app.address import base_url
from jentry.app.db import reading
from jentry.sentry_api import answers, shapes
from jentry.sentry_api.access import organization, requires
from jentry.store import users

bp = Blueprint("v0_organizations", __name__)


@bp.get("/")
@requires(None)
def whoami() -> ResponseReturnValue:
    """What `sentry-cli info` shows: who made the token, and what it may do."""
    creator = users.get(reading(), g.actor, g.actor.user_id)
    scopes = shapes.scopes(g.grant.scopes)
    return {"version": "0", "user": shapes.user(creator), "auth": {"scopes": scopes}}


@bp.get("/auth/")
@bp.get("/users/me/")
@requires(None)
def get_me() -> ResponseReturnValue:
    return shapes.user(users.get(reading(), g.actor, g.actor.user_id))


@bp.get("/users/me/regions/")
@requires(None)
def list_regions() -> ResponseReturnValue:
    return {"regions": [{"name": "jentry", "url": base_url()}]}


@bp.get("/organizations/")
@requires(None)
def list_organizations() -> ResponseReturnValue:
    """The token's; `query` is a part of its name or slug."""
    own, part = _shown(), request.args.get("query", "").lower()
    return answers.sliced([own] if part in own["slug"] or part in own["name"].lower() else [])


@bp.get("/organizations/<org>/")
@requires(None)
def get_organization() -> ResponseReturnValue:
    return _shown()


@bp.get("/organizations/<org>/repos/")
@requires("project:read")
def list_repositories() -> ResponseReturnValue:
    """None are connected: so sentry-cli reads the commits of a release from the local checkout."""
    return answers.sliced([])


def _shown() -> dict[str, Any]:
    return shapes.organization(organization(), base_url(), g.grant.scopes)
