"""Does the canary's event become visible? Its job writes down how it went."""

from datetime import timedelta

from jentry import clock
from jentry.store import upkeep
from jentry.store.connection import Target

JOB = "canary"
FAILURES = 2  # in a row, 10 s apart: a server that starts again has missed only one
OLDEST = timedelta(minutes=10)


def trouble_of(path: Target) -> str:
    """In words, without paths and names; empty when all is well, or nothing is known yet."""
    ran = upkeep.read(path).get(JOB)
    if ran is None:
        return ""
    if ran.failures >= FAILURES:
        return "the canary's event does not become visible"
    if ran.done_at and clock.parse(ran.done_at) < clock.now() - OLDEST:
        return "no event of the canary has become visible for ten minutes"
    return ""
