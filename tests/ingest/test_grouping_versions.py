"""A change of the rules: what was one issue stays one."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from jentry.ingest.grouping import FORMER, VERSION, former_hashes, group, v1, v2, v3, v4, v5, v6, v7

Event = dict[str, Any]
LABELLED = Path(__file__).parents[1] / "grouping"
# Of each file of labelled events: a digest of all hashes of versions 1 to 7. A new file needs one.
FROZEN = json.loads(Path(__file__).with_name("frozen_hashes.json").read_text())


def raised(platform: str, *exceptions: dict[str, Any]) -> Event:
    return {"platform": platform, "exception": {"values": list(exceptions)}}


def crash(function: str = "total") -> Event:
    frame = {"function": function, "module": "shop.cart", "filename": "shop/cart.py"}
    trace = {"frames": [frame | {"in_app": True}]}
    return raised("python", {"type": "KeyError", "value": "'price'", "stacktrace": trace})


NATIVE = raised(
    "native",
    {
        "type": "SIGSEGV",
        "value": "x",
        "stacktrace": {"frames": [{"instruction_addr": "0x1010", "package": "/opt/p"}]},
    },
) | {
    "debug_meta": {"images": [{"image_addr": "0x1000", "image_size": 4096, "code_file": "/opt/p"}]}
}
LEAF = {"exception_id": 1, "parent_id": 0, "source": "exceptions[0]"}
CARRIER = {"exception_id": 0, "is_exception_group": True}
GROUP = raised(
    "python",
    {"type": "TimeoutError", "value": "after 3 s", "mechanism": LEAF},
    {"type": "ExceptionGroup", "value": "x", "mechanism": CARRIER},
)
PAGE = raised(
    "javascript",
    {
        "type": "TypeError",
        "value": "e is not iterable",
        "stacktrace": {
            "frames": [
                {
                    "function": "total",
                    "filename": "https://a.example/cart-BxY3kQ9z.js",
                    "lineno": 1,
                    "colno": 900,
                }
            ]
        },
    },
)
MESSAGE = {"logentry": {"formatted": "job 7 of 'x' lost"}}

# An event, and the beginnings of its hashes by versions 1 to 7.
KNOWN = {
    "stack": (
        crash(),
        "4498bd32ee38ea0d",
        "17556eff1cd9fd28",
        "18345521fea7a301",
        "4f874d46b91bd07e",
        "52b68df538b23736",
        "36954bb18bf8f8f1",
        "ecb8e3d5738ddfb6",
    ),
    "message": (
        MESSAGE,
        "b72ae213262e760c",
        "256028986807eb11",
        "a187fb725aec118b",
        "03bc9027c4e338c0",
        "22f56ab5fc023f91",
        "10ba1f7f520a1184",
        "684f95d7a69d9f4b",
    ),
    "fingerprint": (
        crash() | {"fingerprint": ["a", "{{ default }}"]},
        "5d4848b9cd5a2d72",
        "1b17f206efe852b6",
        "d50e2e39a2cf9fc6",
        "d3efec88d8011cc7",
        "24fa9c79fae4555e",
        "acdf2f7a5b28b358",
        "b7edde1b4a03d611",
    ),
    "fallback": (
        {},
        "510beb1e812ee941",
        "fb4a3584999c7299",
        "12a3b1159cbc9b28",
        "e8bb8528ef861414",
        "03f6d51ded8e2063",
        "968796666fdeb8ce",
        "48d84c0983cb0d9e",
    ),
    "native": (
        NATIVE,
        "9725c2a34cea67b2",
        "ab677e355afb5633",
        "98785e81dede7afc",
        "c18c9e615ec4f3c2",
        "25705ce2f9219ac0",
        "0f8593ebebf98ba8",
        "390d1f8c5fa56c06",
    ),
    "group": (
        GROUP,
        "8e25207fc27411c2",
        "1dd23a3f9ec03753",
        "e4ee173bd93d2dee",
        "a3876a3c19c1398c",
        "c7f9e13cd6b3bc07",
        "95337c0a3aa0ed4d",
        "51d5a52f56cd3020",
    ),
    "page": (
        PAGE,
        "fe12d0846a7c777d",
        "8dc3cc066e843d47",
        "1e06741f6fe70821",
        "4f1de5297c1c340d",
        "36e6682b062ebcfa",
        "a767a136432fff0c",
        "8195eeb612b08a5e",
    ),
}


def test_the_hashes_before_are_asked_for_as_far_back_as_there_are_such() -> None:
    former = [(rules.VERSION, rules.hash_of(crash())) for rules in (v7, v6, v5, v4, v3, v2, v1)]
    assert former_hashes(crash(), None) == ()
    assert former_hashes(crash(), VERSION) == ()
    assert former_hashes(crash(), 7) == tuple(former[:1])
    assert former_hashes(crash(), 6) == tuple(former[:2])
    assert former_hashes(crash(), 5) == tuple(former[:3])
    assert former_hashes(crash(), 4) == tuple(former[:4])
    assert former_hashes(crash(), 3) == tuple(former[:5])
    assert former_hashes(crash(), 2) == tuple(former[:6])
    assert former_hashes(crash(), 1) == tuple(former)


def test_versions_never_compare() -> None:
    former = former_hashes(crash(), 1)
    assert [version for version, _ in former] == list(FORMER) == list(range(VERSION - 1, 0, -1))
    assert len({group(crash()).hash, *(hashed for _, hashed in former)}) == VERSION


@pytest.mark.parametrize(("event", "known"), [(e, h) for e, *h in KNOWN.values()], ids=KNOWN)
def test_the_hashes_of_older_rules_are_what_they_were(event: Event, known: list[str]) -> None:
    found = [rules.hash_of(event).hex()[:16] for rules in (v1, v2, v3, v4, v5, v6, v7)]
    assert found == known


@pytest.mark.exhaustive
def test_the_hashes_of_all_labelled_events_are_what_they_were() -> None:
    found = {path.stem: frozen_digest(path) for path in sorted(LABELLED.glob("*.jsonl"))}
    assert found == FROZEN


def frozen_digest(path: Path) -> str:
    events = (json.loads(line)["event"] for line in path.read_text("utf-8").splitlines())
    found = [
        (rules.VERSION, rules.hash_of(e)) for e in events for rules in (v1, v2, v3, v4, v5, v6, v7)
    ]
    return sha256(repr(found).encode()).hexdigest()[:16]
