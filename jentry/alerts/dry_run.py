"""A rule tried on the past: what it would have told, and in how many messages."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.alerts.counters import Window
from jentry.alerts.decide import cause_of
from jentry.alerts.rules import Cause, Rule, key, tags_of
from jentry.store import alert_history, outbox, tail
from jentry.store.audit import Actor
from jentry.store.connection import Connection

EXAMPLES = 10
MOST_ISSUES = 20_000  # that are counted at once
DAY = len("2026-06-29")
UNKNOWN = {
    "users": "How many users an issue had at a time in the past is not kept.",
    "quota": "When a quota began to drop events is not kept.",
    "crash_free": "Crash-free rates of the past are not tried.",
    "recovered": "When scheduled jobs recovered is not tried.",
}


@dataclass(frozen=True, slots=True)
class Match:
    at: str
    condition: Mapping[str, Any]
    issue_id: int
    title: str
    environment: str | None


def run(db: Connection, actor: Actor, wanted: Mapping[str, Any], at: str) -> dict[str, Any]:
    """`wanted`: a rule without name and channels, `days` and `digest_seconds`. Reads only, in
    pieces.
    """
    since = clock.timestamp(clock.parse(at) - timedelta(days=wanted["days"]))
    projects = wanted["project_ids"]
    rule = Rule(
        0, actor.org_id, None if projects is None else frozenset(projects),
        tuple(wanted["conditions"]), wanted["filter"], wanted["throttle_seconds"], (),
    )  # fmt: skip
    found = sorted(_matches(db, actor, rule, since), key=lambda match: (match.at, match.issue_id))
    told, throttled = _throttled(found, wanted["throttle_seconds"])
    messages = _messages(told, wanted["digest_seconds"])
    return {
        "begin": since,
        "until": at,
        "days": wanted["days"],
        "matches": len(found),
        "throttled": throttled,
        "messages": len(messages),
        "per_day": _per_day(clock.parse(since), clock.parse(at), found, messages),
        "examples": [
            {
                "at": match.at, "condition": match.condition["kind"], "issue_id": match.issue_id,
                "title": match.title, "environment": match.environment,
            }
            for match in told[-EXAMPLES:][::-1]
        ],
        "notes": sorted({UNKNOWN[c["kind"]] for c in rule.conditions if c["kind"] in UNKNOWN}),
    }  # fmt: skip


def _matches(db: Connection, actor: Actor, rule: Rule, since: str) -> Iterator[Match]:
    rows: list[tuple[str, dict[str, Any]]] = []
    if rule.of_kind("new_issue"):
        rows += [("new_issue", row) for row in alert_history.new_issues(db, actor, since)]
    if rule.of_kind("regressed") or rule.of_kind("escalating"):
        rows += [(row["substatus"], row) for row in alert_history.returns(db, actor, since)]
    for kind, row in rows:
        condition = next(iter(rule.of_kind(kind)), None)
        if condition is None or not rule.covers(actor.org_id, row["project_id"]):
            continue
        if rule.fits(cause_of(db, row)):
            yield Match(row["at"], condition, row["issue_id"], row["title"], row["environment"])
    if rule.of_kind("frequency"):
        yield from _frequent(db, actor, rule, since)


def _frequent(db: Connection, actor: Actor, rule: Rule, since: str) -> Iterator[Match]:
    projects = set(alert_history.project_ids(db, actor))
    windows = [
        (condition, Window(condition["window_seconds"], MOST_ISSUES))
        for condition in rule.of_kind("frequency")
    ]
    met: list[tuple[str, Mapping[str, Any], dict[str, Any]]] = []
    after, end = tail.begin(db, since), tail.last_id(db)
    while after < end:
        upto = min(end, after + tail.MOST_ROWS)
        for group in tail.groups(db, after, upto):
            covered = group["project_id"] in projects
            if (
                covered
                and rule.covers(actor.org_id, group["project_id"])
                and _fits(db, rule, group)
            ):
                met += _count(windows, group, since)
        after = upto
    ids = sorted({group["issue_id"] for _, _, group in met})
    known: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), 500):
        known |= alert_history.titles(db, actor, ids[start : start + 500])
    wanted = rule.filter.get("assignee_ids")
    for at, condition, group in met:
        issue = known.get(group["issue_id"])
        if issue is not None and (not wanted or issue["assignee_id"] in wanted):
            yield Match(at, condition, group["issue_id"], issue["title"], group["environment"])


def _fits(db: Connection, rule: Rule, group: Mapping[str, Any]) -> bool:
    assignees = rule.filter.get("assignee_ids") or [None]
    return rule.fits(
        Cause(
            group["level"], group["environment"], group["release"], assignees[0],
            lambda: tags_of(tail.payload(db, group["last"])),
        )
    )  # fmt: skip


def _count(
    windows: list[tuple[Mapping[str, Any], Window]], group: dict[str, Any], since: str
) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Any]]]:
    at = f"{group['span']}0.000Z"
    time = int(clock.parse(at).timestamp())
    for condition, window in windows:
        window.add(group["issue_id"], time, group["events"])
        if window.total(group["issue_id"], time) > condition["more_than"]:
            window.forget(group["issue_id"])
            if at >= since:
                yield at, condition, group


def _throttled(found: list[Match], seconds: int) -> tuple[list[Match], int]:
    """What is told, and how many are not."""
    last: dict[tuple[str, int], str] = {}
    told: list[Match] = []
    for match in found:
        name = (key(match.condition), match.issue_id)
        before = last.get(name)
        is_free = match.condition["kind"] == "new_issue" or not seconds
        if is_free or before is None or not outbox.is_within(before, seconds, match.at):
            last[name] = match.at
            told.append(match)
    return told, len(found) - len(told)


def _messages(told: list[Match], digest_seconds: int) -> list[str]:
    """When each would have gone out: the first at once, what follows in time as one."""
    digest = timedelta(seconds=max(digest_seconds, outbox.SOON.total_seconds()))
    times: list[datetime] = []
    waiting: datetime | None = None  # when the next goes out
    for match in told:
        at = clock.parse(match.at)
        if waiting is not None and at <= waiting:
            continue
        last = times[-1] if times else None
        waiting = at + outbox.SOON if last is None or at >= last + digest else last + digest
        times.append(waiting)
    return [clock.timestamp(one) for one in times]


def _per_day(
    begin: datetime, end: datetime, found: list[Match], messages: list[str]
) -> list[dict[str, Any]]:
    matches = Counter(match.at[:DAY] for match in found)
    sent = Counter(at[:DAY] for at in messages)
    days = (end.date() - begin.date()).days + 1
    names = [(begin.date() + timedelta(days=number)).isoformat() for number in range(days)]
    return [{"day": name, "matches": matches[name], "messages": sent[name]} for name in names]
