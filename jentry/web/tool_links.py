"""Addresses that tools for Sentry build by themselves: each leads to the page that we have."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from jentry import clock
from jentry.app.address import local
from jentry.app.db import reading
from jentry.errors import NotFound
from jentry.store import events, issues, lookup, projects
from jentry.web import session
from jentry.web.guard import pages


class SlugConverter(BaseConverter):
    """`<slug:org>`: not the first part of the API's addresses."""

    regex = "(?!api(?:/|$))[^/]+"


bp = pages("tool_links", __name__)

OF_ORG = "/organizations/<org>"
ISSUE = f"{OF_ORG}/issues/<issue>/"


@bp.get(ISSUE)
@bp.get(f"{ISSUE}events/<event>/")
def issue(org: str, issue: str, event: str = "") -> ResponseReturnValue:
    _require(org)
    return _to_issue(issue, event)


@bp.get("/<slug:org>/<name>/issues/<issue>/")
@bp.get("/<slug:org>/<name>/issues/<issue>/events/<event>/")
def issue_of_project(org: str, name: str, issue: str, event: str = "") -> ResponseReturnValue:
    _require(org)
    _project(name)
    return _to_issue(issue, event)


@bp.get(f"{OF_ORG}/issues/")
def list_(org: str) -> ResponseReturnValue:
    _require(org)
    name, text = request.args.get("project", ""), request.args.get("query", "")
    place = "" if name in ("", "-1") else f"/projects/{_project(name)['id']}"
    return _to(f"{place}/issues", f"?{urlencode({'search': text})}" if text else "")


@bp.get(f"{OF_ORG}/discover/<name>:<event>/")
def event(org: str, name: str, event: str) -> ResponseReturnValue:
    _require(org)
    found = lookup.event_id(event)
    if found is None:
        raise NotFound("There is no such event, or it is no longer kept.")
    owner = _project(name)
    row = events.named(reading(), session.actor(), found, owner["id"])
    return _to(f"/projects/{owner['id']}/issues/{row['issue_id']}/events/{found.hex()}")


@bp.get(f"{OF_ORG}/releases/<version>/")
def release(org: str, version: str) -> ResponseReturnValue:
    """Of the project that the address names, else of the first one."""
    _require(org)
    name = request.args.get("project", "")
    every = projects.list_for(reading(), session.actor())
    owner = _project(name) if name else next(iter(every), None)
    if owner is None:
        raise NotFound("There is no such release.")
    return _to(f"/projects/{owner['id']}/releases/{quote(version, safe='')}")


@bp.get(f"{OF_ORG}/crons/<name>/<monitor>/")
def monitor(org: str, name: str, monitor: str) -> ResponseReturnValue:
    _require(org)
    return _to(f"/projects/{_project(name)['id']}/monitors/{quote(monitor, safe='')}")


@bp.get(f"{OF_ORG}/projects/<name>/")
def project(org: str, name: str) -> ResponseReturnValue:
    _require(org)
    return _to(f"/projects/{_project(name)['id']}")


@bp.get("/settings/account/api/auth-tokens/")
def tokens() -> ResponseReturnValue:
    return _to("/settings/api")


def _require(org: str) -> None:
    """Raises NotFound: somebody else's, or one that is not shown now."""
    own = session.required().organization
    if own is None or org not in (own["slug"], str(own["id"])):
        raise NotFound("You do not see such an organization.")


def _project(name: str) -> dict[str, Any]:
    """Raises NotFound."""
    return lookup.project(reading(), session.actor(), name)


def _to_issue(name: str, event: str) -> ResponseReturnValue:
    number = lookup.issue_id(reading(), session.actor(), name)
    if number is None:
        raise NotFound("There is no such issue.")
    row = issues.get(reading(), session.actor(), number, clock.timestamp(clock.now()))
    below = f"/events/{quote(event, safe='')}" if event else ""
    return _to(f"/projects/{row['project_id']}/issues/{number}{below}")


def _to(path: str, query: str = "") -> ResponseReturnValue:
    return redirect(local(path) + query, 302)
