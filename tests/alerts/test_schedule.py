"""When jobs are expected, through every night of summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.alerts import schedule

BERLIN = "Europe/Berlin"


def at(text):
    return datetime.fromisoformat(f"{text}:00+00:00")


def sent(value, kind="crontab", zone="UTC", **more):
    found = {"type": kind, "value": value} | ({"unit": more.pop("unit")} if "unit" in more else {})
    return {"schedule": found, "timezone": zone} | more


@pytest.mark.parametrize(
    ("value", "zone", "begin", "times"),
    [
        # 29 March 2026: 02:00 to 03:00 does not exist; a skipped time runs at once
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        # 25 October 2026: 02:00 to 03:00 comes twice; a time that comes twice runs once
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        # every hour is every real hour
        ("0 * * * *", BERLIN, "2026-10-24T22:30",
         ["2026-10-24T23:00", "2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]),
        ("0 * * * *", BERLIN, "2026-03-28T23:30", ["2026-03-29T00:00", "2026-03-29T01:00"]),
        ("@daily", "UTC", "2026-01-01T00:00", ["2026-01-02T00:00", "2026-01-03T00:00"]),
        ("0 0 L * *", "UTC", "2026-01-30T00:00", ["2026-01-31T00:00", "2026-02-28T00:00"]),
        ("0 9 * * MON-FRI", "UTC", "2026-11-20T10:00", ["2026-11-23T09:00"]),
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-08T07:00"]),
        ("30 2 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", ["2026-04-04T16:00"]),
    ],
)  # fmt: skip
def test_crontabs_follow_the_clock_as_cron_does(value, zone, begin, times):
    found = schedule.times(schedule.read(sent(value, zone=zone)), at(begin), len(times))
    assert found == [at(time) for time in times]


@pytest.mark.parametrize(
    ("value", "unit", "zone", "start", "expected"),
    [
        (10, "minute", "UTC", "2026-11-20T10:05", "2026-11-20T10:15"),
        (2, "hour", BERLIN, "2026-03-29T00:30", "2026-03-29T02:30"),
        (1, "day", BERLIN, "2026-03-28T08:00", "2026-03-29T07:00"),
        (1, "day", BERLIN, "2026-10-24T07:00", "2026-10-25T08:00"),
        (1, "week", BERLIN, "2026-10-24T07:00", "2026-10-31T08:00"),
        (1, "month", "UTC", "2026-01-31T12:00", "2026-02-28T12:00"),
        (1, "year", "UTC", "2028-02-29T12:00", "2029-02-28T12:00"),
    ],
)
def test_intervals_keep_the_time_of_day(value, unit, zone, start, expected):
    found = schedule.read(sent(value, "interval", zone, unit=unit))
    assert found.next(at(start)) == at(expected)


def test_a_job_that_starts_a_little_early_is_not_expected_again_at_once():
    nightly = schedule.read(sent("0 3 * * *"))
    early = datetime(2026, 11, 20, 2, 59, 58, tzinfo=UTC)
    assert nightly.next(early) == at("2026-11-21T03:00")
    assert nightly.next(early - timedelta(minutes=2)) == at("2026-11-20T03:00")
    each_minute = schedule.read(sent("* * * * *"))
    assert each_minute.next(datetime(2026, 11, 20, 3, 0, 40, tzinfo=UTC)) == at("2026-11-20T03:01")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (sent("0 3 * *"), "A crontab has five fields"),
        (sent("0 0 3 * * *"), "A crontab has five fields"),
        (sent("0 99 * * *"), "Bad hour"),
        (sent("0 0 30 2 *"), "This crontab cannot be read"),
        (sent("@reboot"), "A crontab has five fields"),
        (sent("0 3 * * *", zone="Mars/Base"), "There is no time zone Mars/Base."),
        (sent("0 3 * * *", zone="../../etc/passwd"), "There is no time zone"),
        (sent(0, "interval", unit="hour"), "An interval is a whole number from 1"),
        (sent(1, "interval", unit="fortnight"), "The unit must be one of"),
        (sent(True, "interval", unit="hour"), "A schedule is a crontab"),
        (sent(9000, "interval", unit="year"), "longer than a calendar"),
        ({"schedule": "0 3 * * *"}, "A schedule is an object"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_expected(config, words):
    with pytest.raises(schedule.Unreadable, match=words):
        schedule.read(config)
    found = schedule.config(config)
    assert found.schedule is None
    assert words in found.problem


def test_odd_values_fall_back_one_by_one():
    odd = {"checkin_margin": -1, "max_runtime": "x", "failure_issue_threshold": True}
    found = schedule.config(sent("0 3 * * *", **odd, recovery_threshold=3))
    assert (found.margin, found.max_runtime) == (timedelta(minutes=1), timedelta(minutes=30))
    assert (found.failure_threshold, found.recovery_threshold) == (1, 3)


fields = st.one_of(
    st.just("*"), st.integers(0, 60).map(str), st.integers(1, 40).map(lambda n: f"*/{n}")
)
moments = st.integers(1_577_836_800, 2_051_222_400).map(lambda t: datetime.fromtimestamp(t, UTC))


@given(st.tuples(*[fields] * 5).map(" ".join), st.sampled_from(["UTC", BERLIN, "Asia/Kolkata"]),
       moments)  # fmt: skip
@settings(max_examples=examples(150), deadline=None)
def test_times_of_any_crontab_rise_and_fit_it(text, zone, begin):
    try:
        found = schedule.read(sent(text, zone=zone))
    except schedule.Unreadable:
        return
    first, second, third = schedule.times(found, begin, 3)
    assert begin < first < second < third
    assert found.next(begin) in (first, second)


@given(st.integers(1, 50), st.sampled_from(schedule.UNITS), moments, st.integers(0, 10**7))
@settings(max_examples=examples(150), deadline=None)
def test_the_next_time_still_possible_is_the_first_after_a_moment(value, unit, last, seconds):
    found = schedule.interval(value, unit, ZoneInfo(BERLIN))
    moment = last + timedelta(seconds=seconds)
    following = found.after(moment, last)
    assert following > moment
    one_before = [found._step(last, n) for n in range(1, 40)]
    if following in one_before[1:]:
        assert one_before[one_before.index(following) - 1] <= moment
