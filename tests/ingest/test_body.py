import base64
import gzip
import tracemalloc
import zlib
from collections import deque

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.errors import BadRequest, TooLarge
from jentry.ingest.body import STEP, Inflater, store_payload

TEXT = b'{"message":"caf\xc3\xa9 with a view"}\n' * 40
MIB = 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


COMPRESSED = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "deflate": zlib.compress(TEXT),
    "deflate, raw": raw_deflate(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "identity": TEXT,
}


def name(encoding: str) -> str:
    return encoding.partition(",")[0]


def inflate(encoding: str, *chunks: bytes, max_wire: int = MIB, max_raw: int = MIB) -> bytes:
    inflater = Inflater(encoding, max_wire=max_wire, max_raw=max_raw)
    for chunk in chunks:
        inflater.feed(chunk)
    return inflater.finish()


def refusal(encoding: str, *chunks: bytes, **limits: int) -> str:
    with pytest.raises((BadRequest, TooLarge)) as caught:
        inflate(encoding, *chunks, **limits)
    return f"{caught.value.status} {caught.value.message}"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        *((name(encoding), body) for encoding, body in COMPRESSED.items()),
        pytest.param("x-gzip", COMPRESSED["gzip"], id="the old name of gzip"),
        pytest.param("  GZip ", COMPRESSED["gzip"], id="case and blanks do not matter"),
        pytest.param("identity, gzip", COMPRESSED["gzip"], id="identity beside another is nothing"),
        pytest.param("", TEXT, id="an empty header, as sentry-ruby sends"),
        pytest.param("snappy", TEXT, id="an unknown name is identity"),
    ],
)
def test_every_encoding_gives_the_body(encoding, body):
    assert inflate(encoding, body) == TEXT


@pytest.mark.parametrize("encoding", [*COMPRESSED, "unheard-of"])
def test_an_empty_body_is_empty_in_every_encoding(encoding):
    assert inflate(name(encoding)) == inflate(name(encoding), b"") == b""


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_one_byte_at_a_time_gives_the_same(encoding):
    body = COMPRESSED[encoding]
    assert inflate(name(encoding), *(body[i : i + 1] for i in range(len(body)))) == TEXT


@given(st.binary(max_size=3000), st.sampled_from(list(COMPRESSED)), st.integers(1, 400))
@settings(max_examples=examples(60), deadline=None)
def test_chunking_does_not_matter(data, encoding, size):
    compress = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "deflate, raw": raw_deflate,
        "br": brotli.compress,
        "zstd": zstandard.compress,
        "identity": bytes,
    }
    body = compress[encoding](data)
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    assert inflate(name(encoding), *chunks) == inflate(name(encoding), body) == data


@pytest.mark.parametrize("encoding", [each for each in COMPRESSED if each != "identity"])
def test_a_stream_cut_anywhere_is_refused(encoding):
    body = COMPRESSED[encoding]
    for end in range(1, len(body)):
        assert refusal(name(encoding), body[:end]).startswith("400 failed to read request body: ")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", COMPRESSED["gzip"] * 3, TEXT * 3),
        ("gzip", COMPRESSED["gzip"] + bytes(700) + COMPRESSED["gzip"], TEXT * 2),
        ("gzip", COMPRESSED["gzip"] + bytes(700), TEXT),
        ("gzip", gzip.compress(b"", mtime=0) + COMPRESSED["gzip"], TEXT),
        ("zstd", COMPRESSED["zstd"] * 3, TEXT * 3),
        pytest.param(
            "zstd", b"\x50\x2a\x4d\x18\2\0\0\0hi" + COMPRESSED["zstd"], TEXT, id="skippable frame"
        ),
    ],
)
def test_streams_of_several_parts_are_read_whole(encoding, body, expected):
    size = 7
    assert inflate(encoding, body) == expected
    assert inflate(encoding, *(body[i : i + size] for i in range(0, len(body), size))) == expected


