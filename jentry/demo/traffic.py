"""The envelopes that the invented company's applications send, oldest first for each issue."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.demo.company import Company, Issue, Visits
from jentry.resources import resource

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0",
)
CONSOLE = {"filename": "console.json", "content_type": "application/json"}
DAYS = 14
RAMP = 12  # hours until everybody has a new release


@dataclass(frozen=True, slots=True)
class Sending:
    moment: datetime
    project: str
    envelope: bytes
    issue: str | None = None  # the template of the event


def events(company: Company, issue: Issue, now: datetime) -> Iterator[Sending]:
    dice = random.Random(issue.envelope)  # noqa: S311 - the same demo every time
    raw = (resource("seed") / "envelopes" / f"{issue.envelope}.envelope").read_text("utf-8")
    _, _, payload = raw.splitlines()
    for number, days_ago in enumerate(_days(issue, dice)):
        moment = now - timedelta(days=days_ago)
        event = json.loads(_varied(payload, issue.vary, dice))
        _shift(event, moment)
        event["event_id"] = f"{dice.getrandbits(128):032x}"
        event["environment"] = dice.choice(issue.environments)
        if release := company.release_at(issue.project, days_ago):
            event["release"] = release.version
        if issue.users:
            event["user"] = _user(issue, number, dice)
        if event["platform"] == "javascript":
            event["request"]["headers"]["User-Agent"] = dice.choice(BROWSERS)
        header = {"event_id": event["event_id"]}
        yield Sending(moment, issue.project, _envelope(header, "event", event), issue.envelope)
        if number == 0 and event["platform"] == "javascript":
            log = {"page": event["request"]["url"], "browser": "console", "lines": ["ready"]}
            yield Sending(moment, issue.project, _envelope(header, "attachment", log, CONSOLE))
            words = {"message": "The page went white when I paid.", "name": "A rider"}
            words["associated_event_id"] = event["event_id"]
            written = {"event_id": f"{dice.getrandbits(128):032x}", "contexts": {"feedback": words}}
            yield Sending(moment, issue.project, _envelope({}, "feedback", written))


def sessions(company: Company, visits: Visits, now: datetime) -> Iterator[Sending]:
    """One envelope for each hour and release, counted by the application as servers do."""
    dice = random.Random(visits.project)  # noqa: S311
    for hours_ago in range(DAYS * 24 - 1, 0, -1):
        moment = now - timedelta(hours=hours_ago)
        busy = visits.an_hour * (1.1 - abs(moment.hour - 14) / 14)
        for version, share in _shares(company, visits.project, hours_ago):
            total = round(busy * share * dice.uniform(0.8, 1.2))
            if not total:
                continue
            crashed = sum(dice.random() < visits.crashed for _ in range(total))
            errored = sum(dice.random() < visits.errored for _ in range(total - crashed))
            body = {
                "aggregates": [
                    {
                        "started": clock.timestamp(moment),
                        "exited": total - crashed - errored,
                        "errored": errored,
                        "crashed": crashed,
                    }
                ],
                "attrs": {"release": version, "environment": "production"},
            }
            yield Sending(moment, visits.project, _envelope({}, "sessions", body))


def check_ins(company: Company, now: datetime) -> Iterator[Sending]:
    """A job that runs every night and failed once."""
    dice = random.Random("nightly")  # noqa: S311
    project = company.projects[-1].slug
    for days_ago in range(DAYS - 1, -1, -1):
        moment = now - timedelta(days=days_ago, hours=5)
        body = {
            "check_in_id": f"{dice.getrandbits(128):032x}",
            "monitor_slug": "nightly-stock-count",
            "status": "error" if days_ago == 4 else "ok",
            "duration": round(dice.uniform(31, 58), 1),
            "environment": "production",
            "monitor_config": {"schedule": {"type": "crontab", "value": "0 2 * * *"}},
        }
        yield Sending(moment, project, _envelope({}, "check_in", body))


def _days(issue: Issue, dice: random.Random) -> list[float]:
    """How many days ago each event was, the oldest first; more of them lately."""
    span = issue.from_days - issue.to_days
    days = [issue.from_days, issue.to_days]
    while len(days) < issue.events:
        chosen = issue.to_days + span * dice.random() ** 1.3
        if issue.quiet is None or not issue.quiet[1] < chosen < issue.quiet[0]:
            days.append(chosen)
    return sorted(days, reverse=True)


def _varied(payload: str, numbers: tuple[str, ...], dice: random.Random) -> str:
    for number in numbers:
        low = 10 ** (len(number) - 1)
        payload = payload.replace(number, str(dice.randrange(low, 10 * low)))
    return payload


def _shift(event: dict[str, Any], moment: datetime) -> None:
    """Move the event, and with it its breadcrumbs, to another time."""
    before = clock.parse(event["timestamp"])
    event["timestamp"] = clock.timestamp(moment)
    for crumb in event.get("breadcrumbs", {}).get("values", []):
        crumb["timestamp"] = clock.timestamp(moment + (clock.parse(crumb["timestamp"]) - before))


def _user(issue: Issue, number: int, dice: random.Random) -> dict[str, str]:
    """Each of the issue's users once, then any of them again. Addresses are those of examples."""
    chosen = number if number < issue.users else dice.randrange(issue.users)
    return {"id": f"rider-{1000 + 7 * chosen}", "ip_address": f"203.0.113.{chosen % 250 + 1}"}


def _shares(company: Company, project: str, hours_ago: int) -> Iterator[tuple[str, float]]:
    """Releases in use at that time, and the part of the sessions that each has."""
    newest = company.release_at(project, hours_ago / 24)
    if newest is None:
        return
    older = company.release_at(project, newest.days_ago + 0.01)
    share = min(1.0, (newest.days_ago * 24 - hours_ago) / RAMP) if older else 1.0
    yield newest.version, share
    if older and share < 1:
        yield older.version, 1 - share


def _envelope(
    header: dict[str, Any], kind: str, body: dict[str, Any], more: dict[str, str] | None = None
) -> bytes:
    lines = (header, {"type": kind, **(more or {})}, body)
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
