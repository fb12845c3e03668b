"""Happenings to alerts: which rules fit, whose throttle lets them, and to which channels."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jentry.alerts.rules import Cause, Rule, key, tags_of
from jentry.store import outbox
from jentry.store.connection import Connection
from jentry.store.outbox import NewAlert

NEVER_AGAIN = ("new_issue", "recovered")  # they need no throttle


def rules_in_force(db: Connection, is_silent: Callable[[str], bool]) -> list[Rule]:
    return [Rule.of(row, is_silent) for row in outbox.rules(db)]


def matches(rule: Rule, row: Mapping[str, Any], cause: Cause) -> Mapping[str, Any] | None:
    """The condition that a happening meets. A first event in another environment is a new issue to
    a rule that names environments of which the issue had none.
    """
    kind = "new_issue" if row["kind"] == "environment" else row["kind"]
    condition = next(iter(rule.of_kind(kind)), None)
    if condition is None or not rule.covers(row["org_id"], row["project_id"]):
        return None
    if row["kind"] == "environment":
        if not rule.filter.get("environments"):
            return None
        if any(rule.fits_environment(earlier) for earlier in row["detail"]["earlier"]):
            return None
    return condition if rule.fits(cause) else None


def decide(db: Connection, rows: Iterable[Mapping[str, Any]], rules: list[Rule], at: str) -> None:
    """Inside a write transaction. `rows` as `outbox.happenings` has them, none of check-ins."""
    matched: list[int] = []
    for row in rows:
        if row["org_id"] is None or row["found_id"] is None:
            continue
        if row["muted_until"] is not None and row["muted_until"] > at:
            continue
        found: dict[int, NewAlert] = {}
        cause = cause_of(db, row)
        for rule in rules:
            condition = matches(rule, row, cause)
            if condition is not None:
                matched.append(rule.id)
                _tell(db, found, rule, condition, row, at)
        outbox.add(db, found.values(), at)
    outbox.note_match(db, matched, at)


def cause_of(db: Connection, row: Mapping[str, Any]) -> Cause:
    """What rules look at. The event's tags are read when one of them asks."""

    def tags() -> Mapping[str, str]:
        if row["event_id"] is None:
            return {}
        return tags_of(outbox.payload_of(db, row["project_id"], row["event_id"]))

    return Cause(row["level"], row["environment"], row["release"], row["assignee_id"], tags)


def _tell(
    db: Connection,
    found: dict[int, NewAlert],
    rule: Rule,
    condition: Mapping[str, Any],
    row: Mapping[str, Any],
    at: str,
) -> None:
    """One alert for each channel, whatever the number of rules that lead there."""
    suppressed = 0
    if condition["kind"] not in NEVER_AGAIN:
        passed = outbox.passes(
            db, (rule.id, rule.throttle_seconds), key(condition),
            (row["project_id"], row["issue_id"]), at,
        )  # fmt: skip
        if passed is None:
            return
        suppressed = passed
    for channel_id in rule.channel_ids:
        alert = found.setdefault(
            channel_id,
            NewAlert(
                rule.org_id, channel_id, row["project_id"], row["issue_id"], row["event_id"],
                condition["kind"], row["environment"], row["level"], {},
            ),
        )  # fmt: skip
        alert.rule_ids.append(rule.id)
        if suppressed:
            alert.detail["suppressed"] = alert.detail.get("suppressed", 0) + suppressed
