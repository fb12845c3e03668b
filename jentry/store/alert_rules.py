"""Alert rules: when somebody is told, and on which channels."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jentry.errors import BadRequest, Conflict, NotFound
from jentry.quotas import most
from jentry.store import audit, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row

DEFAULT_NAME = "New and returning errors"
THROTTLE = 1800  # seconds
DEFAULT = {
    "name": DEFAULT_NAME,
    "project_ids": None,
    "conditions": [
        {"kind": kind} for kind in ("new_issue", "regressed", "escalating", "recovered")
    ],
    "filter": {"levels": ["fatal", "error"]},
    "throttle_seconds": THROTTLE,
    "is_active": True,
}
MANAGE = "manage alert rules"


def make_default(db: Connection, org_id: int, channel_id: int, at: str) -> None:
    """The rule of a new organization."""
    _link(db, org_id, _insert(db, org_id, DEFAULT, at), None, [channel_id])


def list_for(db: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Oldest first, as `get` has them."""
    rows = db.execute(f"{RULES} WHERE r.org_id = ? ORDER BY r.id", (actor.org_id,)).fetchall()
    projects = _linked(db, actor, PROJECTS)
    channels = _linked(db, actor, CHANNELS)
    return [_shown(row, projects, channels) for row in rows]


def get(db: Connection, actor: Actor, rule_id: int) -> dict[str, Any]:
    """`id`, `name`, `project_ids` (None: all), `conditions`, `filter`, `channel_ids`,
    `throttle_seconds`, `is_active`, `last_matched_at`, `created_at`, `updated_at`.

    Raises NotFound.
    """
    found = next((rule for rule in list_for(db, actor) if rule["id"] == rule_id), None)
    if found is None:
        raise NotFound("There is no such alert rule.")
    return found


