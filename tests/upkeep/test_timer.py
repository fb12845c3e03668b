"""When a job is due, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest

from jentry.store.upkeep import Ran
from jentry.upkeep.job import Job
from jentry.upkeep.timer import MOST_RETRY, RETRY, Timer

NOON = datetime(2026, 6, 29, 12, tzinfo=UTC)
HOURLY = Job("x", print, every=3600)
NIGHTLY = Job("x", print, daily_at="03:30")


def ran(moment):
    return Ran(last_at=moment and moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


@pytest.mark.parametrize(
    ("last", "wait"),
    [
        pytest.param(None, 0, id="never ran"),
        pytest.param(NOON - timedelta(minutes=20), 2400, id="the rest of the interval"),
        pytest.param(NOON - timedelta(days=3), 0, id="long ago"),
        pytest.param(NOON + timedelta(days=400), 3600, id="the clock was set back: one interval"),
    ],
)
def test_an_interval_goes_on_in_the_next_process(last, wait):
    timer = Timer(HOURLY, ran(last), NOON, 100.0)
    assert not wait or not timer.is_due(NOON, 100.0 + wait - 1)
    assert timer.is_due(NOON, 100.0 + wait)


@pytest.mark.parametrize("jump", [timedelta(days=-900), timedelta(0), timedelta(days=900)])
def test_an_interval_does_not_care_for_the_wall(jump):
    timer = Timer(HOURLY, ran(None), NOON, 0.0)
    timer.begin(NOON)
    timer.end(None, NOON, 50.0)
    assert not timer.is_due(NOON + jump, 3600.0)
    assert timer.is_due(NOON + jump, 3650.0)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, NOON, True),
        (None, NOON.replace(hour=3, minute=29), False),
        (NOON - timedelta(days=1), NOON.replace(hour=3, minute=30), True),
        (NOON.replace(hour=3, minute=30), NOON, False),
        pytest.param(NOON + timedelta(days=9), NOON, True, id="the clock was set back"),
        pytest.param(NOON - timedelta(days=9), NOON, True, id="what was missed is made up once"),
    ],
)
def test_once_a_day(last, now, due):
    assert Timer(NIGHTLY, ran(last), now, 0.0).is_due(now, 0.0) == due


def test_a_failure_is_tried_again_sooner_and_then_ever_later():
    timer = Timer(NIGHTLY, ran(None), NOON, 0.0)
    pauses = []
    for _ in range(30):
        timer.begin(NOON)
        pauses.append(timer.end("the disk is full", NOON, 0.0))
    assert pauses[:3] == [RETRY, 2 * RETRY, 4 * RETRY]
    assert pauses[-1] == MOST_RETRY
    assert (timer.ran.last_at, timer.ran.failures, timer.ran.error) == (
        None, 30, "the disk is full",
    )  # fmt: skip
    assert timer.is_due(NOON, MOST_RETRY)
    timer.begin(NOON)
    timer.end(None, NOON, 0.0)
    assert (timer.ran.last_at, timer.ran.failures, timer.ran.error) == (
        "2026-06-29T12:00:00.000Z", 0, None,
    )  # fmt: skip
    assert not timer.is_due(NOON, MOST_RETRY)
