"""When a job is expected: schedules as SDKs send them, by crontab or interval, in a time zone.

Summer time is as Debian's cron has it: a time that is skipped runs at once, one that comes twice
runs once, and every hour is every real hour. Intervals of a day and more keep the local time of
day; a day that a month does not have is its last.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from jentry.byte_cache import bounded

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
SECONDS = {"minute": 60, "hour": 3600}
CALENDAR = ("day", "week", "month", "year")
UNITS = (*SECONDS, *CALENDAR)
MOST_UNITS = 10_000
MOST_MINUTES = 40_320
MOST_RUNS = 720
EARLY = timedelta(seconds=60)  # a job that starts so much too early is not late for the next
LONGEST = 200  # characters of a crontab


class Unreadable(ValueError):
    """A schedule or zone that says nothing; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Crontab:
    text: str
    zone: tzinfo

    def next(self, start: datetime) -> datetime:
        """The first time after the start of a run."""
        times = CronSim(self.text, start.astimezone(self.zone))
        first = next(times)
        second = next(times)
        if first - start <= min(EARLY, (second - first) / 4):
            return second.astimezone(UTC)
        return first.astimezone(UTC)

    def after(self, moment: datetime, _: datetime) -> datetime:
        """The first time after that moment."""
        return next(CronSim(self.text, moment.astimezone(self.zone))).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    value: int
    unit: str
    zone: tzinfo

    def next(self, start: datetime) -> datetime:
        return self._step(start, 1)

    def after(self, moment: datetime, last: datetime) -> datetime:
        """The first time after that moment, counted from one that was expected."""
        number = max(1, int((moment - last) / self._longest()))
        while (found := self._step(last, number)) <= moment:
            number += 1
        return found

    def _longest(self) -> timedelta:
        days = {"day": 1, "week": 7, "month": 31, "year": 366}
        seconds = SECONDS.get(self.unit) or days[self.unit] * 86400 + 3600
        return timedelta(seconds=seconds * self.value)

    def _step(self, start: datetime, number: int) -> datetime:
        number *= self.value
        if self.unit in SECONDS:
            return start + timedelta(seconds=SECONDS[self.unit] * number)
        local = start.astimezone(self.zone)
        if self.unit in ("day", "week"):
            moved = local.replace(tzinfo=None) + timedelta(
                days=number * (7 if self.unit == "week" else 1)
            )
        else:
            moved = _months_later(local.replace(tzinfo=None), number, self.unit)
        return moved.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


def _months_later(local: datetime, number: int, unit: str) -> datetime:
    months = local.year * 12 + local.month - 1 + number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))


Schedule = Crontab | Interval


def zone(name: str) -> ZoneInfo:
    """Raises Unreadable."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise Unreadable(f"There is no time zone {name[:60]}.") from None


def crontab(text: str, where: tzinfo) -> Crontab:
    """Five fields, or one of ALIASES. Raises Unreadable."""
    given = " ".join(ALIASES.get(text.strip().lower(), text).split())
    if len(given.split(" ")) != 5 or len(given) > LONGEST:
        raise Unreadable("A crontab has five fields, such as 0 3 * * *, or is one like @daily.")
    try:
        found = Crontab(given.upper(), where)
        found.next(datetime(2026, 1, 1, tzinfo=UTC))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never comes"
        raise Unreadable(f"This crontab cannot be read: {reason}.") from None
    return found


def interval(value: int, unit: str, where: tzinfo) -> Interval:
    """Raises Unreadable."""
    if unit not in UNITS:
        raise Unreadable(f"The unit must be one of: {', '.join(UNITS)}.")
    if not 0 < value <= MOST_UNITS:
        raise Unreadable(f"An interval is a whole number from 1 to {MOST_UNITS} of units.")
    found = Interval(value, unit, where)
    try:
        found.next(datetime(2100, 1, 1, tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Unreadable("This interval is longer than a calendar.") from None
    return found


@dataclass(frozen=True, slots=True)
class Config:
    """What a `monitor_config` says, each odd value by its default. `problem`: why there is no
    schedule, though one was sent.
    """

    schedule: Schedule | None
    problem: str | None
    margin: timedelta
    max_runtime: timedelta
    failure_threshold: int
    recovery_threshold: int

    def next(self, start: datetime) -> datetime | None:
        """When a job that started then is expected again."""
        return None if self.schedule is None else self.schedule.next(start)

    def after(self, moment: datetime, last: datetime) -> datetime | None:
        return None if self.schedule is None else self.schedule.after(moment, last)

    def due(self, expected: datetime) -> datetime:
        return expected + self.margin


def config(sent: Mapping[str, Any] | None) -> Config:
    """Never raises."""
    sent = sent or {}
    schedule, problem = None, None
    if sent.get("schedule") is not None:
        try:
            schedule = read(sent)
        except Unreadable as error:
            problem = str(error)
    return Config(
        schedule,
        problem,
        timedelta(minutes=_number(sent.get("checkin_margin"), 1, MOST_MINUTES)),
        timedelta(minutes=_number(sent.get("max_runtime"), 30, MOST_MINUTES)),
        _number(sent.get("failure_issue_threshold"), 1, MOST_RUNS),
        _number(sent.get("recovery_threshold"), 1, MOST_RUNS),
    )


def read(sent: Mapping[str, Any]) -> Schedule:
    """Of a whole `monitor_config`. Raises Unreadable."""
    schedule, name = sent.get("schedule"), sent.get("timezone")
    if not isinstance(schedule, Mapping):
        raise Unreadable("A schedule is an object with type and value.")
    where = zone(name) if isinstance(name, str) and name else UTC
    kind, value = schedule.get("type"), schedule.get("value")
    if kind == "crontab" and isinstance(value, str):
        return _crontab((value, where))
    if kind == "interval" and isinstance(value, int) and not isinstance(value, bool):
        return interval(value, str(schedule.get("unit")), where)
    raise Unreadable("A schedule is a crontab with a text, or an interval with a whole number.")


@bounded(256 * 1024)
def _crontab(of: tuple[str, tzinfo]) -> Crontab:
    return crontab(*of)


def _number(value: Any, default: int, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most:
        return value
    return default


def times(schedule: Schedule, begin: datetime, number: int) -> list[datetime]:
    """The next ones after a moment; an interval begins there."""
    found: list[datetime] = []
    moment = begin
    while len(found) < number:
        moment = schedule.after(moment, moment)
        found.append(moment)
    return found
