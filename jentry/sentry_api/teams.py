"""Teams and members: all projects and members of an organization are one team."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.db import reading, writing
from jentry.errors import BadRequest, NotFound
from jentry.sentry_api import answers, bodies, shapes
from jentry.sentry_api.access import organization, project, requires
from jentry.store import projects, users

bp = Blueprint("v0_teams", __name__)

NO_TEAMS = "jentry has one team for each organization; make members by jentry user create."


@bp.get("/organizations/<org>/teams/")
@bp.get("/projects/<org>/<name>/teams/")
@requires("project:read")
def list_teams(name: str | None = None) -> ResponseReturnValue:
    if name is not None:
        project(name)
    return answers.sliced([_team()])


@bp.get("/teams/<org>/<team>/")
@requires("project:read")
def get_team(team: str) -> ResponseReturnValue:
    _require(team)
    return _team()


@bp.get("/teams/<org>/<team>/projects/")
@requires("project:read")
def list_projects_of_team(team: str) -> ResponseReturnValue:
    _require(team)
    own = organization()
    rows = projects.list_for(reading(), g.actor)
    return answers.sliced([shapes.project(row, own) for row in rows])


@bp.post("/teams/<org>/<team>/projects/")
@bp.post("/organizations/<org>/projects/")
@requires("project:admin")
def create_project(team: str | None = None) -> ResponseReturnValue:
    if team is not None:
        _require(team)
    sent = body(bodies.PROJECT_POST)
    with writing() as (db, at):
        made = projects.create(db, g.actor, sent["name"], sent["slug"], sent["platform"], at)
    return shapes.project_detail(made, organization()), 201


@bp.get("/organizations/<org>/members/")
@requires("member:read")
def list_members() -> ResponseReturnValue:
    return answers.sliced([shapes.member(row) for row in _members()])


@bp.get("/organizations/<org>/members/<int:user_id>/")
@requires("member:read")
def get_member(user_id: int) -> ResponseReturnValue:
    return shapes.member(users.get(reading(), g.actor, user_id))


@bp.get("/teams/<org>/<team>/members/")
@requires("member:read")
def list_members_of_team(team: str) -> ResponseReturnValue:
    _require(team)
    return answers.sliced([shapes.member(row) for row in _members()])


@bp.get("/organizations/<org>/users/")
@requires("member:read")
def list_users() -> ResponseReturnValue:
    """Members once more, as pickers of assignees ask for them."""
    return answers.sliced([shapes.member(row) for row in _members()])


@bp.post("/organizations/<org>/teams/")
@bp.post("/organizations/<org>/members/")
@requires("project:admin")
def refuse_more() -> ResponseReturnValue:
    raise BadRequest(NO_TEAMS)


def _team() -> dict[str, object]:
    own = organization()
    rows = projects.list_for(reading(), g.actor)
    return shapes.team_detail(own, len(_members()), [shapes.project(row, own) for row in rows])


def _members() -> list[dict[str, Any]]:
    return [row for row in users.list_for(reading(), g.actor) if row["is_active"]]


def _require(team: str) -> None:
    """Raises NotFound."""
    own = organization()
    if team not in (own["slug"], str(own["id"])):
        raise NotFound(f"There is no team {team[:100]}: the only one is {own['slug']}.")
