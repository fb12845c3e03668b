"""The weekly summary: on Monday morning, where the reader lives."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jentry import clock
from jentry.store import personal_mail
from jentry.store.connection import Connection

HOUR = 8
WEEK = timedelta(days=7)


def post(db: Connection, now: datetime) -> None:
    """To everybody whose Monday has come since the last one. Inside a write transaction."""
    for who in personal_mail.subscribers(db):
        if clock.parse(who["told_until"]) < monday(now, who["time_zone"]) <= now:
            since = clock.timestamp(now - WEEK)
            personal_mail.summarize(db, who, since, clock.timestamp(now))


def monday(now: datetime, zone: str) -> datetime:
    """The last one at eight, in that zone; UTC when there is no such zone."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = ZoneInfo("UTC")
    local = now.astimezone(place)
    day = local.date() - timedelta(days=local.weekday())
    found = datetime(day.year, day.month, day.day, HOUR, tzinfo=place).astimezone(UTC)
    return found if found <= now else found - WEEK
