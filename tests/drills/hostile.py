"""What strangers may send instead of what is expected: values, keys, texts, bytes."""

import json
import random
from typing import Any

DEEP = 400  # containers inside one another
FEW = 3  # changes to a value at most

# Values of every type, chosen to be wrong somewhere: limits of numbers, odd Unicode, dates that
# do not exist, addresses that cannot be parsed, formats that would be expensive to expand, and
# texts that make careless regular expressions slow.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63) - 1,
    10**30, -(10**400), 0.1, -0.0, 1e308, 5e-324, 1e18, -1e18, 1e11, float("nan"), float("inf"),
    "", " ", "\n", "\0", "a\0b", "\ud800", "\udfffx\ud800", "\ufeff", "\ufffe", "\u202eabc\u2028",
    "e\u0301" * 60, "\U0001d54f" * 60, "İıſK", "0", "-1", "1e9", "null", "true", "[]", "{}",
    "{{auto}}", "{{ default }}", "{{default}}{{ tags.x }}", "[Filtered]", "<unknown>",
    "error", "csp", "transaction", "feedback", "fatal", "log", "ok", "crashed", "0" * 32, "f" * 32,
    "2026-13-45T99:99:99Z", "0000-00-00", "9999-12-31T23:59:59.999999999999-23:59", "now", "1e400",
    "2026-11-20T10:00:00+99:99", "http://[::1", "http://u:p@h:99999/%zz?a=%ff&&&=;#%", "//", "::",
    "::ffff:1.2.3.4", "999.1.1.1", "fe80::1%eth0", "https://example.com:abc/", "data:,", "blob:x",
    "%s %d %(x)s %99999999d %*d %", "{0} {a.b[0]!r:>99999999} {", "$1 \\1 \\g<0>", "__class__",
    "../../etc/passwd", "<script>alert(1)</script>", "'; DROP TABLE events; --", "4111111111111111",
    "a@b." + "c." * 400, "1" * 5000, "a" * 5000 + "!", "/" * 3000, "(" * 3000, "." * 4000,
    "@" * 2000, "0x" + "f" * 4000, "=" * 3000, "<" * 3000, "-" * 3000, "a-" * 2000, "1.1." * 1000,
    "$$Lambda$" * 300, "_1_2" * 800, " \t" * 2000, "\n\r" * 1500, "key=" * 900, "?&" * 1500,
    "http://" * 500, "::" * 2000, "a.b.c." * 800, "2026-11-20T" * 400, "%" * 3000, "é" * 3000,
    [], {}, [[]], [None], [[["a"]]], [["a"]], [["a", 1, 2]], [["a", None], [None, "b"], 3, "c"],
    {"": None}, {"\0": "\0"}, {"\ud800": 1}, {"values": None}, {"values": {}}, {"values": "x"},
    {"values": [None, 1, "x", [], {}]}, {"frames": [None, 1, {}, {"vars": [], "lineno": "x"}]},
    {"stacktrace": {"frames": {}}}, [{"stacktrace": None}, {"type": {}, "value": []}],
    {"name": {}, "id": []}, {"id": {"a": [1]}, "email": 3, "ip_address": []}, [0] * 2000,
    {"password": {"a": ["secret"]}}, {"data": {"data": {"data": {"data": {"data": 1}}}}},
)  # fmt: skip

# JSON that Python's own writer would not make.
RAW: tuple[bytes, ...] = (
    b"1e999", b"-1e999", b"1" * 4299, b"9" * 5000, b"-" + b"9" * 30, b"1." + b"3" * 2000, b"-0",
    b"1E-999", b"00", b"+1", b".5", b"0x10", b"'x'", b"tru", b"undefined", b"NaN", b"-Infinity",
    b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\x01\x1f"', b'"\\u00"', b'"\\ud83d\\u0041"', b'"\\x"',
    b",", b"", b"{", b"[", b"}", b"]", b'"', b'{"a":1,"a":[2],"a":{}}', b'{"type":"x","type":3}',
    b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"[" * 20000,
    b"[" * 250 + b"]" * 250, b'{"values":[' * 120 + b"]}" * 120, b'"' + b"x" * 70_000 + b'"',
    b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(1200)) + b"}",
    b"[" + b",".join([b'{"frames":[{}]}'] * 400) + b"]",
    b'{"frames":[' + b",".join([b'{"function":"f","lineno":1}'] * 1500) + b"]}",
)  # fmt: skip

