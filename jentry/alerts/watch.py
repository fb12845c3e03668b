"""Conditions that are counted: frequency, users, crash-free rate, quota. Nothing of this is asked
of ingestion: events are followed by the order of their arrival.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.alerts.counters import Window
from jentry.alerts.rules import Cause, Rule, key, tags_of
from jentry.store import outbox, tail
from jentry.store.connection import Connection
from jentry.store.outbox import NewAlert

LATE = timedelta(seconds=10)  # rows were seen out of order by up to 2.6 s
MOST_COUNTED = 200_000  # issues, over all conditions
MOST_PAYLOADS = (
    500  # that are opened for tags in one look; the rest is judged like its issue's last
)
COUNTED = ("frequency", "users")
CRASH_FREE_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Found:
    """A condition that is met, but for its throttle."""

    rule: Rule
    condition: Mapping[str, Any]
    project_id: int
    issue_id: int | None
    detail: dict[str, Any]
    level: str | None = None
    environment: str | None = None
    event_id: bytes | None = None
    is_once: bool = False


class Watch:
    def __init__(self) -> None:
        self._after: int | None = None  # the id of the last event that was counted
        self._windows: dict[tuple[int, str], Window] = {}
        self._judged: dict[tuple[int, int], bool] = {}  # by tags: of rule and issue
        self._dropped: dict[tuple[int, str], int] = {}
        self._below: dict[tuple[int, str, int], bool] = {}
        self.above: list[tuple[int, str, int]] = []  # rates that may fall again, to be noted
        self._sessions_at: datetime | None = None

    def look(self, db: Connection, rules: list[Rule], now: datetime) -> list[Found]:
        """What is met now. Reads only."""
        found = list(self._events(db, [rule for rule in rules if _counts(rule)], now))
        found += self._quotas(db, rules, now)
        if self._sessions_at is None or abs(now - self._sessions_at) >= CRASH_FREE_EVERY:
            self._sessions_at = now
            found += self._crashes(db, rules, now)
        return found

    def _events(self, db: Connection, rules: list[Rule], now: datetime) -> Iterator[Found]:
        if not rules:
            self._after, self._windows = None, {}
            return
        before = self._prepare(db, rules, now)
        orgs, end = tail.organizations(db), tail.last_id(db)
        opened = [0]
        met: dict[tuple[int, str, int], tuple[Rule, Mapping[str, Any], dict[str, Any]]] = {}
        while self._after is not None and self._after < end:
            upto = min(end, self._after + tail.MOST_ROWS)
            for group in tail.groups(db, self._after, upto):
                for rule in rules:
                    if rule.covers(orgs.get(group["project_id"], 0), group["project_id"]):
                        for condition in self._count(db, rule, group, before, opened):
                            met[rule.id, key(condition), group["issue_id"]] = rule, condition, group
            self._after = upto
        for rule, condition, group in met.values():
            yield from self._met(db, rule, condition, group, now)

    def _prepare(
        self, db: Connection, rules: list[Rule], now: datetime
    ) -> Mapping[tuple[int, str, int], str]:
        """A window for each condition; the tail begins where the longest does. When each last
        alerted: what is older than that was counted already.
        """
        wanted = {
            (rule.id, key(condition)): condition["window_seconds"]
            for rule in rules
            for condition in rule.of_kind("frequency")
        }
        most = max(1000, MOST_COUNTED // (len(wanted) or 1))
        new = wanted.keys() - self._windows.keys()
        self._windows = {
            name: self._windows.get(name) or Window(seconds, most)
            for name, seconds in wanted.items()
        }
        if self._after is None:
            seconds = max(wanted.values(), default=0)
            since = clock.timestamp(now - timedelta(seconds=seconds) - LATE)
            self._after = tail.begin(db, since) if wanted else tail.last_id(db)
            return tail.alerted(db, "frequency")
        return dict.fromkeys([], "") if not new else tail.alerted(db, "frequency")

    def _count(
        self,
        db: Connection,
        rule: Rule,
        group: Mapping[str, Any],
        before: Mapping[tuple[int, str, int], str],
        opened: list[int],
    ) -> Iterator[Mapping[str, Any]]:
        """The conditions that may be met by these events; they are counted."""
        if not self._fits(db, rule, group, opened):
            return
        issue_id = group["issue_id"]
        at = f"{group['span']}0.000Z"
        time = int(clock.parse(at).timestamp())
        for condition in rule.of_kind("frequency"):
            name = (rule.id, key(condition))
            if before.get((*name, issue_id), "") < at:
                self._windows[name].add(issue_id, time, group["events"])
                yield condition
        yield from rule.of_kind("users")

    def _fits(
        self, db: Connection, rule: Rule, group: Mapping[str, Any], opened: list[int]
    ) -> bool:
        """But for the assignee, which is the issue's, and asked for later."""
        issue_id, judged = group["issue_id"], (rule.id, group["issue_id"])

        def tags() -> Mapping[str, str]:
            opened[0] += 1
            return tags_of(tail.payload(db, group["last"]))

        if rule.filter.get("tags") and opened[0] >= MOST_PAYLOADS and judged in self._judged:
            return self._judged[judged]
        wanted = dict(rule.filter)
        assignees = wanted.get("assignee_ids") or [None]
        cause = Cause(group["level"], group["environment"], group["release"], assignees[0], tags)
        fits = rule.fits(cause)
        if rule.filter.get("tags"):
            if len(self._judged) > MOST_COUNTED:
                self._judged.clear()
            self._judged[rule.id, issue_id] = fits
        return fits

    def _met(
        self,
        db: Connection,
        rule: Rule,
        condition: Mapping[str, Any],
        group: Mapping[str, Any],
        now: datetime,
    ) -> Iterator[Found]:
        issue_id = group["issue_id"]
        number = detail = None
        window = self._windows.get((rule.id, key(condition)))
        if window is not None:
            number = window.total(issue_id, int(now.timestamp()))
            detail = {"events": number, "windowSeconds": condition["window_seconds"]}
            if number <= condition["more_than"]:
                return
        issue = tail.issue(db, issue_id)
        if issue is None or not _may_tell(rule, issue, now):
            return
        if window is None:
            detail = {"users": issue["user_count"]}
            if issue["user_count"] <= condition["more_than"]:
                return
        else:
            window.forget(issue_id)
        yield Found(
            rule, condition, group["project_id"], issue_id, detail or {}, group["level"],
            group["environment"], tail.event_id(db, group["last"]), is_once=window is None,
        )  # fmt: skip

    def _quotas(self, db: Connection, rules: list[Rule], now: datetime) -> Iterator[Found]:
        hour = clock.hour(clock.timestamp(now))
        seen: dict[tuple[int, str], int] = {}
        for rule, condition, project_id in _projects(db, rules, "quota"):
            name = (project_id, hour)
            if name not in seen:
                seen[name] = tail.dropped(db, project_id, hour)
            before = self._dropped.get(name)
            if before is None:  # a new hour begins with none; the first look knows nothing
                before = 0 if any(other == project_id for other, _ in self._dropped) else seen[name]
            if seen[name] > before:
                yield Found(rule, condition, project_id, None, {"dropped": seen[name] - before})
        self._dropped = seen

    def _crashes(self, db: Connection, rules: list[Rule], now: datetime) -> Iterator[Found]:
        """Alerts when a rate falls below; again only after it was above."""
        states: dict[tuple[int, str, int], bool] = {}
        for rule, condition, project_id in _projects(db, rules, "crash_free"):
            since = clock.timestamp(now - timedelta(seconds=condition["window_seconds"]))
            rows = tail.sessions(db, project_id, clock.hour(since), since)
            sessions, crashed = _fitting(rule, rows)
            if sessions < condition["min_sessions"]:
                continue
            rate = 100 * (1 - crashed / sessions)
            name = (rule.id, key(condition), project_id)
            states[name] = rate < condition["below"]
            if states[name] and not self._below.get(name):
                detail = {
                    "crashFreeRate": round(rate, 2), "sessions": sessions,
                    "windowSeconds": condition["window_seconds"],
                }  # fmt: skip
                yield Found(rule, condition, project_id, None, detail, is_once=True)
            if not states[name] and self._below.get(name, True):
                self.above.append(name)
        self._below |= states


