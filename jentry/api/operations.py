"""Changes of many issues at once, and their undoing."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, requires
from jentry.app.db import reading, writing
from jentry.schemas.operations import BULK, BULK_OUT, EVERY_BULK, EVERY_BULK_OUT, OUT
from jentry.store import operation_steps, operations, projects
from jentry.store.bulk import Bulk

bp = Blueprint("operations", __name__)


@bp.patch("/projects/<id:project_id>/issues")
@describes(BULK_OUT, body=BULK, errors=(409,))
@requires("issue:write")
def patch_issues(project_id: int) -> ResponseReturnValue:
    """Resolve, ignore, re-open, (re)assign or merge many issues at once.

    Choose them by `ids` (up to 1,000, all of this project) or by a `filter` with the names and
    defaults of the list's parameters (up to 10,000 issues; an unknown name in it is refused).
    `dryRun` only counts. Each issue that changes has its own entry in the audit log, with the
    `operationId` by which all of it can be undone for 30 days.
    `mergeInto` makes them parts of the issue of that id, which then counts all their events; it
    goes with no other change. With `expected`, 409 when another number of issues matches.
    More than 500 issues change in steps of as many, each a transaction. When something comes
    between two of them, 503 says how many issues were left as they were.
    """
    projects.get(reading(), g.actor, project_id)
    result = _changed(project_id, body(BULK))
    operation_id = next(iter(result["operation_ids"]), None)
    return {"data": BULK_OUT.dump(result | {"operation_id": operation_id})}


@bp.patch("/issues")
@describes(EVERY_BULK_OUT, body=EVERY_BULK, errors=(409,))
@requires("issue:write")
def patch_every_issue() -> ResponseReturnValue:
    """Resolve, ignore, re-open, (re)assign or merge many issues of any projects at once.

    As for one project, where `ids` may be of several and the `filter` can name one by `project`.
    Each project in which something changes has an operation of its own.
    """
    wanted = body(EVERY_BULK)
    project_id = wanted["filter"] and wanted["filter"].project_id
    if project_id is not None:
        projects.get(reading(), g.actor, project_id)
    return {"data": EVERY_BULK_OUT.dump(_changed(None, wanted))}


@bp.get("/operations/<id:operation_id>")
@describes(OUT)
@requires("issue:read")
def get_operation(operation_id: int) -> ResponseReturnValue:
    """Fetch a change of many issues by the id it was given."""
    return {"data": OUT.dump(operations.get(reading(), g.actor, operation_id))}


@bp.post("/operations/<id:operation_id>/undo")
@describes(OUT, errors=(409,), in_steps=True)
@requires("issue:write")
def undo_operation(operation_id: int) -> ResponseReturnValue:
    """Put back each issue that is still as the operation left it, within 30 days and once.

    Issues that have changed since are left alone; `skipped` counts them. Very many are put back in
    steps of 500; what was interrupted goes on where it was when it is asked for again.
    """
    operations.get(reading(), g.actor, operation_id)
    operation = operation_steps.undo(reading(), writing, g.actor, operation_id, g.charge)
    return {"data": OUT.dump(operation)}


def _changed(project_id: int | None, wanted: dict[str, Any]) -> dict[str, Any]:
    dry_run = wanted.pop("dry_run")
    bulk = Bulk(project_id, **wanted)
    if dry_run:
        result = operations.preview(reading(), g.actor, bulk, g.at)
    else:
        result = operation_steps.perform(reading(), writing, g.actor, bulk, g.at, g.charge)
    return result | {"dry_run": dry_run}