KEYS = (
    "", "\0", "\ud800", "values", "frames", "type", "value", "message", "id", "data", "vars",
    "stacktrace", "exception", "password", "x" * 300, "a.b", "ключ", "sentry.interfaces.User",
    "tags", "contexts", "trace", "Authorization", "errors", "__proto__", "level", "mechanism",
)  # fmt: skip
BITS = (b"\n", b"\0", b"\xff", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"-", b"9", b"\r\n")
MARK = "\u2060raw"  # stands for a piece of RAW until the text is written


def damaged(value: Any, chance: random.Random) -> bytes:
    """JSON of a value after some changes inside it; the value is changed too."""
    for _ in range(chance.randint(1, FEW)):
        value = _changed(value, chance)
    written = json.dumps(value, ensure_ascii=chance.random() < 0.7).encode("utf-8", "surrogatepass")
    mark = json.dumps(MARK).encode()
    for spelling in (mark, json.dumps(MARK, ensure_ascii=False).encode()):
        while spelling in written:
            written = written.replace(spelling, chance.choice(RAW), 1)
    return damaged_bytes(written, chance, written) if chance.random() < 0.06 else written


def _changed(value: Any, chance: random.Random) -> Any:
    """One change somewhere inside: often near the top, sometimes deep."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.12:
        return _other(value, chance)
    places: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    place = chance.choice(places)
    kind = chance.random()
    if kind < 0.55:
        value[place] = _changed(value[place], chance)
    elif kind < 0.75:
        value[place] = _other(value[place], chance)
    elif kind < 0.83:
        del value[place]
    elif isinstance(value, dict):
        value[chance.choice(KEYS)] = value[place] if kind < 0.93 else any_value(chance)
    else:
        value.extend([value[place]] * chance.choice((1, 2, 50, 300)))
    return value


def _other(value: Any, chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.12:
        return chance.choice(([value], {"values": value}, {"": value}, [value, value], str(value)))
    if kind < 0.2 and isinstance(value, str):
        at = chance.randint(0, len(value))
        return value[:at] + str(any_text(chance)) + value[at:] * chance.choice((1, 1, 3))
    return any_value(chance)


def any_value(chance: random.Random) -> Any:
    if chance.random() < 0.08:
        return MARK
    value = chance.choice(VALUES)
    return json.loads(json.dumps(value)) if isinstance(value, dict | list) else value


def any_text(chance: random.Random) -> str:
    value = chance.choice(VALUES)
    return value if isinstance(value, str) else json.dumps(value)


def damaged_bytes(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A few bytes flipped, cut, doubled, put in, or taken from another text."""
    for _ in range(chance.randint(1, FEW)):
        if not data:
            return chance.choice(BITS)
        at = chance.randrange(len(data))
        end = min(len(data), at + chance.choice((1, 2, 8, 100, 5000)))
        kind = chance.randrange(7)
        if kind == 0:
            data = data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]
        elif kind == 1:
            data = data[:at]
        elif kind == 2:
            data = data[:at] + chance.choice(BITS) * chance.choice((1, 1, 7)) + data[at:]
        elif kind == 3:
            data = data[:at] + data[end:]
        elif kind == 4:
            data = data[:end] + data[at:]
        elif kind == 5:
            data = data[:at] + chance.randbytes(chance.choice((1, 4, 64))) + data[end:]
        else:
            data = data[:at] + other[chance.randint(0, len(other)) :]
    return data
