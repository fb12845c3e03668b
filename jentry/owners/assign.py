"""New and regressed issues to whom the rules of their projects name.

The rules are compared with events before the write transaction; in it the issue is only looked at
again. Ingestion knows nothing of this: it notes what is new, and the notifier asks.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jentry.owners import rules
from jentry.owners.rules import Rule
from jentry.store import outbox, ownership, rule_texts
from jentry.store.connection import Connection

KINDS = ("new_issue", "regressed")

Row = Mapping[str, Any]  # as `outbox.happenings` has it


def choose(db: Connection, rows: Iterable[Row]) -> dict[int, tuple[Rule, int]]:
    """Of the happenings for which a rule has somebody: by id the rule and the person."""
    known: dict[int, list[Rule]] = {}
    people: dict[int, dict[str, int]] = {}
    found = {}
    for row in rows:
        if row["kind"] not in KINDS or row["org_id"] is None or row["assignee_id"] is not None:
            continue
        project_id, org_id = row["project_id"], row["org_id"]
        if project_id not in known:
            known[project_id] = rules.parse(_text(db, org_id, project_id))[0]
        if not known[project_id]:
            continue
        if org_id not in people:
            people[org_id] = ownership.members(db, org_id)
        event = outbox.payload_of(db, project_id, row["event_id"])
        chosen = decide(known[project_id], event, people[org_id])
        if chosen is not None:
            found[row["id"]] = chosen
    return found


def _text(db: Connection, org_id: int, project_id: int) -> str:
    return rule_texts.text(db, rule_texts.OWNERSHIP, org_id, project_id)


def decide(
    known: list[Rule], event: Mapping[str, Any], people: Mapping[str, int]
) -> tuple[Rule, int] | None:
    """Lines whose people are no members any more are passed over. `people`: ids by address."""
    for rule in rules.matching(known, event):
        user_id = next((people[a] for a in rule.addresses if a in people), None)
        if user_id is not None:
            return rule, user_id
    return None


def assign(
    db: Connection, rows: Iterable[Row], chosen: Mapping[int, tuple[Rule, int]], at: str
) -> None:
    """Inside a write transaction: unless the issue is gone, or anybody has ever assigned it."""
    for row in rows:
        if row["id"] in chosen and row["found_id"] is not None:
            rule, user_id = chosen[row["id"]]
            ownership.assign(db, row["org_id"], row["issue_id"], user_id, rule.matcher, at)
