"""Every spelling of an instant, and what to do about wrong clocks. README: Time."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from jentry import clock
from jentry.ingest.normalise.context import Context
from jentry.ingest.normalise.event_errors import (
    BAD_TIME,
    DRIFT,
    FUTURE_TIME,
    PAST_TIME,
    EventErrors,
)

LEAST_DRIFT = timedelta(minutes=55)
FUTURE = timedelta(seconds=60)
NO_TIME = timedelta(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_EPOCH = 253_402_300_799  # seconds: the end of year 9999


def moment(value: Any) -> datetime | None:
    """An aware UTC instant of 1970 or later; None for what is no such thing.

    Takes RFC 3339 text (a blank for the `T`, no zone for UTC, any fraction), seconds since 1970 as
    a number or as text.
    """
    try:
        if isinstance(value, str):
            return _of_text(value.strip())
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _of_epoch(value)
    except (ValueError, OverflowError):
        pass
    return None


def _of_text(value: str) -> datetime | None:
    if value.replace(".", "", 1).isdecimal():
        return _of_epoch(float(value)) if len(value) <= 32 else None
    found = datetime.fromisoformat(value.replace("z", "Z"))
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found if found >= EPOCH else None


def _of_epoch(value: float) -> datetime | None:
    if not (math.isfinite(value) and 0 <= value <= LAST_EPOCH):
        return None
    return EPOCH + timedelta(seconds=value)


def shifted(value: Any, by: timedelta) -> str | None:
    """An instant in canonical spelling, `by` later; None when it is none or off the calendar."""
    if not by and isinstance(value, str) and is_nearly_canonical(value):
        return value[:23] + "Z"
    found = moment(value)
    if found is None:
        return None
    if not by:
        return clock.timestamp(found)
    try:
        found += by
    except OverflowError:
        return None
    return clock.timestamp(found) if found >= EPOCH else None


def is_nearly_canonical(value: str) -> bool:
    """`YYYY-MM-DDTHH:MM:SS.fff…Z`, as most clients write every breadcrumb: cutting it is enough."""
    try:
        has_form = value[19] == "." and value[-1] == "Z" and value[10] == "T" and value[7] == "-"
        return has_form and datetime.fromisoformat(value) >= EPOCH and len(value) >= 24
    except (ValueError, IndexError):
        return False


def drift(context: Context) -> timedelta:
    """How far the sender's clock is behind ours, once that is too much to be the way's fault."""
    if context.sent_at is None:
        return NO_TIME
    behind = context.received - context.sent_at
    return behind if abs(behind) >= LEAST_DRIFT else NO_TIME


def settle(value: Any, context: Context, errors: EventErrors) -> tuple[str, timedelta]:
    """The event's timestamp, and by how much every other one in the event has to be moved."""
    behind = drift(context)
    if behind:
        errors.add(DRIFT, "timestamp", f"{behind.total_seconds():.0f} s")
    found = moment(value)
    if found is None:
        if value is not None:
            errors.add(BAD_TIME, "timestamp", value)
        return clock.timestamp(context.received), behind
    offset = found - context.received + behind  # of an instant that may be off the calendar
    if offset > FUTURE:
        errors.add(FUTURE_TIME, "timestamp", value)
    elif offset < -timedelta(days=context.retention_days):
        errors.add(PAST_TIME, "timestamp", value)
    else:
        return clock.timestamp(found + behind), behind
    return clock.timestamp(context.received), behind - offset
