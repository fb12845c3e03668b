"""A change of the rules: what was one issue stays one."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from jentry.ingest.grouping import FORMER, VERSION, former_hashes, group, v1, v8

Event = dict[str, Any]
LABELLED = Path(__file__).parents[1] / "grouping"
# Of each file of labelled events: a digest of all hashes by the rules before. A new file needs one.
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

# An event, and the beginnings of its hashes by versions 1 and 8.
KNOWN = {
    "stack": (
        crash(),
        "4498bd32ee38ea0d",
        "ea6c8c872c92d530",
    ),
    "message": (
        MESSAGE,
        "b72ae213262e760c",
        "569c3650be5a0883",
    ),
    "fingerprint": (
        crash() | {"fingerprint": ["a", "{{ default }}"]},
        "5d4848b9cd5a2d72",
        "e7f5f5f77f7c4552",
    ),
    "fallback": (
        {},
        "510beb1e812ee941",
        "9c6442b99951944a",
    ),
    "native": (
        NATIVE,
        "9725c2a34cea67b2",
        "b0c943122d674fed",
    ),
    "group": (
        GROUP,
        "8e25207fc27411c2",
        "e36392e3c1a279ed",
    ),
    "page": (
        PAGE,
        "fe12d0846a7c777d",
        "ed69ce548f3bc9a4",
    ),
}


def test_the_hashes_before_are_asked_for_as_far_back_as_there_are_such() -> None:
    former = tuple((rules.VERSION, rules.hash_of(crash())) for rules in (v8, v1))
    assert former_hashes(crash(), None) == ()
    assert former_hashes(crash(), VERSION) == ()
    assert former_hashes(crash(), 8) == former[:1]
    assert former_hashes(crash(), 2) == former[:1]
    assert former_hashes(crash(), 1) == former


def test_versions_never_compare() -> None:
    former = former_hashes(crash(), 1)
    assert [version for version, _ in former] == list(FORMER)
    assert len({group(crash()).hash, *(hashed for _, hashed in former)}) == 1 + len(FORMER)


@pytest.mark.parametrize(("event", "known"), [(e, h) for e, *h in KNOWN.values()], ids=KNOWN)
def test_the_hashes_of_older_rules_are_what_they_were(event: Event, known: list[str]) -> None:
    found = [rules.hash_of(event).hex()[:16] for rules in (v1, v8)]
    assert found == known


@pytest.mark.exhaustive
def test_the_hashes_of_all_labelled_events_are_what_they_were() -> None:
    found = {path.stem: frozen_digest(path) for path in sorted(LABELLED.glob("*.jsonl"))}
    assert found == FROZEN


def frozen_digest(path: Path) -> str:
    events = (json.loads(line)["event"] for line in path.read_text("utf-8").splitlines())
    found = [(rules.VERSION, rules.hash_of(e)) for e in events for rules in (v1, v8)]
    return sha256(repr(found).encode()).hexdigest()[:16]
