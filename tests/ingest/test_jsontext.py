import json
import sqlite3

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.errors import BadRequest
from jentry.ingest.jsontext import dumps, loads, loads_or_none


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}, id="plain"),
        pytest.param(b'{"a":1,"a":2}', {"a": 2}, id="of duplicate keys the last wins"),
        pytest.param(b'{"a":1,"a":"\\u0000"}', {"a": "\ufffd"}, id="on the forgiving path too"),
        pytest.param(b" \r\n[1]\n\n", [1], id="blanks around"),
        pytest.param(b"\xef\xbb\xbf[1]", [1], id="a byte order mark"),
        pytest.param(
            b"[NaN, Infinity, -Infinity]", [None] * 3, id="what Python writes for no number"
        ),
        pytest.param(b"[1e999, -1e999]", [None, None], id="beyond a double"),
        pytest.param(b"[1e-999]", [0.0], id="below a double"),
        pytest.param(b'["\\ud800", "a\\udfffb"]', ["\ufffd", "a\ufffdb"], id="lone surrogates"),
        pytest.param(b'["\\ud83d\\ude00"]', ["\U0001f600"], id="a pair is a character"),
        pytest.param(b'["\\ude00\\ud83d"]', ["\ufffd\ufffd"], id="a pair the wrong way round"),
        pytest.param(b'{"\\ud800": 1}', {"\ufffd": 1}, id="a lone surrogate in a key"),
        pytest.param(b'{"a\\u0000b": "c\\u0000"}', {"a\ufffdb": "c\ufffd"}, id="NUL"),
        pytest.param(b'["\\\\u0000"]', ["\\u0000"], id="a backslash before u0000 is no NUL"),
        pytest.param(b'["\\\\ud800"]', ["\\ud800"], id="nor a surrogate"),
        pytest.param(b'["\\\\\\ud800"]', ["\\\ufffd"], id="one after an escaped backslash"),
        pytest.param(
            b'["\\uD83D\\uD83D\\uDE00\\uDE00"]',
            ["\ufffd\U0001f600\ufffd"],
            id="a pair among halves",
        ),
        pytest.param(b'["caf\xe9"]', ["caf\ufffd"], id="latin-1"),
        pytest.param(b'["caf\xc3\xa9"]', ["caf\xe9"], id="UTF-8"),
        pytest.param(b"[9223372036854775807]", [2**63 - 1], id="the largest integer"),
        pytest.param(b"[-9223372036854775808]", [-(2**63)], id="the smallest integer"),
        pytest.param(b"[9223372036854775808]", ["9223372036854775808"], id="one more"),
        pytest.param(b"[-9223372036854775809]", ["-9223372036854775809"], id="one less"),
        pytest.param(b"[1" + b"0" * 30 + b"]", ["1" + "0" * 30], id="no digit is lost"),
        pytest.param(b"[" + b"7" * 400 + b"]", ["7" * 400], id="more than a double holds"),
        pytest.param(b"[1764007978123456789]", [1764007978123456789], id="nanoseconds"),
        pytest.param(
            b'["12345678901234567890123"]', ["12345678901234567890123"], id="digits in text"
        ),
        pytest.param(b"[0." + b"3" * 5000 + b"]", [1 / 3], id="a long fraction"),
        pytest.param(b'"text"', "text", id="no container"),
    ],
)
def test_the_text_gives(raw, expected):
    value = loads(raw)
    assert (value, type(value)) == (expected, type(expected))
    assert loads(dumps(value)) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "invalid JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1', "invalid JSON: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (b"{'a': 1}", "invalid JSON: Expecting property name enclosed in double quotes"),
        (b"[1] 2", "invalid JSON: Extra data"),
        (b"[1,]", "invalid JSON: "),
        (b"[01]", "invalid JSON: "),
        (b'["a\nb"]', "invalid JSON: Invalid control character"),
        (b'["a\x00b"]', "invalid JSON: Invalid control character"),
        ('["utf-16"]'.encode("utf-16"), "invalid JSON: "),
        (b"[" + b"9" * 4301 + b"]", "invalid JSON: a number has more than 4300 digits"),
        (nested(1025), "invalid JSON: nested too deep"),
        (nested(1025, '{"\\u0000":', "}").replace(b":}", b":1}"), "invalid JSON: nested too deep"),
        (nested(100_000), "invalid JSON: nested too deep"),
        (b"[" * 500_000, "invalid JSON: nested too deep"),
    ],
)
def test_what_is_refused_says_why(raw, message):
    with pytest.raises(BadRequest) as caught:
        loads(raw)
    assert caught.value.message.startswith(message)
    assert loads_or_none(raw) is None


@pytest.mark.parametrize("raw", [nested(254), b'["\\u0000",' + nested(253) + b"]"])
def test_the_deepest_that_can_be_dumped_is_taken_and_given_back(raw):
    assert dumps(loads(raw)) == raw.replace(b"\\u0000", "\ufffd".encode())


def texts(value) -> list[str]:
    """Every key and string inside."""
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def scalars(value) -> list:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [scalar for item in items for scalar in scalars(item)]
    return [value]


ANY_TEXT = st.text(st.characters(codec=None), max_size=12)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
MUTATIONS = st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=3)), max_size=4)


@given(ANY_JSON, st.booleans(), MUTATIONS)
@settings(max_examples=examples(300), deadline=None)
def test_any_text_gives_what_can_be_stored_or_is_refused(value, ascii_only, mutations):
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for position, replacement in mutations:
        raw = raw[:position] + replacement + raw[position + len(replacement) :]
    try:
        result = loads(raw)
    except BadRequest:
        assert mutations
        return
    assert orjson.loads(dumps(result)) == result
    assert [text for text in texts(result) if "\0" in text] == []
    with sqlite3.connect(":memory:") as db:
        for scalar in [*scalars(result), *texts(result)]:
            db.execute("SELECT ?", (scalar,)).fetchone()
    db.close()


@given(st.binary(max_size=40))
@settings(max_examples=examples(100), deadline=None)
def test_random_bytes_are_read_or_refused(raw):
    value = loads_or_none(raw)
    assert loads(dumps(value)) == value
