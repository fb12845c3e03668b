"""What holds for every event, and how good grouping is on the labelled ones."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.ingest.grouping import group
from jentry.ingest.titles import describe
from jentry.vocabulary import EVENT_TYPES
from tests.drills.grouping import report, score

LABELLED = Path(__file__).parents[1] / "grouping"
# Two templates of Twig, Handlebars or Eta that nothing in the event names: what would part them
# parts builds more often, or is not there. Callers of one minified helper, whom Safari leaves out.
OPEN = {"third_open", "fourth_open", "eleventh_held_elixir"} | {
    f"{name}_real_browser" for name in ("twelfth_held", "twelfth_unseen", "thirteenth")
}
# Helpers that nothing tells, and lists of Flutter of which only its own frames are known.
OPEN |= {f"twelfth_held_{name}" for name in ("dart", "node", "python")}
# A formatting function's own mistake, nameless and called from three scripts.
OPEN |= {"thirteenth_made_browser"}
# Old words of Firefox, which name no property, and messages with a word of data.
OPEN |= {"thirteenth_more_browser", "thirteenth_more_ruby"}
OPEN |= {f"fourteenth_{half}_browser" for half in ("made", "more", "held")}
OPEN |= {
    "fourteenth_more_ruby",
    "fourteenth_last_go",
    "fourteenth_last_php",
    "fourteenth_last_node",
}

# Two clauses of one function of Elixir, callers that its last calls leave out, texts made of words.
OPEN |= {"thirteenth_real_elixir"}
# What compilers inlined, in one build and not in another.
OPEN |= {"thirteenth_real_dotnet"}

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *("raise E('x')", "<lambda>", "a.b", "[as x]", "lambda$x$1", "{{ type }}"),
            *("http://a/b.js", "runtime.gopanic", "f.func1", "RecursionError", "KeyError"),
            *("<a> as b<", "\\", "::", "."),
        ]
    ),
)
ODD = st.one_of(TEXT, st.none(), st.integers(), st.booleans(), st.lists(TEXT, max_size=2))
PLATFORMS = ["python", "javascript", "node", "java", "php", "ruby", "go", "csharp", "native"]
PLATFORM = st.sampled_from([*PLATFORMS, "rust", "cocoa", "other"])
FRAME = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("function", "module", "filename", "abs_path", "context_line"), TEXT),
        **dict.fromkeys(("package", "platform", "post_context"), ODD),
        "in_app": st.one_of(st.none(), st.booleans()),
        "lineno": st.integers(),
        "colno": ODD,
    },
)
TRACE = st.one_of(ODD, st.fixed_dictionaries({"frames": st.lists(FRAME, max_size=5)}))
FLAGS = st.dictionaries(st.sampled_from(["synthetic", "is_exception_group"]), st.booleans())
EXCEPTION = st.fixed_dictionaries(
    {}, optional={"type": TEXT, "value": ODD, "stacktrace": TRACE, "mechanism": FLAGS}
)
EXCEPTIONS = st.one_of(ODD, st.fixed_dictionaries({"values": st.lists(EXCEPTION, max_size=4)}))
EVENT = st.fixed_dictionaries(
    {"platform": PLATFORM},
    optional={
        "exception": EXCEPTIONS,
        "threads": EXCEPTIONS,
        "stacktrace": TRACE,
        "logentry": st.dictionaries(st.sampled_from(["message", "formatted"]), ODD),
        "type": st.sampled_from([*EVENT_TYPES, "transaction", None]),
        "fingerprint": st.lists(TEXT, max_size=2),
        "csp": ODD,
        **dict.fromkeys(("request", "tags", "transaction", "culprit", "checksum"), ODD),
    },
)


@settings(max_examples=examples(150), deadline=None)
@given(EVENT)
def test_nothing_raises_and_everything_has_its_size(event: dict[str, Any]) -> None:
    about, grouping = describe(event), group(event)
    assert about.type in EVENT_TYPES
    assert 0 < len(about.title) <= 255
    assert len(about.culprit) <= 200
    assert len(grouping.hash) == 32
    assert grouping.components["by"]


def _disturbed(value: Any, rng: random.Random) -> Any:
    """The same event from another run: keys in another order, other lines and addresses."""
    if isinstance(value, list):
        return [_disturbed(member, rng) for member in value]
    if not isinstance(value, dict):
        return value
    members = [(key, _disturbed(member, rng)) for key, member in value.items()]
    rng.shuffle(members)
    changed = dict(members)
    if "frames" in changed and isinstance(changed["frames"], list):
        frames = [frame for frame in changed["frames"] if isinstance(frame, dict)]
        by = rng.randrange(1, 5000)
        for frame in frames:
            if "lineno" in frame:  # whether there is a line does count, in Ruby
                frame["lineno"] += by
            frame["vars"] = {"self": f"<Cart object at 0x{rng.getrandbits(40):x}>"}
            frame["instruction_addr"] = f"0x{rng.getrandbits(40):x}"
    return changed


@settings(max_examples=examples(100), deadline=None)
@given(EVENT, st.randoms(use_true_random=False))
def test_key_order_lines_and_addresses_do_not_count(
    event: dict[str, Any], rng: random.Random
) -> None:
    assert group(_disturbed(event, rng)).hash == group(event).hash


def test_pairs_are_scored() -> None:
    rows = [("p", "a", 1), ("p", "a", 1), ("p", "a", 2), ("p", "b", 2), ("q", "a", 1)]
    assert score(rows) == {"precision": 1 / 2, "recall": 1 / 3, "f1": 2 / 5}


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return report(LABELLED)["methods"]


def test_labelled_events_are_put_together_well(measured: dict[str, Any]) -> None:
    """Pages in Chrome, Firefox and Safari are most of them, and the hardest."""
    by_file = measured["jentry"]["by_file"]
    assert {s for s, found in by_file.items() if found["f1"] < 0.95} == OPEN
    assert measured["jentry"]["overall"]["f1"] >= 0.97


def test_texts_alone_put_them_together_badly(measured: dict[str, Any]) -> None:
    """So the labelled events are no easy ones."""
    assert measured["type + message"]["overall"]["f1"] < 0.65
    assert measured["type + parametrised message"]["overall"]["f1"] < 0.8
