"""Figures over time: which hours an address asks for, and their numbers in Sentry's forms."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import g, request

from jentry import clock
from jentry.errors import BadRequest
from jentry.sentry_api import parameters
from jentry.vocabulary import CHECK_IN_STATUSES

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
INTERVAL = re.compile(r"([0-9]{1,4})([smhdw])")
MOST = 3000  # steps of a series
Steps = list[datetime]


def hours_asked(default: timedelta = DAY) -> Steps:
    """The begin of each hour of the span, the earliest first. Raises BadRequest."""
    return steps_asked(HOUR, default)


def interval() -> timedelta:
    """The shortest is an hour: that is what is counted. Raises BadRequest."""
    text = request.args.get("interval") or request.args.get("resolution") or "1h"
    found = INTERVAL.fullmatch(text)
    if found is None:
        raise BadRequest("interval: Must be a number and a unit such as 1h or 1d.")
    length = timedelta(**{parameters.UNITS[found[2]]: int(found[1])})
    return max(HOUR, timedelta(hours=-(-length // HOUR)))


def steps_asked(step: timedelta, default: timedelta = DAY) -> Steps:
    """The begin of each step of the span, the earliest first. Raises BadRequest."""
    since, until = parameters.span()
    since = since or parameters.instant("since")
    end = clock.parse(until or parameters.instant("until") or g.at)
    begin = clock.parse(since) if since else end - default
    begin = begin.replace(minute=0, second=0, microsecond=0)
    number = -(-(end - begin) // step)
    if number > MOST:
        raise BadRequest(f"interval: The span has more than {MOST} steps; send a longer interval.")
    return [begin + step * place for place in range(max(number, 1))]


def summed(steps: Steps, hours: Iterable[tuple[str, int]]) -> list[tuple[int, int]]:
    """(epoch, quantity) of each step, out of hours as the store names them."""
    found = Counter[int]()
    step = steps[1] - steps[0] if len(steps) > 1 else DAY * 366
    for hour, quantity in hours:
        place = (clock.parse(f"{hour[:13]}:00:00.000Z") - steps[0]) // step
        if 0 <= place < len(steps):
            found[place] += quantity
    return [(int(moment.timestamp()), found[place]) for place, moment in enumerate(steps)]


def of_check_ins(rows: Iterable[Mapping[str, Any]], steps: Steps) -> list[dict[str, Any]]:
    """As Sentry draws them: `ts`, the number of each status, and the mean duration in ms."""
    counts = {moment: Counter[str]() for moment in steps}
    for row in rows:
        moment = clock.parse(row["started_at"]).replace(minute=0, second=0, microsecond=0)
        if moment in counts:
            counts[moment][row["status"]] += 1
            counts[moment]["duration"] += round((row["duration"] or 0) * 1000)
    return [
        {"ts": int(moment.timestamp())}
        | {status: found[status] for status in CHECK_IN_STATUSES}
        | {"duration": found["duration"] // max(found["ok"], 1)}
        for moment, found in counts.items()
    ]
