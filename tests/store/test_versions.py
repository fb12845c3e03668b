"""Release names that are versions, and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jentry.store.versions import are_used, is_newer, parse

ASCENDING = [
    "shop@1.0-alpha", "shop@1.0-alpha.2", "shop@1.0-alpha.10", "shop@1.0-rc.1", "shop@1.0",
    "shop@1.0+1", "shop@1.0+2", "shop@1.0+b", "shop@1.0.1", "shop@1.2",
    "shop@1.10.0", "shop@1.10.0.1", "shop@2",
]  # fmt: skip


def test_versions_are_in_order():
    for number, one in enumerate(ASCENDING):
        for other in ASCENDING[:number]:
            assert is_newer(one, other) is True, (one, other)
            assert is_newer(other, one) is False, (one, other)


@pytest.mark.parametrize(
    "name",
    [
        "1.0",
        "shop@",
        "shop@abc",
        "shop",
        "shop@deadbeefcafe",
        "shop@123456789012",
        "@1.0",
        "a@1..2",
    ],
)
def test_names_that_are_no_versions(name):
    assert parse(name) is None
    assert is_newer(name, "shop@1.0") is None


def test_different_packages_do_not_compare():
    assert is_newer("shop@2.0", "web@1.0") is None
    assert is_newer("@acme/shop@2.0".replace("/", "-"), "@acme-shop@1.0") is True


V, N = "shop@1.0", "nightly"


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ([], False), ([V], True), ([N], False), ([V, N], True), ([N, V], False),
        ([N, N, V], True), ([N, N, N, V], False), ([N, N, V] + [N] * 6, True),
        ([V, V, V] + [N] * 7, True), ([V, V] + [N] * 8, False), ([N, N, N] + [V] * 7, False),
    ],
)  # fmt: skip
def test_whether_a_project_uses_versions(newest, expected):
    assert are_used(newest) is expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_name_is_an_error_and_only_one_of_two_is_newer(one, other):
    assert not (is_newer(one, other) and is_newer(other, one))
