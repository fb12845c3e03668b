"""Events as clients send them, and under what name their issues stand: one a line, and why.

Most lines were written before the code was read, from what Sentry shows and what people complain
about; those that were not met were looked at one by one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from jentry import clock
from jentry.ingest.normalise import Context, normalise
from jentry.ingest.security import reports
from jentry.ingest.titles import describe

LINES = (Path(__file__).parent / "named_events.jsonl").read_text().splitlines()
EVENTS = {event.pop("id"): event for event in map(json.loads, LINES)}


def raw(told: dict[str, Any]) -> dict[str, Any]:
    if "report" not in told:
        return told["event"]
    (event,) = reports(json.dumps(told["report"]).encode(), "application/json", {}, {})
    return event


@pytest.mark.parametrize("named", EVENTS)
def test_an_issue_stands_under_the_name_that_a_programmer_expects(named: str) -> None:
    told = EVENTS[named]
    found = describe(normalise(raw(told), Context(received=clock.now())))._asdict()
    expected = {key: told[key] for key in ("type", "title", "culprit") if key in told}
    assert {key: found[key] for key in expected} == expected, told["why"]


def test_no_line_stands_for_another() -> None:
    assert len(EVENTS) == len(LINES) > 250
