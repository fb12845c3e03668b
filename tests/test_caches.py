"""What is remembered for strangers is bounded in bytes: all caches, found by looking."""

import functools
import sys
import threading

import pytest
from patterns import reachable

from jentry.byte_cache import LONGEST, ByteCache, bounded, size
from jentry.ingest.scrubbing import Policy
from jentry.ingest.scrubbing import caches as caches_of_texts
from jentry.ingest.scrubbing.policy import Scrubber
from jentry.store.connection import Connection

TOTAL = 24 * 1024 * 1024  # bytes of all caches together

# Caches that count entries, and why no stranger fills them.
COUNTED = {
    "jentry.api.document": "one document, for an address or two",
    "jentry.bench.fill": "the bench's own texts",
    "jentry.bench.traffic": "the bench's own texts",
    "jentry.ingest.scrubbing.policy": "policies of projects",
    "jentry.presentation.highlight": "languages and kinds of words that we know",
    "jentry.store.migrations": "a number for each schema",
    "jentry.store.payloads": "dictionaries of projects",
    "jentry.store.engines.postgres.many": "our own statements",
    "jentry.store.engines.postgres.statements": "our own statements and the columns of their rows",
    "jentry.web.assets": "one style sheet",
    "jentry.web.docs": "one page for each topic and prefix of addresses, which is a setting",
    "jentry.web.snippets": "our own texts",
    "jentry.web.api_reference": "one page for each prefix of addresses, which is a setting",
}


def test_what_is_cached_is_counted_in_bytes():
    every = [found for _, found in reachable()]
    counted = {
        found.__module__
        for found in every
        if isinstance(found, functools._lru_cache_wrapper)
        and found.__module__.startswith("jentry")
        and not isinstance(found.__wrapped__, Connection)  # sqlite3 keeps its statements in one
    }
    assert counted <= COUNTED.keys()
    caches = [found for found in every if isinstance(found, ByteCache)]
    assert len(caches) >= 10
    assert sum(cache.max_bytes for cache in caches) <= TOTAL


@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
def test_a_cache_stays_within_its_bytes(letter):
    cache = ByteCache(lambda key: key[0] + "!", 64 * 1024)
    for number in range(3000):
        key = (f"{number}{letter * (number % 300)}", letter)
        assert cache[key] == key[0] + "!"
        if number % 100 == 0:
            held = sum(size(key) + size(value) for key, value in cache.items())
            assert 0 < held <= cache.bytes <= cache.max_bytes


def test_what_all_policies_remember_of_texts_is_one_count(monkeypatch):
    monkeypatch.setattr(caches_of_texts, "MOST_BYTES", 400_000)
    every = [Scrubber(Policy(sensitive=(f"word{number}",))).texts for number in range(6)]
    for number in range(3000):
        every[number % 6].changes([f"{chr(97 + number % 26) * 80} {number * 7919:x}"])
        if number % 20 == 0:
            held = sum(sys.getsizeof(text) for texts in every for text in texts.harmless)
            assert held <= 420_000
    assert held > 100_000


def test_what_is_long_is_not_kept():
    calls = []
    cached = bounded(1024 * 1024)(lambda key: calls.append(key) or len(key))
    for key in ("short", "short", "x" * LONGEST, "x" * LONGEST):
        assert cached(key) == len(key)
    assert [len(key) for key in calls] == [5, LONGEST, LONGEST]


def test_threads_share_a_cache_without_losing_count():
    cache = ByteCache(lambda key: key * 2, 16 * 1024)

    def work(start):
        assert all(cache[number] == number * 2 for number in range(start, start + 5000))

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 10, 2000, 4000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < cache.bytes <= cache.max_bytes
