"""The only reader of wall time, and the one spelling of an instant.

Instants are fixed-width UTC text, `2026-06-29T12:30:00.000Z`: the spelling of the API, and text
order is time order.
"""

from datetime import UTC, datetime

HOUR_WIDTH = len("2026-06-29T12")


def now() -> datetime:
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """An aware datetime as `YYYY-MM-DDTHH:MM:SS.mmmZ`, cut (not rounded) to milliseconds."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def parse(text: str) -> datetime:
    """The inverse of `timestamp`."""
    return datetime.fromisoformat(text)


def hour(text: str) -> str:
    """The hour bucket of a timestamp: its first 13 characters, `YYYY-MM-DDTHH`."""
    return text[:HOUR_WIDTH]
