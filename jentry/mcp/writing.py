"""The tools that write: one issue, in the state that the agent believes it to be in."""

from typing import Any

from jentry.errors import BadRequest, Conflict
from jentry.mcp.session import Answer, Session
from jentry.schemas.base import load
from jentry.schemas.comments import COMMENT
from jentry.store import comments, issues, operations, users
from jentry.store.bulk import Bulk
from jentry.store.connection import Connection

Given = dict[str, Any]


def set_status(session: Session, given: Given) -> Answer:
    return _changed(session, given, {"status": given["status"]})


def assign(session: Session, given: Given) -> Answer:
    return _changed(session, given, {"assignee_user_id": _member(session, given["to"])})


def comment(session: Session, given: Given) -> Answer:
    row = session.issue(given["issue"])
    text = load(COMMENT, {"text": given["text"]})["text"]
    with session.writing() as (db, at):
        _require(db, session, row["id"], given["expected_status"], at)
        made = comments.add(db, session.actor, row["id"], text, at)
    return Answer({"issue": row["id"], "comment": made["id"]})


def _changed(session: Session, given: Given, change: dict[str, Any]) -> Answer:
    row = session.issue(given["issue"])
    with session.writing() as (db, at):
        _require(db, session, row["id"], given["expected_status"], at)
        bulk = Bulk(row["project_id"], (row["id"],), None, change)
        result = operations.perform(db, session.actor, bulk, at)
        after = issues.get(db, session.actor, row["id"], at)
    server = {"issue": row["id"], "status": after["status"], "changed": result["changed"] == 1}
    server["assignee_user_id"] = after["assignee_user_id"]
    if result["operation_ids"]:
        server["undo_operation"] = result["operation_ids"][0]
    return Answer(server)


def _require(db: Connection, session: Session, issue_id: int, expected: str, at: str) -> None:
    """Raises Conflict."""
    found = issues.get(db, session.actor, issue_id, at)["status"]
    if found != expected:
        raise Conflict(f"The issue is {found}, not {expected}: read it again before you change it.")


def _member(session: Session, name: str) -> int | None:
    """Raises BadRequest."""
    if name == "nobody":
        return None
    if name == "me":
        return session.actor.user_id
    for user in users.list_for(session.db, session.actor):
        if user["email"] == name.lower() and user["is_active"]:
            return int(user["id"])
    raise BadRequest("to: No active member has this email.")