@pytest.mark.parametrize("encoding", [each for each in COMPRESSED if each != "identity"])
@pytest.mark.parametrize("garbage", [b"x", b"garbage after the end", COMPRESSED["br"]])
def test_data_after_the_end_is_refused(encoding, garbage):
    body = COMPRESSED[encoding]
    for chunks in ([body + garbage], [body, garbage]):
        assert refusal(name(encoding), *chunks).startswith("400 failed to read request body: ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("body", [TEXT, b"\x1f\x8b", b"\xff" * 300, b"\x1f\x8b\x08" + b"\xff" * 99])
def test_what_is_not_compressed_is_refused(encoding, body):
    assert refusal(encoding, body).startswith("400 failed to read request body: ")


@pytest.mark.parametrize("size", range(STEP, STEP + 300, 20))
def test_output_that_waits_when_the_input_is_used_up_is_not_lost(size):
    body = raw_deflate(bytes(size))  # without a checksum its last byte holds many zeros
    assert inflate("deflate", body, max_raw=size) == bytes(size)


def test_a_wrong_checksum_is_refused():
    body = bytearray(COMPRESSED["gzip"])
    body[-6] ^= 1
    assert refusal("gzip", bytes(body)).startswith("400 failed to read request body: ")


def test_encodings_on_top_of_others_are_refused():
    assert refusal("gzip, br", b"") == "400 the request body is compressed more than once"


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_the_limit_counts_what_comes_out(encoding):
    body = COMPRESSED[encoding]
    assert inflate(name(encoding), body, max_raw=len(TEXT)) == TEXT
    assert (
        refusal(name(encoding), body, max_raw=len(TEXT) - 1)
        == f"413 the request body holds more than {len(TEXT) - 1} bytes"
    )


@pytest.mark.parametrize("encoding", COMPRESSED)
def test_another_limit_counts_what_goes_in(encoding):
    body = COMPRESSED[encoding]
    chunks = [body[:10], body[10:]]
    assert inflate(name(encoding), *chunks, max_wire=len(body)) == TEXT
    assert (
        refusal(name(encoding), *chunks, max_wire=len(body) - 1)
        == f"413 the request body is larger than {len(body) - 1} bytes"
    )


def zeros(header: bytes) -> bytes:
    """A deflate stream of 300 MB that is never finished: one MB of zeros, repeated."""
    stream = zlib.compressobj(9, wbits=-15)
    return header + (stream.compress(bytes(MIB)) + stream.flush(zlib.Z_FULL_FLUSH)) * 300


# Its frame asks for a window of 1 MiB; a block of 4 bytes repeats a zero 128 Ki times.
ZSTD_BOMB = b"\x28\xb5\x2f\xfd\x00\x50" + (b"\x02\x00\x10" + b"\0") * 2400

BOMBS = {
    "gzip": zeros(b"\x1f\x8b\x08\0\0\0\0\0\0\xff"),
    "deflate": zeros(b"\x78\x9c"),
    "deflate, raw": zeros(b""),
    "br": brotli.compress(bytes(300 * MIB), quality=1, lgwin=24),
    "zstd": ZSTD_BOMB,
}


@pytest.mark.parametrize("encoding", BOMBS)
@pytest.mark.parametrize("chunk", [1000, 10**9], ids=["in chunks", "at once"])
def test_a_bomb_of_300_mb_leaves_memory_flat(encoding, chunk):
    bomb = BOMBS[encoding]
    inflater = Inflater(name(encoding), max_wire=len(bomb), max_raw=MIB)
    chunks = [bomb[start : start + chunk] for start in range(0, len(bomb), chunk)]
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="holds more than 1048576 bytes"):
            deque(map(inflater.feed, chunks))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


def test_a_zstd_frame_may_not_ask_for_a_huge_window():
    window_of_128_mib = b"\x28\xb5\x2f\xfd\x00\x88" + b"\x01\x00\x00"
    assert refusal("zstd", window_of_128_mib).startswith("400 failed to read request body: ")


@pytest.mark.parametrize(
    ("encoding", "part"),
    [("gzip", gzip.compress(b"", mtime=0)), ("zstd", zstandard.compress(b""))],
    ids=["gzip", "zstd"],
)
def test_endless_empty_parts_are_refused(encoding, part):
    assert inflate(encoding, part * 4096) == b""
    assert "more than 4096 parts" in refusal(encoding, part * 4097)


