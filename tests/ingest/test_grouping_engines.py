"""One bug of a page as Chrome, Firefox and Safari tell it; bugs that only look like one."""

import json
from pathlib import Path
from typing import Any

import pytest

from jentry.ingest.grouping import group

Event = dict[str, Any]
Frame = dict[str, Any]

# The words of Chrome, Firefox and Safari.
WORKER = (
    "Uncaught TypeError: Cannot read properties of null (reading 'seat')",
    'TypeError: can\'t access property "seat" of null',
    "TypeError: null is not an object (evaluating 'null.seat')",
)


def script(name: str, function: str = "?") -> Frame:
    url = f"https://shop.example/assets/{name}-BxY3kQ9z.js"
    return {"filename": url, "function": function, "lineno": 1, "colno": 9000, "in_app": True}


def page(value: str, *frames: Frame, kind: str = "TypeError") -> Event:
    exception = {"type": kind, "value": value, "stacktrace": {"frames": list(frames)}}
    return {"platform": "javascript", "exception": {"values": [exception]}}


def missed(*frames: Frame) -> Event:
    return page("Cannot read properties of undefined (reading 'price')", *frames)


def said(value: str, *frames: Frame) -> Event:
    return page(value, *frames, kind="Error")


def told(value: str, platform: str = "javascript") -> Event:
    return {"platform": platform, "logentry": {"formatted": value}}


ONE = {
    "a mistake in a worker": tuple(said(words, script("work")) for words in WORKER),
    "a mistake in a worker, told as a message": tuple(map(told, WORKER)),
    "a promise that nobody caught": (
        told("Uncaught (in promise) TypeError: x.seat is not a function"),
        told("TypeError: y.seat is not a function. (In 'y.seat()', 'y.seat' is undefined)"),
    ),
    "who awaited": (
        missed(script("main", "async Object.onclick"), script("cart")),
        missed(script("main"), script("mail", "async b"), script("cart")),
        missed(script("cart")),
    ),
    "fields of a class": (
        missed(script("cart", "new t"), script("cart", "<instance_members_initializer>")),
        missed(script("cart", "t"), script("cart", "t<")),
    ),
    "fields of the class itself": (
        missed(script("cart", "<static_initializer>")),
        missed(script("cart", "t<")),
    ),
    "a message that tells, in whatever script a bundler put who raised it": (
        said("Seat 7 needs a ticket", script("main"), script("cart")),
        said("Seat 8 needs a ticket", script("main"), script("seats")),
        said("Seat 9 needs a ticket", script("seats"), script("shared")),
    ),
}
TWO = {
    "mistakes in a worker": (
        told(WORKER[0]),
        told(WORKER[0].replace("seat", "row")),
    ),
    "words of other programs": (
        told("TypeError: x.seat is not a function", "python"),
        told("x.seat is not a function", "python"),
    ),
    "words of other programs, raised": (
        said("TypeError: the seat is lost", script("cart")) | {"platform": "python"},
        said("the seat is lost", script("cart")) | {"platform": "python"},
    ),
    "callers of what awaited itself": (
        missed(script("mail"), script("cart", "async b")),
        missed(script("main"), script("cart", "async b")),
    ),
    "messages that tell": (
        said("Seat 7 needs a ticket", script("cart")),
        said("Seat 7 needs an owner", script("cart")),
    ),
    "a message with one word of its own, in two scripts": (
        said("The ticket is missing", script("cart")),
        said("The ticket is missing", script("seats")),
    ),
    "a message of grammar and ids, in two scripts": (
        said("No ticket with that id", script("cart")),
        said("No ticket with that id", script("seats")),
    ),
}

# A type, and the words of Chromium 156, Firefox 153 and WebKit 2.50 for a mistake in a page.
WORDS = [
    json.loads(line)
    for line in Path(__file__).with_name("engine_words.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("events", ONE.values(), ids=ONE)
def test_one_bug_of_a_page_is_one_issue_in_every_engine(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == 1


@pytest.mark.parametrize("events", TWO.values(), ids=TWO)
def test_bugs_of_a_page_that_look_alike_are_two(events: tuple[Event, ...]) -> None:
    assert len({group(event).hash for event in events}) == len(events)


@pytest.mark.parametrize(("kind", "words"), [(kind, said) for kind, *said in WORDS])
def test_a_mistake_is_one_in_the_words_of_every_engine(kind: str, words: list[str]) -> None:
    assert len({group(page(said, script("cart"), kind=kind)).hash for said in words}) == 1


@pytest.mark.parametrize(
    "value", ["Cart.add: out of stock", "Value is not an object", "Type errors"]
)
def test_words_of_a_program_are_not_those_of_an_engine(value: str) -> None:
    chrome = "Failed to execute 'add' on 'Cart': out of stock"
    assert group(page(value, script("cart"))).hash != group(page(chrome, script("cart"))).hash
