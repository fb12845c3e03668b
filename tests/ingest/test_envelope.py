import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.errors import BadRequest
from jentry.ingest.envelope import MAX_HEADER, is_lone_event, parse
from jentry.ingest.items import require_one_event

ID = "9ec79c33ec9942ab8353589fcb2e04dc"

# As the Python SDK writes it: lengths everywhere, and a file whose lines look like items.
PYTHON = b"""\
{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","sent_at":"2026-11-23T18:12:31.194791Z"}
{"type":"event","content_type":"application/json","length":16}
{"message":"hi"}
{"type":"attachment","filename":"a.txt","length":31}

{"type":"event","length":9999}
{"type":"attachment","length":0}

"""
# As the browser SDK writes it: no lengths, and no line feed at the end.
BROWSER = """\
{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","dsn":"http://k@h/7"}
{"type":"event"}
{"message":"café"}
{"type":"session"}
{"sid":"1"}""".encode()


def items(raw: bytes) -> list[tuple[str, bytes]]:
    return [(item.type, item.payload) for item in parse(raw).items]


def test_an_envelope_with_lengths_is_cut_by_them():
    envelope = parse(PYTHON)
    assert envelope.headers == {"event_id": ID, "sent_at": "2026-11-23T18:12:31.194791Z"}
    assert [(item.type, item.headers, item.payload) for item in envelope.items] == [
        ("event", {"content_type": "application/json"}, b'{"message":"hi"}'),
        ("attachment", {"filename": "a.txt"}, b'\n{"type":"event","length":9999}'),
        ("attachment", {}, b""),
    ]


def test_of_an_items_headers_only_plain_values_that_mean_something_are_kept():
    header = b'{"type":"x","filename":[[],[]],"item_count":2,"more":"' + b"m" * 9000 + b'"}'
    (item,) = parse(b"{}\n" + header + b"\nhi").items
    assert (item.headers, item.size) == ({"item_count": 2}, 2)


@pytest.mark.parametrize(
    ("raw", "is_lone"),
    [
        (b'{}\n{"type":"event","length":2}\n{}', True),
        (b'{}\n{"type":"event","length":2}\n{}\n', True),
        (b'{}\n{"type":"event"}\n{}', True),
        (b'{}\n{"type":"event"}\n{}\n', True),
        (b'{}\n{"type":"event","length":2}\n{}\n{"type":"session"}\n{}', False),
        (b'{}\n{"type":"event"}\n{}\n{"type":"session"}\n{}', False),
        (b'{}\n{"type":"event","length":3}\n{}', False),
        (b'{}\n{"type":"event","length":true}\n{}', False),
        (b'{}\n{"type":"session","length":2}\n{}', False),
        (b'{}\n{"length":2}\n{}', False),
        (b"{}", False),
        (b"", False),
    ],
)
def test_an_envelope_of_one_event_is_seen_without_its_payload(raw, is_lone):
    assert is_lone_event(raw, len(raw)) is is_lone