JSON = b'{"message": "hello"}'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(JSON, JSON, id="plain"),
        pytest.param(b" \r\n" + JSON, b" \r\n" + JSON, id="plain after blanks"),
        pytest.param(b"\xef\xbb\xbf" + JSON, b"\xef\xbb\xbf" + JSON, id="plain after a BOM"),
        pytest.param(zlib.compress(JSON), JSON, id="zlib"),
        pytest.param(zlib.compress(JSON, 1), JSON, id="zlib of another level"),
        pytest.param(gzip.compress(JSON), JSON, id="gzip"),
        pytest.param(base64.b64encode(zlib.compress(JSON)), JSON, id="base64 of zlib, as raven"),
        pytest.param(base64.b64encode(JSON), JSON, id="base64 of JSON"),
        pytest.param(base64.b64encode(gzip.compress(JSON)), JSON, id="base64 of gzip"),
        pytest.param(base64.encodebytes(zlib.compress(JSON * 9)), JSON * 9, id="in lines"),
        pytest.param(base64.b64encode(JSON).rstrip(b"="), JSON, id="without padding"),
        pytest.param(
            base64.urlsafe_b64encode(b'{"a":"\xc3\xbf\xc3\xbe?"}'),
            b'{"a":"\xc3\xbf\xc3\xbe?"}',
            id="in the alphabet of addresses",
        ),
    ],
)
def test_a_store_body_is_sniffed(body, expected):
    assert store_payload(body, 10_000) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty request body"),
        (b" \r\n", "empty request body"),
        (b"[1, 2]", "the request body is not JSON and not base64: "),
        (b"sentry_data=eJw", "the request body is not JSON and not base64: "),
        (b"abcde", "the request body is not JSON and not base64: "),
        (b"null", "the request body is not JSON, nor compressed, nor base64"),
        (base64.b64encode(base64.b64encode(JSON)), "the request body is not JSON, nor compressed"),
        (base64.b64encode(zlib.compress(JSON)[:-1]), "failed to read request body: "),
        (zlib.compress(JSON) + b"x", "failed to read request body: "),
    ],
)
def test_a_store_body_of_another_kind_is_refused(body, message):
    with pytest.raises(BadRequest) as caught:
        store_payload(body, 10_000)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "pack", [bytes, zlib.compress, lambda b: base64.b64encode(gzip.compress(b))]
)
def test_a_store_body_is_limited_by_its_json(pack):
    assert store_payload(pack(JSON), len(JSON)) == JSON
    with pytest.raises(TooLarge):
        store_payload(pack(JSON), len(JSON) - 1)


def test_a_bomb_inside_base64_is_seen():
    with pytest.raises(TooLarge):
        store_payload(base64.b64encode(BOMBS["deflate"]), MIB)


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("size", [0, 1, 20_000, 300_000])
def test_a_body_that_is_there_at_once_is_the_same_as_in_chunks(encoding, size):
    raw = bytes(range(256)) * (size // 256 + 1)
    raw = raw[:size]
    body = {
        "": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstandard.compress,
    }[encoding](raw)
    assert Inflater(encoding, max_wire=10**6, max_raw=10**6).whole(body) == raw


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(gzip.compress(b"x" * 5000)[:-3], BadRequest, id="cut off"),
        pytest.param(gzip.compress(b"x" * 5000) + b"more", BadRequest, id="something after it"),
        pytest.param(gzip.compress(b"x" * 5001), TooLarge, id="too much in it"),
        pytest.param(b"\x1f\x8bgarbage", BadRequest, id="no gzip"),
        pytest.param(gzip.compress(b"") + b"x" * 9000, TooLarge, id="too long"),
    ],
)
def test_the_quick_way_refuses_what_the_long_one_does(body, error):
    with pytest.raises(error):
        Inflater("gzip", max_wire=8000, max_raw=5000).whole(body)
    two = gzip.compress(b"a") + gzip.compress(b"b")
    assert Inflater("gzip", max_wire=8000, max_raw=5000).whole(two) == b"ab"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", lambda data: brotli.compress(data, quality=1)),
        ("zstd", zstandard.compress),
    ],
)
def test_a_body_that_is_too_large_is_not_kept(encoding, pack):
    bomb = pack(bytes(36 * MIB))
    inflater = Inflater(encoding, max_wire=MIB, max_raw=32 * MIB)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        inflater.whole(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MIB