def tell(
    db: Connection, found: Iterable[Found], above: Iterable[tuple[int, str, int]], at: str
) -> None:
    """Inside a write transaction: what the throttles let, one alert for each channel. `above`:
    rates that are in order again.
    """
    outbox.may_alert_again(db, above)
    matched: list[int] = []
    alerts: dict[tuple[int, str, int, int | None], NewAlert] = {}
    for one in found:
        rule, kind = one.rule, one.condition["kind"]
        passed = outbox.passes(
            db, (rule.id, max(1, rule.throttle_seconds)), key(one.condition),
            (one.project_id, one.issue_id), at, is_once=one.is_once,
        )  # fmt: skip
        if passed is None:
            continue
        matched.append(rule.id)
        more = {"suppressed": passed} if passed else {}
        for channel_id in rule.channel_ids:
            alert = alerts.setdefault(
                (channel_id, kind, one.project_id, one.issue_id),
                NewAlert(
                    rule.org_id, channel_id, one.project_id, one.issue_id, one.event_id, kind,
                    one.environment, one.level, one.detail | more,
                ),
            )  # fmt: skip
            alert.rule_ids.append(rule.id)
    outbox.add(db, alerts.values(), at)
    outbox.note_match(db, matched, at)


def _counts(rule: Rule) -> bool:
    return any(condition["kind"] in COUNTED for condition in rule.conditions)


def _may_tell(rule: Rule, issue: Mapping[str, Any], now: datetime) -> bool:
    wanted = rule.filter.get("assignee_ids")
    is_muted = issue["muted_until"] is not None and issue["muted_until"] > clock.timestamp(now)
    fits = not wanted or issue["assignee_id"] in wanted
    return issue["status"] == "unresolved" and not is_muted and fits


def _projects(
    db: Connection, rules: list[Rule], kind: str
) -> Iterator[tuple[Rule, Mapping[str, Any], int]]:
    """Each condition of a kind with each project that its rule covers."""
    wanted = [(rule, condition) for rule in rules for condition in rule.of_kind(kind)]
    if wanted:
        orgs = tail.organizations(db)
        for rule, condition in wanted:
            for project_id, org_id in orgs.items():
                if rule.covers(org_id, project_id):
                    yield rule, condition, project_id


def _fitting(rule: Rule, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Sessions and crashed ones. Of the filters those that sessions know: environment, release."""
    wanted = {name: rule.filter.get(name) for name in ("environments", "releases")}
    narrow = Rule(rule.id, rule.org_id, None, (), wanted, 0, ())
    fitting = [row for row in rows if narrow.fits(Cause(None, row["environment"], row["release"]))]
    return sum(row["sessions"] for row in fitting), sum(row["crashed"] for row in fitting)
