"""Events in Sentry's shapes: pure. What an SDK sent in a form that a client would not survive is
left out, never passed on.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from jentry.sentry_api import shapes

USER = ("id", "email", "username", "ip_address", "name")
NAMED = (
    "environment", "level", "release", "transaction", "dist", "logger", "server_name",
)  # fmt: skip
CRUMB = ("type", "category", "level", "message")
NO_EVENT = "0" * 32
UNSAID = (
    "transaction", "dist", "exception", "errors", "user", "contexts", "extra", "modules", "sdk",
    "stacktrace", "logentry", "threads", "breadcrumbs", "request", "environment", "release",
)  # fmt: skip
HANDLED = ("type", "handled", "description", "help_link", "data", "meta", "synthetic")


def event(row: Mapping[str, Any], *, full: bool) -> dict[str, Any]:
    """`row` is that of `store/events`; lists have neither entries nor a release."""
    found = {
        "id": row["id"],
        "eventID": row["id"],
        "groupID": str(row["issue_id"]),
        "projectID": str(row["project_id"]),
        "title": row["message"] or "",
        "message": row["message"] or "",
        "type": row["type"],
        "platform": row["platform"],
        "culprit": row["culprit"] or _text(row["transaction"]),
        "location": None,
        "dateCreated": row["timestamp"],
        "dateReceived": row["received_at"],
        "metadata": _metadata(row),
        "dist": _text(row["dist"]),
        "errors": row["errors"] if isinstance(row["errors"], list) else [],
        "fingerprints": [],
        "tags": tags(row),
        "user": user(row["user"]),
        "contexts": _contexts(row["contexts"]),
        "context": _object(row["extra"]) or {},
        "packages": _object(row["modules"]) or {},
        "sdk": _object(row["sdk"]),
        "release": None,
        "_meta": {},
        "occurrence": None,
        "previousEventID": row.get("previous_event_id"),
        "nextEventID": row.get("next_event_id"),
        "entries": entries(row) if full else [],
    }
    if full and row["release"]:
        version = row["release"]
        found["release"] = {"version": version, "shortVersion": shapes.short(version)}
    return found


def gone(issue: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """For an issue whose events are not kept any more: clients refuse an issue without a latest
    one. Its id is of zeros, its message the reason; it has no entries.
    """
    row = dict.fromkeys(UNSAID) | {
        "id": NO_EVENT,
        "issue_id": issue["id"],
        "project_id": issue["project_id"],
        "message": issue["title"],
        "type": issue["type"],
        "level": issue["level"],
        "platform": None,
        "culprit": issue["culprit"],
        "timestamp": issue["last_seen"],
        "received_at": issue["last_seen"],
        "tags": {},
    }
    return event(row, full=True) | {"message": reason}


def tags(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Those of the SDK, and what Sentry counts as tags besides."""
    named = {name: row.get(name) for name in NAMED}
    every = {key: value for key, value in named.items() if value} | row["tags"]
    return [{"key": str(key), "value": _said(every[key])} for key in sorted(every)]


def user(sent: Any) -> dict[str, Any] | None:
    known = _object(sent)
    if not known:
        return None
    found: dict[str, Any] = {name: _plain(known.get(name)) for name in USER}
    return found | {"data": _object(known.get("data"))}


