"""Changes of many issues at once, and their undoing."""

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, requires
from jentry.app.db import reading, writing
from jentry.schemas.operations import BULK, BULK_OUT, OUT
from jentry.store import operations, projects
from jentry.store.operations import Bulk

bp = Blueprint("operations", __name__)


@bp.patch("/projects/<id:project_id>/issues")
@describes(BULK_OUT, body=BULK)
@requires("issue:write")
def patch_issues(project_id: int) -> ResponseReturnValue:
    """Resolve, ignore, re-open or (re)assign many issues at once.

    Choose them by `ids` (up to 1,000, all of this project) or by a `filter` with the names and
    defaults of the list's parameters (up to 10,000 issues; an unknown name in it is refused).
    `dryRun` only counts. Each issue that changes has its own entry in the audit log, with the
    `operationId` by which all of it can be undone for 30 days.
    """
    projects.get(reading(), g.actor, project_id)
    wanted = body(BULK)
    dry_run = wanted.pop("dry_run")
    bulk = Bulk(project_id, **wanted)
    if dry_run:
        result = operations.preview(reading(), g.actor, bulk, g.at)
    else:
        with writing() as (db, at):
            result = operations.perform(db, g.actor, bulk, at)
            g.charge(db, at, result["changed"])
    return {"data": BULK_OUT.dump(result | {"dry_run": dry_run})}


@bp.get("/operations/<id:operation_id>")
@describes(OUT)
@requires("issue:read")
def get_operation(operation_id: int) -> ResponseReturnValue:
    """Fetch a change of many issues by the id it was given."""
    return {"data": OUT.dump(operations.get(reading(), g.actor, operation_id))}


@bp.post("/operations/<id:operation_id>/undo")
@describes(OUT, errors=(409,))
@requires("issue:write")
def undo_operation(operation_id: int) -> ResponseReturnValue:
    """Put back each issue that is still as the operation left it, within 30 days and once.

    Issues that have changed since are left alone; `skipped` counts them.
    """
    operations.get(reading(), g.actor, operation_id)
    with writing() as (db, at):
        operation = operations.undo(db, g.actor, operation_id, at)
        g.charge(db, at, operation["restored"])
    return {"data": OUT.dump(operation)}
