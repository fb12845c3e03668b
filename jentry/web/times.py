"""Instants of the store in words. The exact one is always there too, in the person's time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jentry import clock
from jentry.web import session

STEPS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)


def ago(at: str) -> str:
    """`3 hours ago`, `in 7 days`, `just now`."""
    passed = clock.now() - clock.parse(at)
    size = abs(passed)
    for step, word in STEPS:
        if size >= step:
            number = size // step if passed > timedelta(0) else round(size / step)
            text = f"{number} {word}{'' if number == 1 else 's'}"
            return f"{text} ago" if passed > timedelta(0) else f"in {text}"
    return "just now" if passed >= timedelta(0) else "in less than a minute"


def exact(at: str) -> str:
    """`29 Jun 2026, 12:30:00 UTC`; for who chose another zone, that and UTC."""
    moment = clock.parse(at)
    known = session.person()
    zone = known.time_zone if known else "UTC"
    utc = _written(moment, "UTC")
    return utc if zone == "UTC" else f"{_written(moment.astimezone(ZoneInfo(zone)), zone)} ({utc})"


def day(at: str) -> str:
    """`29 Jun` in the person's time zone; of another year `29 Jun 2025`."""
    known = session.person()
    zone = ZoneInfo(known.time_zone if known else "UTC")
    moment = clock.parse(at).astimezone(zone)
    year = "" if moment.year == clock.now().astimezone(zone).year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year}"


def _written(moment: datetime, zone: str) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M:%S} {zone}"
