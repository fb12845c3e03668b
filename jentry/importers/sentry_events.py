"""An event as Sentry's API shows it -> as an SDK might have sent it: pure."""

from collections.abc import Callable, Mapping
from typing import Any

from jentry.importers.source import Line, objects

# Members that Sentry shows as tags.
NAMED = ("environment", "level", "release", "dist", "server_name", "transaction", "logger")
# Tags that follow from something else in the event, which makes them again: the first part of the
# key, and the context that has to be there.
DERIVED = {
    "browser": "browser", "os": "os", "client_os": "client_os", "device": "device",
    "runtime": "runtime",
}  # fmt: skip
IMPLIED = frozenset({"handled", "mechanism", "url", "user"})
FRAME = {
    "filename": "filename", "absPath": "abs_path", "module": "module", "package": "package",
    "function": "function", "rawFunction": "raw_function", "lineNo": "lineno", "colNo": "colno",
    "inApp": "in_app", "platform": "platform", "vars": "vars", "symbolAddr": "symbol_addr",
    "instructionAddr": "instruction_addr", "addrMode": "addr_mode",
}  # fmt: skip
# GlitchTip spells some as SDKs do.
FRAME |= {name: name for name in ("abs_path", "lineno", "colno", "in_app", "context_line")}
FRAME |= {name: name for name in ("pre_context", "post_context")}
CRUMB = ("timestamp", "type", "category", "level", "message", "data")


def event(shown: Mapping[str, Any], fingerprint: list[str] | None = None) -> Line:
    """`fingerprint` is that of its issue: lists of events do not have it."""
    found: Line = {
        "event_id": shown.get("eventID") or shown.get("id"),
        "timestamp": shown.get("dateCreated"),
        "platform": shown.get("platform"),
        "culprit": shown.get("culprit"),
        "dist": shown.get("dist"),
        "user": _user(shown.get("user")),
        "contexts": shown.get("contexts"),
        "extra": shown.get("context"),
        "modules": shown.get("packages"),
        "sdk": shown.get("sdk"),
        "fingerprint": fingerprint,
    }
    tags = _tags(shown.get("tags"))
    found |= {name: tags[name] for name in NAMED if tags.get(name)}
    contexts = shown.get("contexts")
    found["tags"] = {
        key: value
        for key, value in tags.items()
        if key not in NAMED and key not in IMPLIED and not _is_derived(key, contexts)
    }
    release = shown.get("release")
    if isinstance(release, dict) and release.get("version"):
        found["release"] = release["version"]
    for entry in objects(shown.get("entries")):
        read = ENTRIES.get(str(entry.get("type")))
        if read is not None and isinstance(entry.get("data"), dict | list):
            found |= read(entry["data"])
    if not any(name in found for name in ("exception", "logentry", "csp")):
        found["message"] = shown.get("message") or shown.get("title")
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def fingerprint(raw: Any) -> list[str] | None:
    """Of an event's raw JSON; None where it says no more than the stack does."""
    sent = raw.get("fingerprint") if isinstance(raw, dict) else None
    if not isinstance(sent, list) or sent in ([], ["{{ default }}"], ["{{default}}"]):
        return None
    return [str(part) for part in sent if isinstance(part, str | int | float)]


def _tags(shown: Any) -> dict[str, str]:
    found = {}
    for tag in objects(shown):
        key = str(tag.get("key", "")).removeprefix("sentry:")
        if key and isinstance(tag.get("value"), str):
            found[key] = tag["value"]
    return found


def _is_derived(key: str, contexts: Any) -> bool:
    context = DERIVED.get(key.partition(".")[0])
    return context is not None and isinstance(contexts, dict) and context in contexts


def _user(shown: Any) -> Line | None:
    if not isinstance(shown, dict):
        return None
    return {name: value for name, value in shown.items() if value not in (None, {}, "")}


def _exception(data: Any) -> Line:
    values = [
        {
            "type": one.get("type"),
            "value": one.get("value"),
            "module": one.get("module"),
            "thread_id": one.get("threadId"),
            "mechanism": one.get("mechanism"),
            "stacktrace": _stacktrace(one.get("stacktrace")),
        }
        for one in _values(data)
    ]
    return {"exception": {"values": [_said(one) for one in values]}} if values else {}


def _threads(data: Any) -> Line:
    values = [
        {name: one.get(name) for name in ("id", "name", "current", "crashed", "state")}
        | {"stacktrace": _stacktrace(one.get("stacktrace"))}
        for one in _values(data)
    ]
    return {"threads": {"values": [_said(one) for one in values]}} if values else {}


def _stacktrace(shown: Any) -> Line | None:
    if not isinstance(shown, dict):
        return None
    return {"frames": [_frame(one) for one in objects(shown.get("frames"))]}


def _frame(shown: Line) -> Line:
    found = {ours: shown.get(theirs) for theirs, ours in FRAME.items() if theirs in shown}
    return _said(_source(shown) | found)


def _source(shown: Line) -> Line:
    """Lines around the one that failed, from `[number, text]` of each."""
    at, lines = shown.get("lineNo") or shown.get("lineno"), shown.get("context")
    if not isinstance(lines, list):
        return {}
    pairs = [one for one in lines if isinstance(one, list) and len(one) == 2]
    before = [said for line, said in pairs if isinstance(line, int) and at and line < at]
    after = [said for line, said in pairs if isinstance(line, int) and at and line > at]
    own = next((said for line, said in pairs if line == at), None)
    return {"pre_context": before, "context_line": own, "post_context": after}


def _message(data: Any) -> Line:
    if not isinstance(data, dict):
        return {}
    return {
        "logentry": _said({name: data.get(name) for name in ("formatted", "message", "params")})
    }


def _breadcrumbs(data: Any) -> Line:
    values = [_said({name: one.get(name) for name in CRUMB}) for one in _values(data)]
    return {"breadcrumbs": {"values": values}} if values else {}


def _request(data: Any) -> Line:
    if not isinstance(data, dict):
        return {}
    found = {
        "method": data.get("method"),
        "url": data.get("url"),
        "query_string": data.get("query"),
        "fragment": data.get("fragment"),
        "data": data.get("data"),
        "headers": data.get("headers"),
        "cookies": data.get("cookies"),
        "env": data.get("env"),
    }
    return {"request": _said(found)}


ENTRIES: dict[str, Callable[[Any], Line]] = {
    "exception": _exception,
    "threads": _threads,
    "message": _message,
    "breadcrumbs": _breadcrumbs,
    "request": _request,
    "csp": lambda data: {"csp": data},
    "debugmeta": lambda data: {"debug_meta": data},
}


def _values(data: Any) -> list[Line]:
    return objects(data.get("values") if isinstance(data, dict) else data)


def _said(found: Line) -> Line:
    return {name: value for name, value in found.items() if value is not None}
