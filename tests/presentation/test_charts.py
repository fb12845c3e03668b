"""Bars over time, and what is written along them."""

import pytest

from jentry.presentation import charts

AT = "2026-06-29T12:30:00.000Z"


@pytest.mark.parametrize(
    ("period", "wanted", "step", "bars", "since"),
    [
        ("24h", 28, 1, 24, "2026-06-28T13"), ("7d", 28, 6, 28, "2026-06-22T13"),
        ("14d", 28, 12, 28, "2026-06-15T13"), ("14d", 84, 4, 84, "2026-06-15T13"),
        ("14d", 42, 8, 42, "2026-06-15T13"), ("all", 28, 24, 28, "2026-06-01T13"),
    ],
)  # fmt: skip
def test_a_span_ends_with_the_running_hour(period, wanted, step, bars, since):
    over = charts.span(period, wanted, AT)
    assert (over.step, over.bars, over.since[:13]) == (step, bars, since)
    assert int(over.place(AT)) == bars - 1


def test_hours_are_counted_in_their_bars():
    over = charts.span("24h", 24, AT)
    hours = [
        ("2026-06-29T12", 5),
        ("2026-06-28T13", 2),
        ("2026-06-28T12", 99),
        ("2026-06-29T11", 1),
    ]
    counts = charts.counted(hours, over)
    assert (counts[-1], counts[0], counts[-2], sum(counts)) == (5, 2, 1, 8)


def test_bars_are_scaled_to_the_highest_and_marked_from_a_place_on():
    found = charts.bars([0, 10, 5], 30, 13, strong_from=2.5)
    assert (found.plain, found.strong, found.total) == ("M15 12v-10", "M25 12v-5", 15)
    assert charts.bars([], 30, 13).plain == ""


def test_labels_do_not_overlap():
    over = charts.span("14d", 84, AT)
    times = ("06-29T10", "06-29T01", "06-16T00", "01-01T00")
    releases = [(f"a@{3 - n}", f"2026-{time}:00:00.000Z") for n, time in enumerate(times)]
    assert [mark.label for mark in charts.markers(releases, over)] == ["", "", "1"]
    assert [mark.label for mark in charts.ticks(over)][:3] == ["17 Jun", "19", "21"]
    day = charts.ticks(charts.span("24h", 24, AT))
    assert [mark.label for mark in day] == ["18:00", "00:00", "06:00", "12:00"]
