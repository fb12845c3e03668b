"""Hours in which a channel holds back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jentry.vocabulary import WEEKDAYS


def is_quiet(hours: Mapping[str, Any] | None, now: datetime) -> bool:
    """`hours`: `timezone`, `days` on which they begin, `begin` and `end` as HH:MM; those that end
    no later than they begin end on the next day.
    """
    if hours is None:
        return False
    try:
        local = now.astimezone(ZoneInfo(hours["timezone"]))
    except (KeyError, ValueError, OSError):  # a zone that is known no more
        local = now.astimezone(UTC)
    time, begin, end = local.strftime("%H:%M"), hours["begin"], hours["end"]
    today, yesterday = _day(local), _day(local - timedelta(days=1))
    days = hours["days"] or WEEKDAYS
    if begin < end:
        return today in days and begin <= time < end
    return (today in days and time >= begin) or (yesterday in days and time < end)


def _day(local: datetime) -> str:
    return WEEKDAYS[local.weekday()]
