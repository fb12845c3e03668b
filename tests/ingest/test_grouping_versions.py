"""A change of the rules: what was one issue stays one."""

from typing import Any

from jentry.ingest.grouping import VERSION, former_hash, group, v1

Event = dict[str, Any]


def crash(function: str = "total") -> Event:
    frame = {"function": function, "module": "shop.cart", "filename": "shop/cart.py"}
    trace = {"frames": [frame | {"in_app": True}]}
    exception = {"type": "KeyError", "value": "'price'", "stacktrace": trace}
    return {"platform": "python", "exception": {"values": [exception]}}


def test_the_hash_before_is_asked_for_only_where_there_are_such_hashes() -> None:
    assert former_hash(crash(), None) is None
    assert former_hash(crash(), VERSION) is None
    assert former_hash(crash(), v1.VERSION) == (v1.VERSION, v1.hash_of(crash()))
    assert group(crash()).hash != v1.hash_of(crash())


def test_the_hashes_of_version_1_are_what_they_were() -> None:
    known = {
        "stack": (crash(), "4498bd32ee38ea0d"),
        "message": ({"logentry": {"formatted": "job 7 of 'x' lost"}}, "b72ae213262e760c"),
        "fingerprint": (crash() | {"fingerprint": ["a", "{{ default }}"]}, "5d4848b9cd5a2d72"),
        "fallback": ({}, "510beb1e812ee941"),
    }
    for name, (event, expected) in known.items():
        assert v1.hash_of(event).hex()[:16] == expected, name