def create(db: Connection, actor: Actor, wanted: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The rule as `get` has it. Raises Forbidden, BadRequest, Conflict."""
    roles.require(db, actor, "admin", MANAGE)
    (number,) = db.execute(
        "SELECT count(*) FROM alert_rules WHERE org_id = ?", (actor.org_id,)
    ).fetchone()
    if number >= most("alert_rules"):
        raise Conflict(f"An organization has at most {most('alert_rules')} alert rules.")
    require_own(db, actor, wanted)
    rule_id = _insert(db, actor.org_id, wanted, at)
    _link(db, actor.org_id, rule_id, wanted["project_ids"], wanted["channel_ids"])
    made = get(db, actor, rule_id)
    audit.record(db, actor, "rule.create", f"rule:{rule_id}", at, name=made["name"])
    return made


def update(
    db: Connection, actor: Actor, rule_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set what is given, each as a whole; the rule afterwards. Raises Forbidden, NotFound,
    BadRequest.
    """
    roles.require(db, actor, "admin", MANAGE)
    before = get(db, actor, rule_id)
    require_own(db, actor, change)
    after = before | dict(change)
    after["name"] = names.name(after["name"], "rule's name")
    fields = [name for name in change if after[name] != before[name]]
    if not fields:
        return before
    columns = _columns(after)
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    db.execute(
        f"""
        UPDATE alert_rules SET {assignments}, updated_at = :at
        WHERE org_id = :org_id AND id = :id
        """,
        columns | {"at": at, "org_id": actor.org_id, "id": rule_id},
    )
    _unlink(db, actor.org_id, rule_id)
    _link(db, actor.org_id, rule_id, after["project_ids"], after["channel_ids"])
    words = [audit_name(name) for name in fields]
    audit.record(db, actor, "rule.update", f"rule:{rule_id}", at, fields=words)
    return get(db, actor, rule_id)


def delete(db: Connection, actor: Actor, rule_id: int, at: str) -> None:
    """What it has told stays in the list of deliveries. Raises Forbidden, NotFound."""
    roles.require(db, actor, "admin", MANAGE)
    found = get(db, actor, rule_id)
    db.execute("DELETE FROM alert_rules WHERE org_id = ? AND id = ?", (actor.org_id, rule_id))
    audit.record(db, actor, "rule.delete", f"rule:{rule_id}", at, name=found["name"])


def require_own(db: Connection, actor: Actor, wanted: Mapping[str, Any]) -> None:
    """That projects, channels and people are those of the organization. Raises BadRequest."""
    for member, name, table in (
        ("project_ids", "projectIds", "projects"),
        ("channel_ids", "channelIds", "alert_channels"),
    ):
        ids = wanted.get(member) or []
        rows = db.execute(f"SELECT id FROM {table} WHERE org_id = ?", (actor.org_id,))
        missing = set(ids) - {row["id"] for row in rows}
        if missing:
            raise BadRequest(f"{name}: There is no {min(missing)} in this organization.")
    _require_members(db, actor, wanted.get("filter", {}).get("assignee_ids") or [])


def _require_members(db: Connection, actor: Actor, ids: Sequence[int]) -> None:
    rows = db.execute("SELECT user_id FROM memberships WHERE org_id = ?", (actor.org_id,))
    missing = set(ids) - {row["user_id"] for row in rows}
    if missing:
        raise BadRequest(f"filter.assigneeIds: There is no {min(missing)} in this organization.")


def audit_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _columns(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": names.name(rule["name"], "rule's name"),
        "covers_all": int(rule["project_ids"] is None),
        "conditions": json.dumps(rule["conditions"]),
        "filter": json.dumps(rule["filter"]),
        "throttle_seconds": rule["throttle_seconds"],
        "is_active": int(rule["is_active"]),
    }


def _insert(db: Connection, org_id: int, wanted: Mapping[str, Any], at: str) -> int:
    columns = _columns(wanted) | {"org_id": org_id, "created_at": at, "updated_at": at}
    row = db.execute(
        f"""
        INSERT INTO alert_rules ({", ".join(columns)})
        VALUES ({", ".join(f":{column}" for column in columns)})
        RETURNING id
        """,
        columns,
    ).fetchone()
    rule_id: int = row["id"]
    return rule_id


def _link(
    db: Connection,
    org_id: int,
    rule_id: int,
    project_ids: Sequence[int] | None,
    channel_ids: Sequence[int],
) -> None:
    db.executemany(
        """
        INSERT INTO alert_rule_projects (rule_id, project_id)
        SELECT r.id, p.id
        FROM alert_rules r
        JOIN projects p ON p.org_id = r.org_id
        WHERE r.org_id = ? AND r.id = ? AND p.id = ?
        """,
        [(org_id, rule_id, project_id) for project_id in sorted(set(project_ids or ()))],
    )
    db.executemany(
        """
        INSERT INTO alert_rule_channels (rule_id, channel_id)
        SELECT r.id, c.id
        FROM alert_rules r
        JOIN alert_channels c ON c.org_id = r.org_id
        WHERE r.org_id = ? AND r.id = ? AND c.id = ?
        """,
        [(org_id, rule_id, channel_id) for channel_id in sorted(set(channel_ids))],
    )


def _unlink(db: Connection, org_id: int, rule_id: int) -> None:
    own = "rule_id = (SELECT id FROM alert_rules WHERE org_id = ? AND id = ?)"
    db.execute(f"DELETE FROM alert_rule_projects WHERE {own}", (org_id, rule_id))
    db.execute(f"DELETE FROM alert_rule_channels WHERE {own}", (org_id, rule_id))


RULES = """
    SELECT r.id, r.name, r.covers_all, r.conditions, r.filter, r.throttle_seconds, r.is_active,
           r.last_matched_at, r.created_at, r.updated_at
    FROM alert_rules r
"""
PROJECTS = """
    SELECT l.rule_id, l.project_id AS id
    FROM alert_rules r
    JOIN alert_rule_projects l ON l.rule_id = r.id
    WHERE r.org_id = ?
    ORDER BY l.rule_id, l.project_id
"""
CHANNELS = """
    SELECT l.rule_id, l.channel_id AS id
    FROM alert_rules r
    JOIN alert_rule_channels l ON l.rule_id = r.id
    WHERE r.org_id = ?
    ORDER BY l.rule_id, l.channel_id
"""


def _linked(db: Connection, actor: Actor, query: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in db.execute(query, (actor.org_id,)):
        found.setdefault(row["rule_id"], []).append(row["id"])
    return found


def _shown(
    row: Row, projects: Mapping[int, list[int]], channels: Mapping[int, list[int]]
) -> dict[str, Any]:
    found = dict(row)
    covers_all = found.pop("covers_all")
    return found | {
        "project_ids": None if covers_all else projects.get(row["id"], []),
        "conditions": json.loads(row["conditions"]),
        "filter": json.loads(row["filter"]),
        "channel_ids": channels.get(row["id"], []),
        "is_active": bool(row["is_active"]),
    }
