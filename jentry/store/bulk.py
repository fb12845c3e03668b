"""Which issues a change of many is about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.store import conditions, issue_list, issues, parts
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.issue_list import Filter
from jentry.store.merge_operations import MERGE
from jentry.store.sql import Where

MOST = 10_000  # issues of one operation
STATE = f"""
    SELECT i.id, i.project_id, i.status, i.substatus, i.status_at, i.status_events,
           i.assignee_id AS assignee_user_id, i.user_count, {conditions.SHOWN}
    FROM issues i
    LEFT JOIN issue_conditions c ON c.issue_id = i.id
"""


@dataclass(frozen=True)
class Bulk:
    """Issues, those of the ids or all that fit the filter, and what to make of them.

    Without a project they may be of any. `change` is that of `issues.update`. `part`: of them only
    those of these ids that are still there.
    """

    project_id: int | None
    ids: tuple[int, ...] | None
    filter: Filter | None
    change: Mapping[str, Any]
    expected: int | None = None  # how many there must be
    part: tuple[int, ...] | None = None


def choose(db: Connection, actor: Actor, bulk: Bulk, at: str) -> list[dict[str, Any]]:
    """The issues, by id, each with its state. Raises BadRequest, Conflict."""
    if MERGE in bulk.change:
        _require_target(db, actor, bulk, at)
    if bulk.change.get("assignee_user_id") is not None:
        issues.require_active_member(db, actor, bulk.change["assignee_user_id"])
    where = _where(db, actor, bulk, at)
    # As the index has them: of very many issues no more are read than are allowed.
    is_found_by_id = bulk.filter is None or bulk.part is not None
    order = "i.id" if is_found_by_id else "i.last_seen DESC, i.id DESC"
    rows = db.execute(
        f"{STATE} WHERE {where} ORDER BY {order} LIMIT :most", where.params | {"most": MOST + 1}
    )
    found = {row["id"]: conditions.shown(dict(row)) for row in rows}
    if bulk.part is not None:
        return [issue for _, issue in sorted(found.items()) if issue["status"] != "merged"]
    if len(found) > MOST:
        raise BadRequest(f"filter: It fits more than {MOST} issues; narrow it.")
    for issue_id in bulk.ids or ():
        if issue_id not in found:
            of = "this project" if bulk.project_id else "this organization"
            raise BadRequest(f"ids: {issue_id} is not the id of an issue of {of}.")
        if found[issue_id]["status"] == "merged":
            whole_id = parts.led_to(db, actor, issue_id)
            if MERGE in bulk.change:
                raise BadRequest(f"ids: {issue_id} was merged into issue {whole_id}.")
            parts.require_whole(issue_id, whole_id)
    if bulk.expected not in (None, len(found)):
        raise Conflict(f"expected: {len(found)} issues match, not {bulk.expected}.")
    return [issue for _, issue in sorted(found.items())]


def _require_target(db: Connection, actor: Actor, bulk: Bulk, at: str) -> None:
    """Raises BadRequest."""
    target_id, of = bulk.change[MERGE], "this project" if bulk.project_id else "this organization"
    try:
        target = issues.get(db, actor, target_id, at)
    except NotFound:
        target = None
    if target is None or bulk.project_id not in (None, target["project_id"]):
        raise BadRequest(f"mergeInto: {target_id} is not the id of an issue of {of}.")
    if target["id"] != target_id:
        raise BadRequest(f"mergeInto: {target_id} was merged into issue {target['id']}.")


def _where(db: Connection, actor: Actor, bulk: Bulk, at: str) -> Where:
    if bulk.filter is not None:
        project_id = bulk.project_id or bulk.filter.project_id
        wanted = replace(bulk.filter, project_id=project_id, is_strict=True)
        search = issue_list.searched(db, actor, wanted, at)
        where = issue_list.matching(db, actor, wanted, at, search=search)
        ids = bulk.part
    else:
        where = Where(f"+i.project_id {issue_list.scope_of(bulk.project_id)}", org_id=actor.org_id)
        ids = bulk.ids if bulk.part is None else bulk.part
    if ids is not None:
        names = {f"id_{number}": issue_id for number, issue_id in enumerate(ids)}
        where.add(f"i.id IN ({', '.join(f':{name}' for name in names)})", **names)
    return where
