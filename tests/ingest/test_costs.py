"""No input costs more than its size: hostile requests against harmless ones that are as long."""

import gc
import json
import time
from contextlib import closing
from dataclasses import replace
from math import inf

import pytest
from sdk import KEY, lines

from jentry.ingest.processor import IngestRequest, Processor
from jentry.serving.asgi import COLLECT

KB = 1024
MOST = 10  # times as long as the harmless one
# Seen at 7 to 10, 30 ms for a megabyte: other work on the machine must not make these too much.
NEAR = (
    *("nothing and NUL", "variables of frames", "JSON", "options", "floats", "many traces"),
    *("addresses", "keys", "keys of objects", "keys in any script", "secrets", "unknown"),
)
MOST_OF = dict.fromkeys(NEAR, 20)
AUTH = f"Sentry sentry_key={KEY}, sentry_version=7"
INCOMING = IngestRequest("envelope", {"x-sentry-auth": AUTH}, {}, 7, "203.0.113.9")
WORDS = "the order of this customer could not be found in the table of all orders today "


def text(unit, length):
    return (unit * (length // len(unit) + 1))[:length]


def raised(**members):
    return {"values": [{"type": "E", "value": "v"} | members]}


def framed(unit, platform, count=60):
    """A stack of different frames that are named by what is repeated."""
    names = [text(f"{number}{unit}", 250) for number in range(count)]
    frames = [{"function": name, "module": name, "filename": name} for name in names]
    return {"platform": platform, "exception": raised(stacktrace={"frames": frames})}


def distinct(count, mark=""):
    """Frames of which none is like another."""
    names = [f"{mark}{number}" for number in range(count)]
    return [{"function": f"f{n}", "module": f"m{n}", "filename": f"a{n}.py"} for n in names]


def harmless(size):
    """An event like those of SDKs, with texts until it is so long."""
    frame = {"function": "total", "filename": "cart.py", "lineno": 3, "context_line": "x = y[z]"}
    frames = [frame | {"module": f"shop.cart{number % 50}"} for number in range(100)]
    crumb = {"category": "query", "message": WORDS, "data": {"table": "orders"}}
    event = {"exception": raised(stacktrace={"frames": frames}), "breadcrumbs": [crumb] * 50}
    rest = max(size - len(json.dumps(event)), 0)
    return event | {"extra": {str(n): text(WORDS, 8000) for n in range(rest // 8010)}}


EVENTS = {
    "cookies": {"request": {"cookies": " " * 8000 + text("a=%41%41;", 100_000)}},
    "headers": {"request": {"headers": [[f"a{number}", "1"] for number in range(40_000)]}},
    "one header": {"request": {"headers": [["a", "1"]] * 60_000}},
    "query string": {"request": {"query_string": "&".join(f"a{n}=1" for n in range(80_000))}},
    "escapes": {"request": {"url": "http://a/?" + text("%41", 900_000)}},
    "form": {"request": {"data": text("a=%41&", 900_000), "headers": {"Content-Type": "a/b"}}},
    "user agent": {"request": {"headers": {"User-Agent": text("Android Version/1 ", 8000)}}},
    "fingerprint": {"message": "m" * 8000, "fingerprint": ["{{message}}" * 93] * 64},
    "variables": {
        "fingerprint": ["{{function}}" * 85] * 64,
        "exception": raised(stacktrace={"frames": [{"function": "f", "in_app": False}] * 250}),
    },
    "parameters": {"message": {"message": "%s" * 4000, "params": ["x" * 4000] * 2}},
    "lists": {"message": {"message": "{a}" * 2700, "params": {"a": list(range(2000))}}},
    "widths": {"message": {"message": "%099.99d" * 1000, "params": list(range(1000))}},
    "messages": {
        "exception": [
            {"type": f"E{number}", "value": f"{number}{text(unit, 490)}"}
            for number, unit in enumerate(['"\\', "1-", "-eyJ", "is not an object (", "a.1@"] * 10)
        ]
    },
    "lines": {
        "exception": [
            {"type": "E", "value": "v", "stacktrace": {"frames": [frame]}}
            for frame in [{"function": "f", "context_line": "raise E(" + text('"\\', 220)}] * 50
        ]
    },
    "go": framed(".1", "go"),
    "ruby": framed("__1_", "ruby"),
    "java": framed("Generated$$", "java"),
    "scripts": framed("-a_1[as ", "javascript"),
    "dotnet": framed("a<a> [{", "csharp"),
    "native": framed("[clone {lambda#1", "native"),
    "depth": {"extra": [json.loads("[" * 100 + "]" * 100)] * 500},
    "numbers": {"contexts": {f"c{number}": {"a": list(range(3000))} for number in range(50)}},
    "digits": {"extra": {"a": [10**3000] * 200}},
    "nothing": {"extra": {"a": [[]] * 300_000}},
    "nothing and NUL": {"message": "\0", "extra": {"a": [[]] * 240_000}},
    "floats": {"extra": {"a": [1.7e308] * 90_000}},
    "options": {"extra": {f"a{number}": ["--pass", "-p"] * 700 for number in range(60)}},
    "options of frames": {
        "exception": raised(
            stacktrace={"frames": [{"function": "f", "vars": {"argv": ["-p"] * 400}}] * 250}
        )
    },
    "threads": {
        "threads": [
            {"id": n, "name": f"t{n}", "stacktrace": {"frames": [{"function": f"f{n}"}] * 2}}
            for n in range(8000)
        ]
    },
    "modules": {"modules": {f"m{number}": f"1.{number}" for number in range(50_000)}},
    "packages": {"sdk": {"packages": [{"name": f"p{n}", "version": "1"} for n in range(25_000)]}},
    "contexts": {"contexts": {f"c{number}": {"a": 1} for number in range(40_000)}},
    "data of breadcrumbs": {
        "breadcrumbs": [{"data": {f"k{n}_{m}": "v" for m in range(20)}} for n in range(2000)]
    },
    "unknown": {f"u{number}": 1 for number in range(60_000)},
    "tags": {"tags": list(range(100_000))},
    "frames": {"exception": raised(stacktrace={"frames": [{}] * 200_000})},
    "breadcrumbs": {"breadcrumbs": [1] * 200_000},
    "many traces": {
        "exception": {
            "values": [
                {"type": "E", "value": "v", "stacktrace": {"frames": distinct(250, f"{number}_")}}
                for number in range(50)
            ]
        }
    },
    "one trace": {"exception": raised(stacktrace={"frames": distinct(12_500)})},
    "keys": {"extra": {f"k{number}": number for number in range(60_000)}},
    "keys of objects": {
        "extra": {f"a{n}": {f"k{n}_{m}": m for m in range(1000)} for n in range(60)}
    },
    "keys in any script": {"extra": {f"ключ{number}": number for number in range(22_000)}},
    "secrets": {"extra": {str(n): f"password=a{n} token: b{n}" for n in range(20_000)}},
    "JSON": {"extra": {str(n): f'{{"password":"a{n}"}}' for n in range(20_000)}},
    "long JSON": {
        "extra": {
            str(n): json.dumps([{"password": "x", "name": f"n{m}"} for m in range(200)])
            for n in range(100)
        }
    },
    "addresses": {"extra": {str(n): f"postgres://u:p{n}@h/d" for n in range(20_000)}},
    "long addresses": {
        "extra": {
            str(n): " ".join(f"http://u{n}{m}:p@h/{n}?token=a{m}c&x=1 " for m in range(200))
            for n in range(110)
        }
    },
    "variables of frames": {
        "exception": raised(
            stacktrace={
                "frames": [
                    {"function": "f", "vars": {f"v{n}{m}": f"password=x{n}{m}" for m in range(100)}}
                    for n in range(250)
                ]
            }
        )
    },
    "images": {
        "debug_meta": {
            "images": [
                {"type": "elf", "code_file": f"/{n}.so", "image_addr": hex(n * 4096), "debug_id": n}
                for n in range(7000)
            ]
        }
    },
    "texts": {name: {"x": text("ab c", 60 * KB)} for name in ("sdk", "user", "template", "csp")},
}


@pytest.fixture
def processor(settings, project):
    with closing(Processor(settings)) as processor:
        yield processor


@pytest.fixture(autouse=True, scope="module")
def _few_objects():
    """As in a server: modules are no garbage, and not looked through for it."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def seconds(processor, body, incoming=INCOMING, times=2):
    best = []
    for _ in range(times):
        start = time.thread_time()
        processor.process(incoming, body)
        best.append(time.thread_time() - start)
    return min(best)


def enveloped(event):
    return lines({}, ("event", json.dumps(event).encode()))


def ratio(processor, event):
    """The least of both, taken in turns, for as long as it looks too much: others work too."""
    hostile = enveloped(event)
    usual = enveloped(harmless(max(len(hostile), 32 * KB)))
    least = [inf, inf]
    for _ in range(6):
        found = [seconds(processor, body, times=1) for body in (hostile, usual)]
        least = [min(pair) for pair in zip(least, found, strict=True)]
        if least[0] <= MOST * least[1] / 2:
            break
    return least[0] / least[1]


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_costs_no_more_than_its_size(processor, name):
    assert ratio(processor, EVENTS[name]) <= MOST_OF.get(name, MOST)


def test_an_event_of_the_worst_texts_everywhere_costs_no_more_than_its_size(processor):
    names = ("cookies", "messages", "parameters", "fingerprint", "texts", "user agent")
    everything = {}
    for name in names:
        for attribute, value in EVENTS[name].items():
            known = everything.get(attribute)
            both = isinstance(known, dict) and isinstance(value, dict)
            everything[attribute] = known | value if both else value
    assert ratio(processor, everything) <= MOST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("x-sentry-auth", AUTH + text(",a=", 8000), id="pairs"),
        pytest.param("authorization", "Basic " + text("QUFB", 8000), id="Basic"),
        pytest.param("content-encoding", text("identity, ", 8000), id="codings"),
        pytest.param("user-agent", text("Android Version/1 ", 8000), id="user agent"),
        pytest.param("origin", text("http://a@:[", 8000), id="origin"),
        pytest.param("cookie", text("a=b; ", 8000), id="cookie"),
    ],
)
def test_a_header_costs_no_more_than_its_size(processor, name, value):
    body = enveloped(harmless(0) | {"platform": "javascript"})
    usual = seconds(processor, body)
    headers = INCOMING.headers | {name: value}
    assert seconds(processor, body, replace(INCOMING, headers=headers)) <= MOST * usual