def test_an_envelope_without_lengths_is_cut_by_lines():
    assert items(BROWSER) == [
        ("event", '{"message":"café"}'.encode()),
        ("session", b'{"sid":"1"}'),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"{}", [], id="only a header"),
        pytest.param(b"{}\n", [], id="a header and its line feed"),
        pytest.param(b"{}\n \r\n\t\n", [], id="nothing but blanks after the header"),
        pytest.param(b'{}\r\n{"type":"x"}\r\nhi', [("x", b"hi")], id="CR after headers"),
        pytest.param(b'{}\n\n\r\n {"type":"x"}\nhi', [("x", b"hi")], id="blanks before an item"),
        pytest.param(b'{}\n{"type":"x"}\nhi\r\n', [("x", b"hi\r")], id="CR is of the payload"),
        pytest.param(b'{}\n{"type":"x"}', [("x", b"")], id="no payload"),
        pytest.param(b'{}\n{"type":"x"}\n\n', [("x", b"")], id="an empty payload"),
        pytest.param(b'{}\n{"type":"x","length":0}', [("x", b"")], id="length 0 at the end"),
        pytest.param(b'{}\n{"type":"x","length":0}\n', [("x", b"")], id="length 0 and a line feed"),
        pytest.param(
            b'{}\n{"type":"x","length":0}\n\n{"type":"y"}\n',
            [("x", b""), ("y", b"")],
            id="length 0 and another item",
        ),
        pytest.param(b'{}\n{"type":"x","length":null}\nhi\n', [("x", b"hi")], id="length null"),
        pytest.param(b'{}\n{"type":"x","length":3}\na\nb', [("x", b"a\nb")], id="LF within"),
        pytest.param(b'{}\n{"type":"x","length":2}\n\n\n', [("x", b"\n\n")], id="only LF within"),
        pytest.param(b'{}\n{"type":"x","length":3}\n\0\xff\n\n', [("x", b"\0\xff\n")], id="binary"),
        pytest.param(b'{}\n{"type":"","new":[1]}\nhi', [("", b"hi")], id="unknown members"),
        pytest.param(b'\xef\xbb\xbf{}\n{"type":"x"}\n', [("x", b"")], id="a byte order mark"),
    ],
)
def test_lines_and_lengths(raw, expected):
    assert items(raw) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "empty request body"),
        (b"\n{}", "invalid envelope: the envelope header cannot be read: invalid JSON: "),
        (b"hello", "invalid envelope: the envelope header cannot be read: invalid JSON: "),
        (b'{"a":"\xff"}', "invalid envelope: the envelope header cannot be read: 'utf-8' codec"),
        (b"[]", "invalid envelope: the envelope header is not a JSON object"),
        (b"null\n", "invalid envelope: the envelope header is not a JSON object"),
        (b"{}\nhello", "invalid envelope: the header of item 1 cannot be read: invalid JSON: "),
        (b'{}\n"x"\n', "invalid envelope: the header of item 1 is not a JSON object"),
        (b"{}\n{}\n{}", "invalid envelope: the header of item 1 has no type"),
        (b'{}\n{"type":7}\n{}', "invalid envelope: the header of item 1 has no type"),
        (b'{}\n{"type":"x"}\n{}\n{}', "invalid envelope: the header of item 2 has no type"),
    ],
)
def test_a_bad_header_sinks_the_envelope(raw, message):
    with pytest.raises(BadRequest) as caught:
        parse(raw)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ("1", "item 1 is longer than its 1 bytes"),
        ("3", "item 1 is longer than its 3 bytes"),
        ("6", "item 1 ends before its 6 bytes"),
        ("99999999999999", "item 1 ends before its 99999999999999 bytes"),
        *(
            (length, "the length of item 1 is no number of bytes")
            for length in ("-1", "2.0", "true", '"2"', "[]", "1e2", "1" * 30)
        ),
    ],
)
def test_a_length_that_lies_sinks_the_envelope(length, message):
    with pytest.raises(BadRequest) as caught:
        parse(b'{}\n{"type":"x","length":%s}\nhi\nab' % length.encode())
    assert caught.value.message == f"invalid envelope: {message}"


def test_an_envelope_cut_anywhere_is_refused_or_lacks_its_end():
    whole = items(PYTHON)
    for end in range(len(PYTHON)):
        try:
            found = items(PYTHON[:end])
        except BadRequest:
            continue
        assert found == whole[: len(found)]


def test_a_header_line_has_a_limit():
    def envelope(size: int) -> bytes:
        filler = "x" * (size - len('{"type":"x","a":""}'))
        return b'{}\n{"type":"x","a":"%s"}\nhi' % filler.encode()

    assert items(envelope(MAX_HEADER)) == [("x", b"hi")]
    for raw in (envelope(MAX_HEADER + 1), b"{" + b" " * MAX_HEADER, b" " * 10**6 + b"\n"):
        with pytest.raises(BadRequest, match=f"is longer than {MAX_HEADER} bytes"):
            parse(raw)


def test_an_envelope_has_at_most_1000_items():
    assert len(items(b"{}\n" + b'{"type":"x"}\n\n' * 1000)) == 1000
    with pytest.raises(BadRequest, match="more than 1000 items"):
        parse(b"{}\n" + b'{"type":"x"}\n\n' * 1001)


