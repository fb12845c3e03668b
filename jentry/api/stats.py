"""Where is my event? What became of everything that was sent."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import query, requires
from jentry.app.db import reading
from jentry.schemas.stats import ALL_OUTS, OUTS, QUERY, TOTALS
from jentry.store import outcomes, projects

bp = Blueprint("stats", __name__)


@bp.get("/stats")
@describes(ALL_OUTS, query=QUERY, envelope=("totals", "truncated"))
@requires("project:read")
def list_all_stats() -> ResponseReturnValue:
    """Count what became of everything that was sent to any project of the organization.

    As for one project; each row says which.
    """
    wanted = query(QUERY)
    rows, totals, is_truncated = outcomes.report(reading(), g.actor, None, wanted, g.at)
    return {
        "data": ALL_OUTS.dump(rows),
        "totals": TOTALS.dump(totals),
        "truncated": is_truncated,
    }


@bp.get("/projects/<id:project_id>/stats")
@describes(OUTS, query=QUERY, envelope=("totals", "truncated"))
@requires("project:read")
def list_stats(project_id: int) -> ResponseReturnValue:
    """Count what was accepted, filtered, rate limited, invalid or discarded by clients, and why.

    One row for each hour (or day), client key, category, outcome and reason with a quantity, newest
    first; `totals` adds them up over time and keys, largest first. Hours are those of receipt, for
    what clients discarded those the clients speak of. `since` takes the place of `period`, which
    otherwise ends at `until`; an hour that they touch counts whole. `truncated` says that rows are
    left out, by `limit` or after 10,000 of them.
    """
    projects.get(reading(), g.actor, project_id)
    wanted = query(QUERY)
    rows, totals, is_truncated = outcomes.report(reading(), g.actor, project_id, wanted, g.at)
    return {
        "data": OUTS.dump(rows),
        "totals": TOTALS.dump(totals),
        "truncated": is_truncated,
    }
