"""No text makes a pattern take longer than its length: all patterns, against what is worst."""

import contextlib
import math
import re
import signal
import time

import pytest
from patterns import (
    Attacks,
    alternatives,
    made_at_run_time,
    methods,
    names_of,
    patterns,
    repeats_a_group,
)

from jentry.matching import globs

LENGTH = 1500  # characters of the first try; twice and four times as many where it is slow
SLOW = 0.0002  # seconds for them: below, no growth could be told from noise
MOST = 5  # seconds for all tries of a pattern, or of one of its choices
GROWTH = 3  # times as long for a text twice as long; a square takes four

SCANNING = ("search", "sub", "subn", "findall", "finditer", "split")

# Functions that compile what they are given, and why nothing that is foreign comes to stand in it.
RUN_TIME = {
    "jentry.matching.globs.__init__": "patterns of rules and settings, tried below",
    "jentry.ingest.scrubbing.pairs.__init__": "words of the project's settings",
    "jentry.ingest.scrubbing.hint.__init__": "the same",
    "jentry.ingest.scrubbing.names.signs_of_secrets": "the same",
    "jentry.store.erasure.person._pattern": "words that an owner wants erased, escaped",
}


class TooSlow(Exception):
    pass


@pytest.fixture(autouse=True)
def _alarm():
    def stop(*_):
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def limited(most):
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def seconds(run, text, times=3):
    """CPU time, the best of some tries."""
    best = math.inf
    for _ in range(times):
        start = time.thread_time()
        run(text)
        best = min(best, time.thread_time() - start)
    return best


def runs(pattern, used):
    """The ways in which the package applies it; all of them when that cannot be seen."""
    if used.isdisjoint({*SCANNING, "match", "fullmatch"}):
        used = {"sub", "match", "fullmatch"}
    if not used.isdisjoint(SCANNING):
        yield pattern.findall
    yield from (getattr(pattern, name) for name in used & {"match", "fullmatch"})


def worst(pattern, used=frozenset(), most=MOST):
    """A text for which the time grows faster than its length; None when there is none."""
    is_bytes = isinstance(pattern.pattern, bytes)
    for tree, part in alternatives(pattern):
        attacks = Attacks(tree, is_bytes)
        for run in runs(part, set(used)):
            try:
                with limited(most):
                    text = first_that_grows(run, attacks)
            except TooSlow:
                return "some text without end"
            if text:
                return text[:60]
    return None


def first_that_grows(run, attacks):
    texts = zip(attacks.texts(LENGTH), attacks.texts(2 * LENGTH), strict=True)
    return next((text for text, longer in texts if grows(run, text, longer)), None)


def grows(run, text, longer):
    """Whether time does, and still does at twice the length: bounded repeats end somewhere."""
    if (took := seconds(run, text, 1)) < SLOW or seconds(run, longer, 1) < GROWTH * took:
        return False  # most of them
    took, twice = seconds(run, text), seconds(run, longer)
    longest = longer[:1] + longer[1:-1] * 2 + longer[-1:]
    return twice >= GROWTH * took and seconds(run, longest) >= GROWTH * twice


@pytest.mark.exhaustive
def test_no_pattern_of_the_package_grows_faster_than_its_text():
    used = methods()
    re.purge()  # as after many other tests: equal patterns are no longer the same
    bad = {}
    for place, pattern in patterns().items():
        called = set().union(*(used.get(name, ()) for name in names_of(pattern)))
        if worst(pattern, called) and (text := worst(pattern, called)):
            bad[place] = text  # twice: other work on the machine shows in a single look
    assert bad == {}


def test_every_python_reads_the_patterns_alike():
    """Debian 12's, 3.11.2, finds something else where a group is repeated possessively: "(?:a|b)*+"
    is "(?>(?:a|b)*)" here.
    """
    assert [place for place, pattern in patterns().items() if repeats_a_group(pattern)] == []
    assert repeats_a_group(re.compile(r"(x(?:\"(?:[^\"]|\\.)*+\")?)"))
    assert not repeats_a_group(re.compile(r"x++[^y]*+(?>(?:a|b)*)"))


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s*([^=;]+?)\s*=\s*([^;]*)",
        r"Android.*?Version/([\d.]+).*Safari/",
        r"(?:\.(?:func\d+|\d+))+$",
        r"\b(?:sk-\w{20,}|eyJ[\w-]{6,}\.[\w-]+)",
        r"(?:a|aa)+$",
        r"\{l[^}]*#\d+\}",
        r"%[-#0 +]*[\d.]*[a-zA-Z]",
    ],
)
def test_a_pattern_that_does_grow_is_found(pattern):
    found = (worst(re.compile(pattern), most=0.5) for _ in range(3))  # other work hides growth
    assert any(text is not None for text in found)


@pytest.mark.parametrize("pattern", [r"\b(?:sk|eyJ)[\w-]{6}\.", r"[^=;]{1,9}=", "a+"])
def test_one_that_does_not_is_not(pattern):
    assert worst(re.compile(pattern), {"match"}, most=0.5) is None


@pytest.mark.parametrize(
    "pattern", ["*a" * 40, "*?" * 40, "*" * 80 + "b", "*a*b*c?", "a?*" * 30 + "b"]
)
def test_globs_do_not_grow(pattern):
    glob = globs.Glob(pattern)
    for letters in ("a", "ab", "abc"):
        text = letters * (LENGTH // len(letters))
        assert not grows(glob.fits, text + "!", text * 2 + "!")


def test_patterns_are_compiled_once():
    assert made_at_run_time() <= RUN_TIME.keys()
