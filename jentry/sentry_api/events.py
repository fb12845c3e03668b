"""Events of a project and of the organization."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading
from jentry.sentry_api import answers, event_shapes, parameters
from jentry.sentry_api.access import project, requires
from jentry.sentry_api.issue_parts import event_id
from jentry.sentry_api.shortened import fitted
from jentry.store import arrivals, events
from jentry.store.arrivals import Wanted

bp = Blueprint("v0_events", __name__)


@bp.get("/projects/<org>/<name>/events/")
@requires("event:read")
def list_events(name: str) -> ResponseReturnValue:
    """The last to arrive first; `full=true` with all that they brought."""
    own = int(project(name)["id"])
    page = arrivals.page(reading(), g.actor, wanted([own]), g.at)
    full = request.args.get("full") in ("true", "1")
    return answers.followed([event_shapes.event(row, full=full) for row in page.rows], page.last)


@bp.get("/projects/<org>/<name>/events/<event>/")
@requires("event:read")
def get_event(name: str, event: str) -> ResponseReturnValue:
    return answers.written(fitted(event_shapes.event(of_project(name, event), full=True)))


@bp.get("/projects/<org>/<name>/events/<event>/json/")
@requires("event:read")
def get_event_json(name: str, event: str) -> ResponseReturnValue:
    """The whole of it, with the fingerprint, which Sentry shows nowhere else."""
    row = of_project(name, event)
    return event_shapes.event(row, full=True) | {"fingerprint": row["fingerprint"]}


@bp.get("/organizations/<org>/eventids/<event>/")
@requires("event:read")
def resolve_event_id(event: str) -> ResponseReturnValue:
    """Which project and issue an event is of."""
    row = events.named(reading(), g.actor, event_id(event))
    owner = project(row["project_id"])
    about = {
        "organizationSlug": request.view_args["org"] if request.view_args else "",
        "projectSlug": owner["slug"],
        "groupId": str(row["issue_id"]),
        "eventId": row["id"],
    }
    return answers.written(fitted(event_shapes.event(row, full=True), about))


def of_project(name: str, event: str) -> dict[str, Any]:
    """The event as `store/events` has it, with its neighbours. Raises NotFound."""
    return events.named(reading(), g.actor, event_id(event), project(name)["id"])


def wanted(project_ids: list[int] | None) -> Wanted:
    """The page that an address asks for. Raises BadRequest."""
    since, until = parameters.span()
    return Wanted(
        limit=answers.limit(),
        after=answers.after(),
        project_ids=None if project_ids is None else tuple(project_ids),
        search=parameters.searched(request.args.get("query", ""), None),
        since=since,
        until=until,
    )
