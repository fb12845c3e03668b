"""Releases: of the organization, and of one of its projects as sentry-cli 2 has them.

A release belongs to projects; what is sent for several is written for each of them.
"""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.address import base_url
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, NotFound
from jentry.schemas.base import load
from jentry.schemas.releases import DEPLOY, REGISTER
from jentry.sentry_api import answers, bodies, shapes
from jentry.sentry_api.access import project, requires
from jentry.store import release_groups, releases

bp = Blueprint("v0_releases", __name__)

OF_ORG = "/organizations/<org>/releases/"
OF_PROJECT = "/projects/<org>/<name>/releases/"


@bp.get(OF_ORG)
@bp.get(OF_PROJECT)
@requires("project:read")
def list_releases(name: str | None = None) -> ResponseReturnValue:
    """The newest first; `query` is a part of the version, `status` open or archived."""
    text, archived = request.args.get("query", "")[:200], request.args.get("status") == "archived"
    place = (_only(name), answers.limit(), answers.offset())
    rows, has_more = release_groups.page(reading(), g.actor, *place, text, archived=archived)
    return answers.listed([shapes.release(row) for row in rows], has_more)


@bp.post(OF_ORG)
@bp.post(OF_PROJECT)
@requires("project:write")
def create_release(name: str | None = None) -> ResponseReturnValue:
    """201 for a new one; one that is there keeps what the request does not name."""
    wanted = body(bodies.RELEASE_POST)
    is_new = _declare(wanted.pop("version"), wanted, name)
    return _shown(g.version, name), 201 if is_new else 208


@bp.get(f"{OF_ORG}<version>/")
@bp.get(f"{OF_PROJECT}<version>/")
@requires("project:read")
def get_release(version: str, name: str | None = None) -> ResponseReturnValue:
    return _shown(version, name)


@bp.put(f"{OF_ORG}<version>/")
@bp.put(f"{OF_PROJECT}<version>/")
@requires("project:write")
def put_release(version: str, name: str | None = None) -> ResponseReturnValue:
    """Finalize it, or replace its commits; one that is not there is made."""
    _declare(version, body(bodies.RELEASE_PUT), name)
    return _shown(g.version, name)


@bp.delete(f"{OF_ORG}<version>/")
@bp.delete(f"{OF_PROJECT}<version>/")
@requires("project:write")
def delete_release(version: str, name: str | None = None) -> ResponseReturnValue:
    """Of each of its projects, or of the one that the address names."""
    owners = release_groups.get(reading(), g.actor, version, _only(name))["projects"]
    with writing() as (db, at):
        for owner in owners:
            releases.delete(db, g.actor, owner["id"], version, at)
    return "", 204


@bp.get(f"{OF_ORG}<version>/previous-with-commits/")
@bp.get(f"{OF_PROJECT}<version>/previous-with-commits/")
@requires("project:read")
def get_previous(version: str, name: str | None = None) -> ResponseReturnValue:
    """Where the commits of this release begin; `{}` when nothing says so."""
    found = release_groups.before(reading(), g.actor, version, _only(name))
    return shapes.release(found) if found else {}


@bp.get(f"{OF_ORG}<version>/commits/")
@bp.get(f"{OF_PROJECT}<version>/commits/")
@requires("project:read")
def list_commits(version: str, name: str | None = None) -> ResponseReturnValue:
    rows = release_groups.commits(reading(), g.actor, version, _only(name))
    return answers.sliced([shapes.commit(row) for row in rows])


@bp.get(f"{OF_ORG}<version>/deploys/")
@bp.get(f"{OF_PROJECT}<version>/deploys/")
@requires("project:read")
def list_deploys(version: str, name: str | None = None) -> ResponseReturnValue:
    rows = release_groups.deploys(reading(), g.actor, version, _only(name))
    return answers.sliced([shapes.deploy(row) for row in rows])


@bp.post(f"{OF_ORG}<version>/deploys/")
@bp.post(f"{OF_PROJECT}<version>/deploys/")
@requires("project:write")
def add_deploy(version: str, name: str | None = None) -> ResponseReturnValue:
    """One for each project of the release, or for those that are named."""
    sent = body(bodies.DEPLOY)
    owners = _owners(version, sent["projects"], name)
    deploy = load(DEPLOY, {key: sent[key] for key in ("environment", "name", "url")})
    deploy["deployed_at"] = sent["date_finished"] or sent["date_started"]
    with writing() as (db, at):
        for owner in owners:
            added = releases.add_deploy(db, g.actor, owner, version, deploy, at)
    return shapes.deploy(added), 201


def _only(name: str | None) -> int | None:
    """The id of the project that the address names. Raises NotFound."""
    return None if name is None else int(project(name)["id"])


def _shown(version: str, name: str | None) -> dict[str, Any]:
    return shapes.release(release_groups.get(reading(), g.actor, version, _only(name)))


def _declare(version: str, sent: dict[str, Any], name: str | None) -> bool:
    """Whether one was made. Its version as it is stored is in `g.version` then."""
    status = sent.pop("status", None)
    if refs := sent.pop("refs", None):
        raise BadRequest(
            f"jentry does not know the repository {str(refs[0].get('repository'))[:100]}; send the "
            "commits themselves, as sentry-cli releases set-commits --local does."
        )
    elif refs is not None:
        sent.setdefault("commits", [])
    owners = _owners(version, sent.pop("projects"), name)
    checked = load(REGISTER, {"version": version})
    g.version = checked["version"]
    change = {key: sent[key] for key in sent if key != "commits"} | {"version": g.version}
    if sent.get("commits") is not None:
        change["commits"] = sent["commits"]
    with writing() as (db, at):
        made = [
            releases.declare(db, g.actor, owner, change, at, site=base_url()) for owner in owners
        ]
        for owner in owners if status else ():
            releases.archive(db, g.actor, owner, g.version, status == "archived", at)
    return any(made)


def _owners(version: str, names: list[str] | None, name: str | None) -> list[int]:
    """The ids of the projects that a request is about. Raises NotFound, BadRequest."""
    if name is not None:
        return [int(project(name)["id"])]
    if names:
        return list(dict.fromkeys(int(project(one)["id"]) for one in names))
    try:
        found = release_groups.get(reading(), g.actor, version)
    except NotFound:
        raise BadRequest("projects: Name at least one project of this release.") from None
    return [one["id"] for one in found["projects"]]
