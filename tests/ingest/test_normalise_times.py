"""When it happened, by clocks that are wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from jentry.ingest.normalise import Context, normalise
from jentry.ingest.normalise.times import drift, moment

RECEIVED = datetime(2026, 6, 29, 12, 30, tzinfo=UTC)
NOW = "2026-06-29T12:30:00.000Z"


def clean(timestamp, sent_at=None, crumb=None):
    body = {"timestamp": timestamp, "breadcrumbs": [{"timestamp": crumb}]}
    event = normalise(body, Context(received=RECEIVED, sent_at=sent_at))
    crumbs = event.get("breadcrumbs", {"values": [{}]})["values"]
    return event["timestamp"], crumbs[0].get("timestamp"), [e["type"] for e in event["errors"]]


SPELLINGS = [
    ("2026-06-29T12:00:00Z", "2026-06-29T12:00:00.000Z"),
    ("2026-06-29T12:00:00.1234567Z", "2026-06-29T12:00:00.123Z"),
    ("2026-06-29T12:00:00.9999Z", "2026-06-29T12:00:00.999Z"),
    ("2026-06-29 14:00:00+02:00", "2026-06-29T12:00:00.000Z"),
    ("2026-06-29T12:00:00", "2026-06-29T12:00:00.000Z"),
    (1782734400, "2026-06-29T12:00:00.000Z"),
    (1782734400.25, "2026-06-29T12:00:00.250Z"),
    ("1782734400.5", "2026-06-29T12:00:00.500Z"),
]


@pytest.mark.parametrize(("value", "found"), SPELLINGS)
def test_every_spelling_of_an_instant(value, found):
    assert clean(value) == (found, None, [])


@pytest.mark.parametrize(
    "value", ["yesterday", "", True, [], -1, 1e300, float("nan"), "1969-12-31T00:00:00Z", "9" * 40]
)
def test_what_is_no_instant_is_the_time_of_receipt(value):
    assert clean(value) == (NOW, None, ["invalid_timestamp"])


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+23:00", "2026-W01-1T12:30:00.123Z", 10**400]
)
def test_odd_instants_do_no_harm(value):
    assert moment(value) is None or moment(value) > datetime(1970, 1, 1, tzinfo=UTC)
    assert clean(NOW, crumb=value)[0] == NOW


def test_the_future_and_the_far_past_become_now_and_take_the_rest_along():
    assert clean("2026-06-29T12:31:00Z") == ("2026-06-29T12:31:00.000Z", None, [])
    late = clean("2026-06-29T13:30:00Z", crumb="2026-06-29T13:29:50Z")
    assert late == (NOW, "2026-06-29T12:29:50.000Z", ["future_timestamp"])
    early = clean("2026-01-01T00:00:10Z", crumb="2026-01-01T00:00:00Z")
    assert early == (NOW, "2026-06-29T12:29:50.000Z", ["past_timestamp"])
    kept = clean("2026-04-01T00:00:00Z")
    assert kept == ("2026-04-01T00:00:00.000Z", None, [])


def test_a_clock_that_is_far_off_is_corrected_everywhere():
    sent = RECEIVED - timedelta(hours=2)
    found = clean("2026-06-29T10:29:00Z", sent, crumb="2026-06-29T10:28:00Z")
    assert found == ("2026-06-29T12:29:00.000Z", "2026-06-29T12:28:00.000Z", ["clock_drift"])


def test_a_clock_that_is_a_little_off_is_believed():
    sent = RECEIVED - timedelta(minutes=54)
    assert clean("2026-06-29T11:30:00Z", sent) == ("2026-06-29T11:30:00.000Z", None, [])
    assert drift(Context(received=RECEIVED, sent_at=sent)) == timedelta(0)
    assert drift(Context(received=RECEIVED)) == timedelta(0)


def test_a_breadcrumb_that_leaves_the_calendar_is_dropped():
    sent = RECEIVED + timedelta(days=365)
    assert clean("2027-06-29T12:30:00Z", sent, crumb="1970-01-02T00:00:00Z")[1:] == (
        None,
        ["clock_drift", "invalid_timestamp"],
    )
