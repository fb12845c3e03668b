"""Patterns of the inbound filters."""

import pytest

from jentry.ingest.filters import matching_rule
from jentry.store.project_settings import Filters


def matches(pattern, text):
    event = {"release": text, "contexts": {}}
    return matching_rule(event, Filters(releases=(pattern,)), None) == "releases"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("shop@1", "shop@1", True),
        ("SHOP@1", "shop@1", True),
        ("shop@1", "shop@1.0", False),
        ("shop@1", "my-shop@1", False),
        ("shop@*", "shop@", True),
        ("*@1", "shop@1", True),
        ("*@1", "shop@1@2", False),
        ("*@1", "shop@1@1", True),
        ("*", "x\ny", True),
        ("**", "x", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*bc*c", "abc", False),
        ("a*b", "ab-b-", False),
        ("*b?d*", "abbcd", True),
        ("?", "x", True),
        ("?", "xy", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("(a|b)+", "(a|b)+", True),
        ("größe*", "GRÖSSE-1", False),
        ("größe*", "GRÖßE-1", True),
    ],
)
def test_a_pattern_has_two_special_characters(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["*a" * 150 + "b", "*a*" * 100 + "b", "*?a" * 100 + "b"])
def test_no_pattern_takes_for_ever(pattern):
    assert not matches(pattern, "a" * 200)
    assert matches(f"{pattern}*", "a" * 200 + "b")
