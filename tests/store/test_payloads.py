"""What was packed is unpacked as it was, and what cannot be unpacked is named."""

import contextlib
import random
import threading

import factories
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples
from refusals import allow_orphans

from jentry.store import checks
from jentry.store.connection import transaction, watch
from jentry.store.payloads import Dictionary, pack, unpack

FRAME = 20  # bytes: codec, dictionary, header and checksum of a frame, for what does not shrink
WORDS = [f"word-{number:x}" for number in range(500)]


def trained(seed=1):
    chance = random.Random(seed)
    texts = [" ".join(chance.choices(WORDS, k=100)).encode() for _ in range(100)]
    return zstandard.train_dictionary(2048, texts, k=64, d=8, steps=1).as_bytes()


@pytest.fixture(scope="module")
def data():
    return trained()


@pytest.fixture
def dictionary(db, data):
    """Of a project of its own."""
    with transaction(db):
        project_id = factories.project(db, factories.org(db))
        number = factories.insert(
            db, "dictionaries", project_id=project_id, created_at="", events=200, data=data
        )
    return Dictionary(number, data)


@pytest.fixture(scope="module")
def remembering(data):
    """A connection that has read dictionary 7 already."""

    class Remembering:
        memo = {"dictionaries": {7: Dictionary(7, data)}}  # noqa: RUF012

    return Remembering()


@settings(max_examples=examples(50), deadline=None)
@given(
    raw=st.binary(max_size=300) | st.lists(st.sampled_from(WORDS)).map(lambda w: str(w).encode()),
    has_dictionary=st.booleans(),
)
def test_what_was_packed_is_unpacked_as_it_was(remembering, raw, has_dictionary):
    dictionary = remembering.memo["dictionaries"][7] if has_dictionary else None
    packed = pack(raw, dictionary)
    assert unpack(remembering, packed) == raw
    assert len(packed) <= len(raw) + FRAME


@pytest.mark.parametrize(
    ("raw", "has_dictionary", "head"),
    [
        pytest.param(b"", True, b"\0", id="nothing"),
        pytest.param(b"abc", True, b"\2\0\0\0\1", id="what does not shrink"),
        pytest.param(b"word-1 " * 50, False, b"\1", id="zstd"),
        pytest.param(b"word-1 " * 50, True, b"\2\0\0\0\1", id="zstd with dictionary 1"),
    ],
)
def test_the_first_bytes_say_how_to_unpack(db, dictionary, raw, has_dictionary, head):
    packed = pack(raw, dictionary if has_dictionary else None)
    assert packed.startswith(head)
    assert unpack(db, packed) == raw


def older(raw, dictionary=None):
    """As they were packed before frames had a checksum."""
    if dictionary is None:
        return b"\1" + zstandard.ZstdCompressor(level=1).compress(raw)
    compressor = zstandard.ZstdCompressor(
        level=1, dict_data=dictionary.content, write_dict_id=False, write_checksum=False
    )
    return b"\2" + dictionary.number.to_bytes(4) + compressor.compress(raw)


def test_what_was_packed_without_a_checksum_is_read_for_ever(db, dictionary):
    raw = b"word-1 " * 50
    for packed in (b"\0" + raw, older(raw), older(raw, dictionary)):
        assert unpack(db, packed) == raw


@pytest.mark.parametrize("raw", [b"abc", " ".join(WORDS).encode()], ids=len)
@pytest.mark.parametrize("has_dictionary", [False, True], ids=["plain", "dictionary"])
def test_a_changed_bit_is_noticed(remembering, raw, has_dictionary):
    """Everywhere in the frame; of the head, only what names another dictionary is known."""
    dictionary = remembering.memo["dictionaries"][7] if has_dictionary else None
    packed = pack(raw, dictionary)
    start = 5 if has_dictionary else 1
    for place in (start, start + 4, (start + len(packed)) // 2, len(packed) - 5, len(packed) - 1):
        for bit in range(8):
            changed = bytearray(packed)
            changed[place] ^= 1 << bit
            with contextlib.suppress(ValueError):
                assert unpack(remembering, bytes(changed)) == raw


def test_threads_may_share_a_dictionary(remembering):
    dictionary = remembering.memo["dictionaries"][7]
    wrong = []

    def work(seed):
        chance = random.Random(seed)
        for _ in range(200):
            raw = " ".join(chance.choices(WORDS, k=200)).encode()
            if unpack(remembering, pack(raw, dictionary)) != raw:
                wrong.append(raw)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_dictionary_is_read_once_by_a_connection_and_only_few_are_kept(db, dictionary, data):
    packed = pack(b"word-1 " * 50, dictionary)
    seen = []
    watch(db, seen.append)
    assert unpack(db, packed) == unpack(db, packed)
    watch(db, None)
    assert len(seen) == 1
    db.memo["dictionaries"] |= {number: dictionary for number in range(100, 130)}
    db.memo["dictionaries"].pop(dictionary.number)
    unpack(db, packed)
    assert list(db.memo["dictionaries"]) == [dictionary.number]


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", "unknown payload codec b''"),
        (b"\x09abc", r"unknown payload codec b'\\t'"),
        (b"\x02\0\0\0\x63abc", "payload dictionary 99 is missing"),
    ],
)
def test_what_cannot_be_unpacked_is_a_value_error(db, packed, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        unpack(db, packed)


def test_the_check_names_payloads_that_cannot_be_unpacked(db, dictionary):
    allow_orphans(db)
    packed = pack(b"word-1 " * 50, dictionary)
    rows = (b"\0{}", pack(b"a" * 99), packed, packed, packed, b"\x09{}", b"\x09[]")
    db.executemany("INSERT INTO event_payloads (id, data) VALUES (?, ?)", enumerate(rows, 1))
    assert checks.payloads(db) == [
        "event 6: unknown payload codec b'\\t'",
        "event 7: unknown payload codec b'\\t'",
    ]
    db.execute("DELETE FROM dictionaries")
    db.memo.clear()
    assert sorted(checks.payloads(db)) == [
        "event 3: payload dictionary 1 is missing",
        "event 4: payload dictionary 1 is missing",
        "event 5: payload dictionary 1 is missing",
        "event 6: unknown payload codec b'\\t'",
        "event 7: unknown payload codec b'\\t'",
    ]
