"""Good items of every kind that SDKs send: what the fuzz drill damages."""

import json
import random
from functools import cache
from typing import Any

from jentry.bench.traffic import templates
from jentry.resources import resource

NOW = "2026-11-20T10:00:00.123456Z"
ATTRS = {"release": "shop@1.2.3", "environment": "production"}
CRUMBS = [{"type": "http", "category": "xhr", "timestamp": 1795168800.5, "data": {"url": "/a?b=c"}}]

# Every attribute of an event at once, most in the forms that other clients do not use.
RICH: dict[str, Any] = {
    "platform": "javascript",
    "level": "log",
    "logger": "shop.basket",
    "transaction": "/basket/:id",
    "server_name": "web-1",
    "dist": "42",
    "fingerprint": ["{{ default }}", "{{ error.type }}", "basket"],
    "logentry": {"message": "basket %s of %(who)s", "params": [7], "formatted": "basket 7"},
    "exception": [
        {
            "type": "TypeError",
            "value": "Cannot read properties of undefined (reading 'price')",
            "mechanism": {"type": "generic", "handled": False, "exception_id": 1, "parent_id": 0},
            "stacktrace": {
                "frames": [
                    {
                        "function": "e.<computed>",
                        "abs_path": "https://shop.example/static/app.3f2a91bc.js?v=1#top",
                        "lineno": 1,
                        "colno": 88213,
                        "in_app": True,
                        "vars": {"password": "secret", "rows": [1, {"token": "x"}]},
                    },
                    {"module": "shop/cart", "raw_function": "add()", "package": "cart.dylib"},
                ],
                "registers": {"rip": "0x1"},
            },
        },
        {"type": "AggregateError", "mechanism": {"type": "chained", "is_exception_group": True}},
    ],
    "threads": [{"id": 1, "name": "main", "crashed": True, "stacktrace": {"frames": [{}]}}],
    "tags": [["page", "basket"], ["empty", None]],
    "user": {
        "id": 7,
        "email": "kim@example.com",
        "ip_address": "{{auto}}",
        "geo": {"city": "Oslo"},
    },
    "request": {
        "url": "https://kim:pw@shop.example/basket?card=4111111111111111",
        "query_string": [["a", "b"], ["token", "x"]],
        "headers": [["User-Agent", "Mozilla/5.0 (X11) Firefox/143.0"], ["Cookie", "sid=1; x=2"]],
        "cookies": {"sid": "1"},
        "data": '{"password": "x"}',
        "env": {"REMOTE_ADDR": "203.0.113.9"},
    },
    "contexts": {"os": {"name": "Linux"}, "trace": {"trace_id": "a" * 32}, "order": {"id": 9}},
    "extra": {"basket": [1, 2, {"deep": {"er": True}}], "note": "x" * 300},
    "breadcrumbs": CRUMBS,
    "modules": {"react": "19.2.0"},
    "sdk": {"name": "sentry.javascript.browser", "version": "11.0.0", "packages": [{}]},
    "debug_meta": {"images": [{"type": "sourcemap", "debug_id": "b" * 32, "code_file": "a.js"}]},
    **ATTRS,
}
LEGACY = {
    "sentry.interfaces.Message": {"message": "stock of %s is low", "params": ["saddle"]},
    "sentry.interfaces.Http": {"url": "http://shop.example/", "method": "GET"},
    "sentry.interfaces.User": {"id": 1},
    "sentry.interfaces.Exception": {"values": [{"type": "Error", "value": "x"}]},
    "level": 40,
    "culprit": "shop.stock in check",
    "timestamp": "2026-11-20T10:00:00",
    "checksum": "c" * 32,
    "message": "stock",
}
NATIVE = {
    "platform": "native",
    "timestamp": 1795168800.25,
    "exception": {
        "values": [
            {
                "type": "EXC_BAD_ACCESS",
                "mechanism": {"type": "signalhandler", "synthetic": True, "meta": {"signal": {}}},
                "stacktrace": {
                    "frames": [
                        {"instruction_addr": "0x10", "package": "/usr/lib/libc.so", "function": "f"}
                    ]
                },
            }
        ]
    },
}
SESSION = {
    "sid": "75db33d1-7a8c-4c5e-9d40-1d0d5d2f7a11",
    "init": True,
    "started": NOW,
    "timestamp": NOW,
    "status": "exited",
    "errors": 1,
    "did": "42",
    "seq": 3,
    "attrs": ATTRS,
}
CSP = {
    "csp-report": {
        "document-uri": "https://shop.example/pay",
        "violated-directive": "img-src 'self'",
        "blocked-uri": "https://other.example/x.png",
        "line-number": 3,
    }
}
REPORTS = [
    {"type": "csp-violation", "url": "https://shop.example", "body": {"blockedURL": "inline"}}
]
FEEDBACK = {"message": "it hurts", "contact_email": "kim@example.com", "name": "Kim"}
OTHERS: tuple[tuple[str, Any], ...] = (
    ("session", SESSION),
    ("sessions", {"aggregates": [{"started": NOW, "exited": 3, "crashed": 1}], "attrs": ATTRS}),
    (
        "client_report",
        {"timestamp": NOW, "discarded_events": [{"reason": "a", "category": "b", "quantity": 4}]},
    ),
    ("user_report", {"event_id": "d" * 32, "name": "Kim", "email": "k@x", "comments": "Ouch"}),
    ("feedback", {"contexts": {"feedback": FEEDBACK}, **ATTRS}),
    (
        "check_in",
        {
            "check_in_id": "e" * 32,
            "monitor_slug": "nightly",
            "status": "ok",
            "duration": 1.5,
            "monitor_config": {"schedule": {"type": "crontab", "value": "0 * * * *"}},
        },
    ),
    ("transaction", {"type": "transaction", "transaction": "/x", "spans": [{}]}),
    ("log", {"items": [{"body": "hello"}]}),
    ("attachment", "text of a file\n{}\n"),
)


@cache
def events() -> tuple[str, ...]:
    """JSON texts, so that each user gets a value of its own to damage."""
    invented = [
        json.loads(template.json("f" * 32, NOW)) for template in templates(4, each=1, seed=7)
    ]
    files = sorted((resource("seed") / "envelopes").iterdir(), key=lambda file: file.name)
    shown = [json.loads(file.read_text("utf-8").splitlines()[2]) for file in files]
    return tuple(json.dumps(event) for event in (*invented, *shown, RICH, RICH, LEGACY, NATIVE))


@cache
def others() -> tuple[tuple[str, str], ...]:
    """Pairs of item type and JSON text."""
    return tuple((kind, json.dumps(body)) for kind, body in OTHERS)


@cache
def reports() -> tuple[tuple[str, str], ...]:
    """What browsers send to /security/: pairs of content type and JSON text."""
    return (
        ("application/csp-report", json.dumps(CSP)),
        ("application/reports+json", json.dumps(REPORTS)),
        ("application/json", json.dumps(CSP)),
        ("application/expect-ct-report", json.dumps({"hostname": "shop.example", "port": 443})),
    )


def event(chance: random.Random) -> Any:
    return json.loads(chance.choice(events()))
