"""Commits that changed a file of the crash: which paths are the same, which come first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jentry.owners import suspects


@pytest.mark.parametrize(
    ("frame", "changed", "fits"),
    [
        ("shop/cart.py", "shop/cart.py", 2),
        ("shop/cart.py", "src/shop/cart.py", 2),
        ("/srv/app/src/shop/cart.py", "src/shop/cart.py", 3),
        ("cart.py", "src/shop/cart.py", 1),
        ("src/shop/cart.py", "cart.py", 1),
        ("Shop\\Cart.cs", "src/shop/cart.cs", 2),
        ("webpack://shop/./src/cart.js?f3a1", "src/cart.js", 2),
        ("https://shop.test/static/cart.js", "static/cart.js", 2),
        ("../../packages/cart/index.js", "packages/cart/index.js", 3),
        ("shop/cart.py", "old/cart.py", 0),
        ("shop/cart.py", "workshop/cart.py", 0),
        ("cart.py", "shop/my_cart.py", 0),
        ("shop/cart.py", "shop", 0),
        ("shop/cart.py", "shop/cart.py/", 0),
    ],
)
def test_paths_are_the_same_by_whole_parts_from_their_ends(frame, changed, fits):
    assert suspects.fit(suspects.parts(frame), suspects.parts(changed)) == fits


WORDS = st.lists(st.sampled_from(["a", "b", "c.py"]), min_size=1, max_size=4).map(tuple)


@given(WORDS, WORDS)
def test_of_two_paths_that_fit_one_is_the_end_of_the_other(one, other):
    length = suspects.fit(one, other)
    assert length == suspects.fit(other, one)
    joined = "/" + "/".join(one), "/" + "/".join(other)
    assert (length > 0) == (joined[0].endswith(joined[1]) or joined[1].endswith(joined[0]))
    assert length in (0, min(len(one), len(other)))


def event(*frames, platform="python"):
    return {"platform": platform, "exception": {"values": [{"stacktrace": {"frames": [*frames]}}]}}


def commit(sha, *files):
    return {"sha": sha, "files": files}


CRASH = event(
    {"filename": "app.py", "abs_path": "/srv/shop/app.py", "in_app": True},
    {"filename": "shop/cart.py", "in_app": True},
    {"filename": "flask/app.py", "in_app": False},
)


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        ([commit("a", "shop/cart.py")], [("a", "shop/cart.py", "shop/cart.py")]),
        ([commit("a", "src/app.py"), commit("b", "src/shop/cart.py")],
         [("b", "src/shop/cart.py", "shop/cart.py"), ("a", "src/app.py", "app.py")]),
        ([commit("a", "app.py", "shop/cart.py")], [("a", "shop/cart.py", "shop/cart.py")]),
        ([commit("a", "src/shop/cart.py"), commit("b", "lib/shop/cart.py")],
         [("a", "src/shop/cart.py", "shop/cart.py"), ("b", "lib/shop/cart.py", "shop/cart.py")]),
        ([commit("a", "cart.py"), commit("b", "shop/cart.py")],
         [("b", "shop/cart.py", "shop/cart.py")]),
        ([commit("a", "tests/app.py"), commit("b", "shop/app.py")],
         [("b", "shop/app.py", "app.py")]),
        ([commit("a", "flask/app.py")], [("a", "flask/app.py", "app.py")]),
        ([commit("a", "readme.md"), commit("b")], []),
        ([commit("a", "shop/cart.py"), commit("a", "shop/cart.py")],
         [("a", "shop/cart.py", "shop/cart.py")]),
    ],
    ids=["one", "the crash first", "each once", "in their order", "the longest",
         "by the whole path", "a name alone", "none", "of two releases"],
)  # fmt: skip
def test_commits_of_the_frame_nearest_to_the_crash_come_first(commits, expected):
    found = suspects.choose(suspects.files(CRASH), commits)
    assert [(row["sha"], row["file"], row["frame"]) for row in found] == expected


def test_a_java_file_stands_in_the_folders_of_its_package():
    crash = event(
        {"filename": "Cart.java", "module": "test.acme.Cart$Line", "in_app": True}, platform="java"
    )
    changed = commit("a", "app/src/main/java/test/acme/Cart.java"), commit("b", "old/Cart.java")
    found = suspects.choose(suspects.files(crash), changed)
    assert [row["sha"] for row in found] == ["a"]


@pytest.mark.parametrize(
    "crash",
    [
        {}, event(), event({"filename": None}), event({"filename": 7, "abs_path": []}),
        event({"filename": "/"}), event({"filename": "C:\\"}), event({"filename": ".."}),
    ],
)  # fmt: skip
def test_without_a_file_nothing_is_sought(crash):
    assert suspects.files(crash) == {}
