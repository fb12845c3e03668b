"""Stacks of Java and Kotlin that ProGuard has shortened, by a mapping that it made."""

import json
import uuid

import pytest
from bundles import MAPPING, MAPPING_UUID, mapping_event

from jentry.artifacts.assembly import Order, keep
from jentry.artifacts.mapping import Mapping, bundle_name
from jentry.settings import Settings
from jentry.store.audit import Actor
from jentry.upkeep import symbolication as job
from jentry.upkeep.job import Turn, Work

pytest.importorskip("symbolic")

CALLS = [
    ("shop.Main", "main", "Main.java", 6),
    ("shop.Checkout", "total", "Checkout.java", 12),
    ("shop.Checkout", "sum", "Checkout.java", 21),
    ("shop.Cart", "price", "Cart.java", 11),
    ("shop.Cart", "priceOf", "Cart.java", 15),
    ("shop.Cart", "parsed", "Cart.java", 19),
    ("java.lang.Integer", "parseInt", "Integer.java", 786),
]


@pytest.fixture
def upload_mapping(db, settings, project):
    actor = Actor(db.execute("SELECT org_id FROM projects WHERE id = 7").fetchone()[0], None, "cli")

    def upload(content=MAPPING, name=MAPPING_UUID):
        found = uuid.UUID(name)
        order = Order(actor, bundle_name(b"x" * 20, found), (), (7,), 10**9)
        keep(settings.db, order, Mapping(found, content))

    return upload


def calls(value):
    return [
        (frame["module"], frame["function"], frame["filename"], frame["lineno"])
        for frame in value["stacktrace"]["frames"]
    ]


def test_a_shortened_stack_reads_as_its_source_inlined_calls_included(sdk, stored, upload_mapping):
    upload_mapping()
    for _ in range(2):
        sdk.event(**mapping_event())
    for payload in stored.payloads():
        cause, outer = payload["exception"]["values"]
        assert calls(cause) == CALLS
        assert (outer["type"], outer["module"]) == ("CartException", "shop")
        assert calls(outer) == [CALLS[0], ("shop.Checkout", "total", "Checkout.java", 14)]
        assert [f["function"] for f in cause["raw_stacktrace"]["frames"]] == [
            "main", "a", "parseInt",
        ]  # fmt: skip
    assert stored.one("SELECT title FROM issues")["title"] == "CartException: no total"
    assert stored.one("SELECT event_count FROM issues") == {"event_count": 2}
    assert {row["symbolication"] for row in stored.all("SELECT symbolication FROM events")} == {
        "mapped"
    }


def test_a_mapping_that_comes_late_heals(sdk, stored, upload_mapping, database):
    sdk.event(**mapping_event())
    assert stored.one("SELECT symbolication, w.name FROM events, event_wants w") == {
        "symbolication": "unmapped", "name": f"debug_id:{uuid.UUID(MAPPING_UUID).hex}",
    }  # fmt: skip
    upload_mapping()
    work = Work(Settings(db=database), Turn())
    job.run(work)
    work.close()
    cause, outer = stored.payload()["exception"]["values"]
    assert (calls(cause), outer["type"]) == (CALLS, "CartException")
    assert stored.one("SELECT title, culprit FROM issues") == {
        "title": "CartException: no total", "culprit": "shop.Checkout in total",
    }  # fmt: skip


def test_java_without_a_mapping_has_nothing_to_map(sdk, stored, upload_mapping):
    upload_mapping()
    sdk.event(**mapping_event(debug_meta={"images": []}))
    assert stored.one("SELECT symbolication FROM events") == {"symbolication": None}


@pytest.mark.parametrize(
    "frame",
    [
        {"module": "c", "function": "a", "lineno": 2**53},
        {"module": "c", "function": "a"},
        {"module": "c\u0000", "function": "\u0000a", "lineno": 1},
        {"module": "x" * 250, "function": "y" * 500, "lineno": 0},
        {"function": "a"},
    ],
)
def test_odd_frames_harm_nothing(sdk, stored, upload_mapping, frame):
    upload_mapping()
    sent = mapping_event()
    sent["exception"]["values"][0]["stacktrace"]["frames"] = [frame]
    assert sdk.event(**sent).status == 200
    json.dumps(stored.payload())


def test_a_mapping_that_is_none_maps_nothing(sdk, stored, upload_mapping):
    upload_mapping(b"a.b -> c:\n\xff\xfe garbage\n    1:2:x -> \n")
    assert sdk.event(**mapping_event()).status == 200
    assert sdk.event(**mapping_event()).status == 200
