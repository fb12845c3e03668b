"""What each item type needs besides its handler; a new one fails here until it has all of it."""

import re
from pathlib import Path

import pytest

from jentry.ingest.items import ITEM_TYPES, ItemType
from jentry.ingest.items.client_report import KNOWN

ROOT = Path(__file__).parents[2]
SOURCES = "\n".join(
    path.read_text("utf-8")
    for folder in ("tests/ingest", "tests/drills", "tests/store")
    for path in (ROOT / folder).glob("*.py")
    if path != Path(__file__)
)


def readme_row(name):
    """What README says becomes of it; None when it says nothing."""
    text = (ROOT / "README.md").read_text("utf-8").partition("\n## What SDKs may send\n")[2]
    for names, fate in re.findall(r"^\| (`.*?) \| (.*?) \|$", text.partition("\n## ")[0], re.M):
        if f"`{name}`" in names:
            return fate
    return None


def lacks(name, item_type):
    fate = readme_row(name) or ""
    wanted = "stored" if item_type.handle else "accepted, counted, dropped"
    needs = {
        f"a row in README, What SDKs may send, that says `{wanted}`": fate.startswith(wanted),
        "a category of those that clients use (client_report.KNOWN)": item_type.category in KNOWN,
        "a test or a drill that sends one": item_type.handle is None
        or re.search(rf"[\"']{name}[\"']", SOURCES),
    }
    return [need for need, is_met in needs.items() if not is_met]


@pytest.mark.parametrize("name", ITEM_TYPES)
def test_an_item_type_lacks_nothing(name):
    assert lacks(name, ITEM_TYPES[name]) == []


def test_a_new_item_type_is_told_what_it_lacks():
    assert len(lacks("tea_break", ItemType("tea", lambda item, job: None))) == 3
    assert len(lacks("event", ItemType("error"))) == 1, "README says it is stored"


@pytest.mark.parametrize(
    "name", [name for name, found in ITEM_TYPES.items() if found.most is not None]
)
def test_json_that_is_too_large_is_counted_unread(sdk, stored, name):
    body = b'{"a":[' + b"[]," * 40_000 + b"[]]}"
    assert sdk.envelope((name, body)).status == 200
    assert stored.outcomes() == [(ITEM_TYPES[name].category, "invalid", "too_large", 1)]


@pytest.mark.parametrize("name", ITEM_TYPES)
def test_what_makes_no_sense_is_counted_by_the_category_of_its_type(sdk, stored, name):
    sdk.envelope((name, b"[]"))
    item_type = ITEM_TYPES[name]
    ((category, outcome, _, quantity),) = stored.outcomes()
    assert (category, quantity) == (item_type.category, 1)
    assert outcome == ("invalid" if item_type.handle else "filtered")
