"""The issue that an address names, and what stands around issues in answers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry import clock
from jentry.app.address import base_url
from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.sentry_api import issue_shapes, parameters
from jentry.sentry_api.access import organization, project
from jentry.sentry_api.issue_shapes import HOURS, Around
from jentry.store import comments, issue_figures, issues, projects, users

MOST_VALUES = 10  # of each tag
PLACES = (
    "/organizations/<org>/issues/<issue>/",
    "/projects/<org>/<name>/issues/<issue>/",
    "/issues/<issue>/",
    "/groups/<issue>/",
)
View = Callable[..., ResponseReturnValue]


def issue_route(bp: Blueprint, method: str, below: str = "") -> Callable[[View], View]:
    """The addresses of one issue: in the organization, alone, and as older clients say it."""

    def register(view: View) -> View:
        for rule in PLACES:
            bp.add_url_rule(rule + below, view_func=view, methods=[method])
        return view

    return register


def found(name: str, of: str | None = None) -> dict[str, Any]:
    """The issue of this id or short id, as `store/issues.get` has it; `of`: of this project.

    Raises NotFound.
    """
    number = parameters.issue_id(name)
    if number is None:
        raise NotFound("There is no such issue.")
    row = issues.get(reading(), g.actor, number, g.at)
    if of is not None and row["project_id"] != project(of)["id"]:
        raise NotFound("There is no such issue.")
    return row


def around(rows: Sequence[Mapping[str, Any]]) -> Around:
    ids = [row["id"] for row in rows]
    db, since = reading(), clock.parse(g.at) - timedelta(hours=HOURS - 1)
    return Around(
        org=organization(),
        base=base_url(),
        at=g.at,
        projects={row["id"]: row for row in projects.list_for(db, g.actor)},
        people=people(),
        comments=comments.numbers(db, g.actor, ids),
        hours=issue_figures.hours_of_each(db, g.actor, ids, clock.timestamp(since)),
        unhandled=frozenset(issue_figures.unhandled(db, g.actor, ids)),
    )


def people() -> dict[int, dict[str, Any]]:
    """The members of the organization, by id."""
    return {row["id"]: row for row in users.list_for(reading(), g.actor)}


def detailed(row: Mapping[str, Any]) -> dict[str, Any]:
    known = issue_figures.tags(reading(), g.actor, row["id"], MOST_VALUES)
    return issue_shapes.detail(row, around([row]), [issue_shapes.tag(one) for one in known])
