"""Damaged requests of every kind and restarts: the drills, small and large."""

import pytest

from jentry.bench.server import INTERFACES
from tests.drills import fuzz, siege, stop


def test_damaged_requests_break_nothing_and_lose_nothing(tmp_path):
    report = fuzz.drill("processor", 700, seed=11, folder=tmp_path)
    assert report.violations == []
    assert (report.envelopes, report.good) == (700, 70)
    assert report.statuses[200] > 250  # else all would end at the processor
    assert report.stored > 150


def test_the_drill_finds_what_is_lost_and_keeps_the_request(tmp_path, monkeypatch):
    monkeypatch.setattr("jentry.ingest.items.event.group", lambda event: 1 / 0)
    report = fuzz.drill("processor", 12, seed=11, folder=tmp_path)
    assert [line for line in report.violations if "good event 10" in line]
    assert (tmp_path / "fuzz-11-10.http").read_bytes().startswith(b"POST /api/")


@pytest.mark.slow
@pytest.mark.parametrize(("client", "envelopes"), [("asgi", 100_000), ("wsgi", 20_000)])
def test_a_hundred_thousand_damaged_requests_break_nothing(tmp_path, client, envelopes):
    assert fuzz.drill(client, envelopes, seed=1, folder=tmp_path).violations == []


@pytest.mark.slow
@pytest.mark.parametrize("client", INTERFACES)
def test_stops_and_reloads_under_load_lose_nothing(client):
    assert [each for each in stop.drill(5, client) if not each.is_good] == []


@pytest.mark.slow
def test_a_siege_costs_no_good_event():
    """How fast they are depends on the machine: `python -m tests.drills.siege` says so."""
    found = siege.drill(8)
    assert found.is_whole, found
    assert found.besieged.memory <= siege.PEAK_MB


def test_refusals_of_one_kind_are_counted_as_one_reason(sdk, stored):
    for body in (b'{"a"', b'{"a":1,"b"', b'{"a":[1,2],"longer"'):
        assert sdk.envelope(("event", body)).status == 400
    reason = "invalid JSON: Expecting ':' delimiter"
    assert stored.outcomes() == [("error", "invalid", reason, 3)]