def entries(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """In the order in which Sentry has them; only what there is."""
    parts = [
        ("exception", _exceptions(row)),
        ("message", _message(row)),
        ("threads", _threads(row)),
        ("breadcrumbs", _breadcrumbs(row)),
        ("request", _request(row)),
    ]
    return [{"type": kind, "data": data} for kind, data in parts if data is not None]


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    values = _values(row["exception"])
    if not values:
        return {"title": row["message"] or ""}
    last = values[-1]
    return {"type": _text(last.get("type")), "value": _text(last.get("value"))}


def _exceptions(row: Mapping[str, Any]) -> dict[str, Any] | None:
    values = [_exception(one) for one in _values(row["exception"])]
    if not values and _object(row["stacktrace"]):
        values = [_exception({"stacktrace": row["stacktrace"], "value": row["message"]})]
    return {"values": values, "excOmitted": None, "hasSystemFrames": False} if values else None


def _exception(sent: Mapping[str, Any]) -> dict[str, Any]:
    mechanism = _object(sent.get("mechanism"))
    return {
        "type": _text(sent.get("type")),
        "value": _text(sent.get("value")),
        "module": _text(sent.get("module")),
        "threadId": sent.get("thread_id"),
        "mechanism": mechanism and {k: mechanism[k] for k in HANDLED if k in mechanism},
        "stacktrace": stacktrace(sent.get("stacktrace")),
        "rawStacktrace": None,
    }


def stacktrace(sent: Any) -> dict[str, Any] | None:
    known = _object(sent)
    if known is None:
        return None
    frames = [frame(one) for one in _objects(known.get("frames"))]
    is_mixed = any(one["inApp"] for one in frames) and not all(one["inApp"] for one in frames)
    return {"frames": frames, "framesOmitted": None, "hasSystemFrames": is_mixed}


def frame(sent: Mapping[str, Any]) -> dict[str, Any]:
    line = _number(sent.get("lineno"))
    return {
        "filename": _text(sent.get("filename")),
        "absPath": _text(sent.get("abs_path")),
        "module": _text(sent.get("module")),
        "package": _text(sent.get("package")),
        "function": _text(sent.get("function")),
        "lineNo": line,
        "colNo": _number(sent.get("colno")),
        "inApp": sent.get("in_app") is True,
        "platform": _text(sent.get("platform")),
        "vars": _object(sent.get("vars")),
        "sourceLink": None,
        "context": _source(sent, line),
    }


def _source(sent: Mapping[str, Any], line: int | None) -> list[list[Any]]:
    """`[number, text]` of each line around the one that failed."""
    if line is None or not isinstance(sent.get("context_line"), str):
        return []
    before = [text for text in _list(sent.get("pre_context")) if isinstance(text, str)]
    after = [text for text in _list(sent.get("post_context")) if isinstance(text, str)]
    lines = [*before, sent["context_line"], *after]
    return [[line - len(before) + place, text] for place, text in enumerate(lines)]


def _message(row: Mapping[str, Any]) -> dict[str, Any] | None:
    entry = _object(row["logentry"])
    text = entry and (_text(entry.get("formatted")) or _text(entry.get("message")))
    if not entry or text is None:
        return None
    params = entry.get("params")
    return {"formatted": text, "message": _text(entry.get("message")), "params": params}


def _threads(row: Mapping[str, Any]) -> dict[str, Any] | None:
    values = [
        {
            "id": one.get("id"),
            "name": _text(one.get("name")),
            "current": one.get("current") is True,
            "crashed": one.get("crashed") is True,
            "state": _text(one.get("state")),
            "stacktrace": stacktrace(one.get("stacktrace")),
            "rawStacktrace": None,
        }
        for one in _values(row["threads"])
    ]
    return {"values": values} if values else None


def _breadcrumbs(row: Mapping[str, Any]) -> dict[str, Any] | None:
    values = [
        {"timestamp": one.get("timestamp")}
        | {name: _text(one.get(name)) for name in CRUMB}
        | {"data": _object(one.get("data")), "event_id": None}
        for one in _values(row["breadcrumbs"])
    ]
    return {"values": values} if values else None


def _request(row: Mapping[str, Any]) -> dict[str, Any] | None:
    sent = _object(row["request"])
    if not sent:
        return None
    return {
        "method": _text(sent.get("method")),
        "url": _text(sent.get("url")),
        "query": _pairs(sent.get("query_string")),
        "fragment": _text(sent.get("fragment")),
        "data": sent.get("data"),
        "headers": _pairs(sent.get("headers")),
        "cookies": _pairs(sent.get("cookies")),
        "env": _object(sent.get("env")),
        "inferredContentType": _text(sent.get("inferred_content_type")),
    }


def _pairs(sent: Any) -> list[list[str]]:
    """Of an object, of a list of pairs, of a query as text."""
    if isinstance(sent, str):
        return [list(pair) for pair in parse_qsl(sent, keep_blank_values=True, max_num_fields=1000)]
    if isinstance(sent, dict):
        return [[str(key), _said(value)] for key, value in sent.items()]
    pairs = [one for one in _list(sent) if isinstance(one, list) and len(one) == 2]
    return [[_said(key), _said(value)] for key, value in pairs]


def _contexts(sent: Any) -> dict[str, Any]:
    return {
        str(name): {"type": name} | held
        for name, held in (_object(sent) or {}).items()
        if isinstance(held, dict)
    }


def _values(sent: Any) -> list[dict[str, Any]]:
    """Lists of the protocol come bare or as `{"values": […]}`."""
    return _objects(sent.get("values") if isinstance(sent, dict) else sent)


def _objects(sent: Any) -> list[dict[str, Any]]:
    return [one for one in _list(sent) if isinstance(one, dict)]


def _list(sent: Any) -> list[Any]:
    return sent if isinstance(sent, list) else []


def _object(sent: Any) -> dict[str, Any] | None:
    return sent if isinstance(sent, dict) else None


def _text(sent: Any) -> str | None:
    return sent if isinstance(sent, str) else None


def _number(sent: Any) -> int | None:
    return sent if isinstance(sent, int) and not isinstance(sent, bool) else None


def _plain(sent: Any) -> str | None:
    return None if sent is None else _said(sent)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else "" if value is None else str(value)
