"""Releases."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.cursors import CURSORED, listed
from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.schemas.releases import (
    COMPARISON,
    DEPLOY,
    DEPLOY_QUERY,
    DEPLOYED,
    DEPLOYS,
    DETAIL,
    OUTS,
    PATCH,
    QUERY,
    REGISTER,
    REGISTERED,
    SESSION_QUERY,
    SESSIONS,
)
from jentry.store import projects, release_health, release_list, releases

bp = Blueprint("releases", __name__)

REPLACED = "Of a release that is there already, commits and deploys are replaced by those sent."


@bp.get("/projects/<id:project_id>/releases")
@describes(OUTS, query=QUERY, envelope=CURSORED)
@requires("project:read")
def list_releases(project_id: int) -> ResponseReturnValue:
    """Releases seen for a project, newest first, with health."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    return listed(OUTS, QUERY, wanted, release_list.page(reading(), g.actor, project_id, wanted))


@bp.post("/projects/<id:project_id>/releases")
@describes(REGISTERED, body=REGISTER, status=201, destroys=REPLACED)
@requires("project:write")
def register_release(project_id: int) -> ResponseReturnValue:
    """Register a release with its commits and deploys, or replace them."""
    projects.get(reading(), g.actor, project_id)
    release = body(REGISTER)
    with writing() as (db, at):
        registered = releases.register(db, g.actor, project_id, release, at, site=base_url())
    return {"data": REGISTERED.dump(registered)}, 201


@bp.get("/projects/<id:project_id>/releases/<version>")
@describes(DETAIL)
@requires("project:read")
def get_release(project_id: int, version: str) -> ResponseReturnValue:
    """Fetch a release with its health, commits and deploys; its version is percent-encoded."""
    projects.get(reading(), g.actor, project_id)
    return {"data": DETAIL.dump(release_list.detail(reading(), g.actor, project_id, version))}


@bp.patch("/projects/<id:project_id>/releases/<version>")
@describes(DETAIL, body=PATCH)
@requires("project:write")
def patch_release(project_id: int, version: str) -> ResponseReturnValue:
    """Change the ref, url or dateReleased of a release; null clears, what is absent is kept."""
    projects.get(reading(), g.actor, project_id)
    release_list.detail(reading(), g.actor, project_id, version)
    change = body(PATCH)
    with writing() as (db, at):
        release = releases.update(db, g.actor, project_id, version, change, at)
    return {"data": DETAIL.dump(release)}


@bp.get("/projects/<id:project_id>/releases/<version>/comparison")
@describes(COMPARISON)
@requires("project:read")
def compare_release(project_id: int, version: str) -> ResponseReturnValue:
    """Compare a release with the one before it: its new, regressed and resolved issues, crashes."""
    projects.get(reading(), g.actor, project_id)
    found = release_health.comparison(reading(), g.actor, project_id, version)
    return {"data": COMPARISON.dump(found)}


@bp.get("/projects/<id:project_id>/releases/<version>/sessions")
@describes(SESSIONS, query=SESSION_QUERY)
@requires("project:read")
def list_session_hours(project_id: int, version: str) -> ResponseReturnValue:
    """Count the sessions of a release by hour, newest first; hours without any are left out."""
    projects.get(reading(), g.actor, project_id)
    wanted = query(SESSION_QUERY)
    rows = release_health.hourly(reading(), g.actor, project_id, version, at=g.at, **wanted)
    return {"data": SESSIONS.dump(rows)}


@bp.get("/projects/<id:project_id>/releases/<version>/deploys")
@describes(DEPLOYS, query=DEPLOY_QUERY, envelope=CURSORED)
@requires("project:read")
def list_deploys(project_id: int, version: str) -> ResponseReturnValue:
    """List the deploys of a release, the last to be told first."""
    projects.get(reading(), g.actor, project_id)
    release = release_list.detail(reading(), g.actor, project_id, version)
    wanted = query(DEPLOY_QUERY)
    found = release_list.deploys_page(reading(), g.actor, release["id"], wanted)
    return listed(DEPLOYS, DEPLOY_QUERY, wanted, found)


@bp.post("/projects/<id:project_id>/releases/<version>/deploys")
@describes(DEPLOYED, body=DEPLOY, status=201, errors=(409,))
@requires("project:write")
def add_deploy(project_id: int, version: str) -> ResponseReturnValue:
    """Add a deploy to those of a release; without deployedAt it happened now."""
    projects.get(reading(), g.actor, project_id)
    release_list.detail(reading(), g.actor, project_id, version)
    deploy = body(DEPLOY)
    with writing() as (db, at):
        added = releases.add_deploy(db, g.actor, project_id, version, deploy, at)
    return {"data": DEPLOYED.dump(added)}, 201
