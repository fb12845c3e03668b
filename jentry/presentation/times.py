"""Spans of time as people say them."""

from datetime import timedelta

from jentry import clock

MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = (
    (365 * DAY, "year"), (30 * DAY, "month"), (7 * DAY, "week"), (DAY, "day"), (HOUR, "hour"),
    (MINUTE, "min"),
)  # fmt: skip


def span(seconds: float) -> str:
    """`38 min`, `9 days`, `7 months`; less than a minute: `less than a minute`."""
    for step, name in STEPS:
        number = int(seconds // step)
        if number >= (2 if name in ("month", "week") else 1):
            plural = "" if number == 1 or name == "min" else "s"
            return f"{number} {name}{plural}"
    return "less than a minute"


def until(begin: str, end: str) -> str:
    """How long from one instant to another."""
    return span((clock.parse(end) - clock.parse(begin)) / timedelta(seconds=1))
