"""Alert channels and rules: known by their names, made unless they are there.

Addresses and secrets of webhooks and chats are in no export: such a channel is made switched off.
"""

import json
from typing import TYPE_CHECKING, Any

from jentry.store import alert_channels
from jentry.store.connection import Connection
from jentry.store.transfer.records import RECORDS

if TYPE_CHECKING:
    from jentry.store.transfer.load import Load

Line = dict[str, Any]
CHANNEL, RULE = (
    next(record for record in RECORDS if record.type == kind) for kind in ("channel", "rule")
)


def channel(load: "Load", line: Line) -> tuple[int, int]:
    db, ours = load.db, load.names.channels
    found = _known(db, "alert_channels", line["name"], line["createdAt"], load.org_id, ours)
    if found is not None:
        ours[line["id"]] = found
        return 0, 1
    values = (load.names.values(CHANNEL, line) or {}) | {"org_id": load.org_id}
    del values["id"]
    if line["kind"] != "email":
        values["is_active"] = 0
        load.report.without_address.append(line["name"])
    if line["kind"] == "webhook":
        values["secret"] = alert_channels.new_secret()
    ours[line["id"]] = _insert(db, "alert_channels", values)
    return 1, 0


def rule(load: "Load", line: Line) -> tuple[int, int]:
    """One for assignees who are all unknown here is made switched off: else it would tell more."""
    db, names = load.db, load.names
    found = _known(db, "alert_rules", line["name"], line["createdAt"], load.org_id, names.rules)
    if found is not None:
        names.rules[line["id"]] = found
        return 0, 1
    values = (names.values(RULE, line) or {}) | {"org_id": load.org_id}
    del values["id"]
    if line.get("assignees"):
        ids = [names.user(email) for email in line["assignees"]]
        known = sorted(number for number in ids if number is not None)
        values["filter"] = json.dumps(line["filter"] | {"assignee_ids": known})
        values["is_active"] = values["is_active"] if known else 0
    names.rules[line["id"]] = rule_id = _insert(db, "alert_rules", values)
    _link(db, "project", rule_id, names.projects, line["projects"])
    _link(db, "channel", rule_id, names.channels, line["channels"])
    return 1, 0


def _known(
    db: Connection, table: str, name: str, created_at: str, org_id: int, taken: dict[int, int]
) -> int | None:
    """The one of that name and time, else of that name, that no other line of the export is."""
    rows = db.execute(
        f"""
        SELECT id
        FROM {table}
        WHERE org_id = ? AND name = ?
        ORDER BY CASE WHEN created_at = ? THEN 0 ELSE 1 END, id
        """,
        (org_id, name, created_at),
    )
    return next((row["id"] for row in rows if row["id"] not in taken.values()), None)


def _insert(db: Connection, table: str, values: Line) -> int:
    row = db.execute(
        f"""
        INSERT INTO {table} ({", ".join(values)})
        VALUES ({", ".join(f":{name}" for name in values)})
        RETURNING id
        """,
        values,
    ).fetchone()
    made: int = row["id"]
    return made


def _link(db: Connection, to: str, rule_id: int, ours: dict[int, int], theirs: list[int]) -> None:
    db.executemany(
        f"INSERT INTO alert_rule_{to}s (rule_id, {to}_id) VALUES (?, ?)",
        sorted({(rule_id, ours[number]) for number in theirs if number in ours}),
    )