@pytest.mark.parametrize(
    ("kinds", "events"),
    [
        (["event", "attachment", "attachment", "user_report", "session"], 1),
        (["profile", "transaction"], 1),
        (["event", "event"], 2),
        (["event", "session", "transaction"], 2),
        (["feedback", "security", "event"], 3),
    ],
)
def test_an_envelope_is_about_one_event(kinds, events):
    raw = b"{}\n" + b"".join(b'{"type":"%s"}\n{}\n' % kind.encode() for kind in kinds)
    assert [kind for kind, _ in items(raw)] == kinds
    if events == 1:
        require_one_event(parse(raw).items)
    else:
        with pytest.raises(BadRequest, match=f"{events} events, but one is allowed"):
            require_one_event(parse(raw).items)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ID, ID),
        (ID.upper(), ID),
        ("9ec79c33-ec99-42ab-8353-589fcb2e04dc", ID),
        ("9EC79C33-EC99-42AB-8353-589FCB2E04DC", ID),
        ("9ec79c33ec9942ab8353589fcb2e04d", None),
        ("9ec79c33ec9942ab8353589fcb2e04dcc", None),
        ("9ec7-9c33ec9942ab8353589fcb2e04dc", None),
        ("{9ec79c33ec9942ab8353589fcb2e04dc}", None),
        ("９ec79c33ec9942ab8353589fcb2e04dc", None),
        ("0" * 32, None),
        ("", None),
        (None, None),
        (7, None),
        (["a"], None),
    ],
)
def test_the_event_id_is_clean_or_absent(value, expected):
    assert parse(json.dumps({"event_id": value}).encode()).event_id == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-23T18:12:31.194791Z", datetime(2026, 11, 23, 18, 12, 31, 194791, UTC)),
        ("2026-11-23T18:12:31Z", datetime(2026, 11, 23, 18, 12, 31, 0, UTC)),
        ("2026-11-23T18:12:31.5Z", datetime(2026, 11, 23, 18, 12, 31, 500000, UTC)),
        ("2026-11-23T18:12:31.123456789Z", datetime(2026, 11, 23, 18, 12, 31, 123456, UTC)),
        ("2026-11-23T18:12:31.5+02:30", datetime(2026, 11, 23, 15, 42, 31, 500000, UTC)),
        ("2026-11-23T18:12:31", datetime(2026, 11, 23, 18, 12, 31, 0, UTC)),
        (" 2026-11-23 18:12:31 ", datetime(2026, 11, 23, 18, 12, 31, 0, UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-11-31T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (1764007978, None),
        (None, None),
    ],
)
def test_sent_at_is_a_time_in_utc_or_absent(value, expected):
    sent_at = parse(json.dumps({"sent_at": value}).encode()).sent_at
    assert sent_at == expected
    assert sent_at is None or sent_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [("http://k@h/7", "http://k@h/7"), ("", None), (None, None), (7, None), ({}, None)],
)
def test_the_dsn_is_a_text_or_absent(value, expected):
    assert parse(json.dumps({"dsn": value}).encode()).dsn == expected


def write(headers: dict, entries: list[tuple[str, bytes, bool]], last: bytes) -> bytes:
    lines = [json.dumps(headers).encode()]
    for kind, payload, has_length in entries:
        length = {"length": len(payload)} if has_length or b"\n" in payload else {}
        lines += [json.dumps({"type": kind} | length).encode(), payload]
    return b"\n".join(lines) + last


TEXTS = st.text('abc é\n"', max_size=5)
HEADERS = st.dictionaries(TEXTS, st.integers(-9, 9) | TEXTS, max_size=3)
LINES = st.sampled_from([b'{"type":"event"}', b'{"type":"x","length":5}', b"\n", b"\r", b"{}", b""])
PAYLOADS = st.binary(max_size=30) | st.lists(LINES, max_size=4).map(b"\n".join)
KINDS = st.sampled_from(["session", "attachment", "client_report", "unheard-of"])


@given(
    HEADERS,
    st.lists(st.tuples(KINDS, PAYLOADS, st.booleans()), max_size=5),
    st.sampled_from([b"", b"\n", b"\n\n", b"\n\r\n "]),
)
@settings(max_examples=examples(150), deadline=None)
def test_what_a_writer_wrote_is_read_back(headers, entries, last):
    if entries and not entries[-1][2] and b"\n" not in entries[-1][1]:
        last = last[:1]  # without a length, a line feed is the only end that can be told apart
    parsed = parse(write(headers, entries, last))
    assert parsed.headers == headers
    assert [(item.type, item.payload) for item in parsed.items] == [
        (kind, payload) for kind, payload, _ in entries
    ]


@given(
    st.lists(st.tuples(st.integers(0, len(PYTHON)), st.binary(max_size=4)), min_size=1, max_size=3)
)
@settings(max_examples=examples(200), deadline=None)
def test_mutated_envelopes_are_read_or_refused(mutations):
    raw = PYTHON
    for position, replacement in mutations:
        raw = raw[:position] + replacement + raw[position + 2 :]
    try:
        parsed = parse(raw)
    except BadRequest:
        return
    assert sum(len(item.payload) for item in parsed.items) <= len(raw)
    assert all(isinstance(item.type, str) for item in parsed.items)
