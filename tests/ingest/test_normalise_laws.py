"""What holds for any input: nothing raises, the second time changes nothing, all of it prints."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.ingest.normalise import Context, identity, normalise
from jentry.ingest.scrubbing import Policy, scrub

CONTEXT = Context(
    received=datetime(2026, 6, 29, 12, 30, tzinfo=UTC),
    sent_at=datetime(2026, 6, 29, 10, 0, tzinfo=UTC),
    client_ip="203.0.113.9",
)
FEW = settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
WORDS = st.sampled_from(
    ["", "a", " ", "E: v", "%s {}", "{{auto}}", "none", "1", "error", "password=x1", "\n", "[",
     "{}", "2026-06-29T12:30:00.5Z", "http://u:p@h/a?b=c#d", "a=b; c=d", "x" * 9000, "é" * 300]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12), WORDS,
    st.sampled_from([10**30, -(2**63) - 1, 1e300, 1782734400, 1782734400.5]),
)  # fmt: skip
KEY_NAMES = (
    "values type value module stacktrace frames filename abs_path lineno in_app vars "
    "pre_context context_line id email ip_address data url headers cookies query_string env "
    "method message params formatted timestamp level category trace trace_id settings "
    "infer_ip key name mechanism handled REMOTE_ADDR User-Agent password images"
)
KEYS = st.sampled_from(KEY_NAMES.split()) | st.text(max_size=4)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=14,
)  # fmt: skip
ATTRIBUTE_NAMES = (
    "event_id timestamp platform level type logger transaction server_name site release "
    "dist environment logentry message exception stacktrace threads user request contexts "
    "tags breadcrumbs extra modules fingerprint sdk debug_meta errors culprit checksum csp "
    "template sentry.interfaces.User sentry.interfaces.Http"
)
ATTRIBUTES = st.sampled_from(ATTRIBUTE_NAMES.split()) | st.text(max_size=4)
EVENTS = st.dictionaries(ATTRIBUTES, VALUES, max_size=8)


@FEW
@given(EVENTS)
def test_any_object_becomes_an_event_that_prints(raw: dict[str, Any]):
    event = normalise(raw, CONTEXT)
    assert orjson.loads(orjson.dumps(event)).keys() == event.keys()
    json.dumps(event, ensure_ascii=False).encode()
    assert identity(event) is None or identity(event).encode()


@FEW
@given(EVENTS)
def test_a_normalised_event_stays_as_it_is(raw: dict[str, Any]):
    once = normalise(raw, CONTEXT)
    again = normalise(copy.deepcopy(once), replace(CONTEXT, sent_at=None))
    assert again == once | {"errors": []}


@FEW
@given(EVENTS, st.booleans())
def test_any_event_can_be_scrubbed_and_twice_is_once(raw: dict[str, Any], keep_ip: bool):
    policy = Policy(keep_ip=keep_ip, sensitive=("e",), safe=("a", "extra.a"))
    event = normalise(raw, CONTEXT)
    scrub(event, policy)
    once = copy.deepcopy(event)
    scrub(event, policy)
    assert event == once


HOSTILE = st.recursive(
    LEAVES | st.floats() | st.text(st.characters(categories=["Cs", "Cc"]), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@FEW
@given(st.dictionaries(ATTRIBUTES, HOSTILE, max_size=6))
def test_not_even_surrogates_and_nan_make_it_raise(raw: dict[str, Any]):
    normalise(raw, CONTEXT)


def test_depth_is_no_danger():
    bomb: Any = 1
    for _ in range(900):
        bomb = [bomb]
    event = normalise({name: bomb for name in ("extra", "user", "tags", "exception")}, CONTEXT)
    event |= normalise({"extra": {"a": bomb}, "contexts": {"a": {"b": bomb}}}, CONTEXT)
    orjson.dumps(event)
