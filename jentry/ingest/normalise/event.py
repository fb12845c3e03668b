"""Any JSON object -> an event in canonical form. README: Event attributes."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from jentry.errors import BadRequest
from jentry.ingest.normalise import exceptions, names, trimming
from jentry.ingest.normalise.breadcrumbs import breadcrumbs
from jentry.ingest.normalise.context import Context
from jentry.ingest.normalise.contexts import add_user_agent, contexts
from jentry.ingest.normalise.event_errors import INVALID, UNKNOWN, EventErrors
from jentry.ingest.normalise.extra import extra, modules
from jentry.ingest.normalise.frames import stacktrace
from jentry.ingest.normalise.levels import level
from jentry.ingest.normalise.message import logentry
from jentry.ingest.normalise.request import request
from jentry.ingest.normalise.tags import tag, tags
from jentry.ingest.normalise.text import text
from jentry.ingest.normalise.times import settle
from jentry.ingest.normalise.user import user

Event = dict[str, Any]

LEGACY = {
    "sentry.interfaces.Exception": "exception",
    "sentry.interfaces.Stacktrace": "stacktrace",
    "sentry.interfaces.Http": "request",
    "sentry.interfaces.User": "user",
    "sentry.interfaces.Message": "logentry",
    "sentry.interfaces.Breadcrumbs": "breadcrumbs",
    "sentry.interfaces.Contexts": "contexts",
    "sentry.interfaces.Template": "template",
}
REPORTS = ("csp", "hpkp", "expectct", "expectstaple", "nel")  # type of the event, and its body
NO_ISSUES = ("transaction", "feedback")  # types the client has to name: their bodies look alike

Handler = Callable[[Any, EventErrors], Any]


def _text(name: str, limit: int, overshoot: int = 0) -> Handler:
    return lambda value, errors: text(value, name, errors, limit, overshoot)


def _bag(name: str, depth: int, size: int) -> Handler:
    return lambda value, errors: trimming.bounded_object(value, name, errors, depth, size)


# What becomes of each attribute; None and empty results leave no trace.
SIMPLE: dict[str, Handler] = {
    "logger": names.logger,
    "release": names.release,
    "dist": names.dist,
    "transaction": _text("transaction", 200),
    "culprit": _text("culprit", 200),
    "server_name": _text("server_name", 256, 20),
    "checksum": _text("checksum", 128),
    "fingerprint": names.fingerprint,
    "exception": exceptions.exceptions,
    "threads": exceptions.threads,
    "stacktrace": lambda value, errors: stacktrace(value, "stacktrace", errors),
    "raw_stacktrace": lambda value, errors: stacktrace(value, "raw_stacktrace", errors),
    "request": request,
    "extra": extra,
    "modules": modules,
    "sdk": _bag("sdk", 7, 16 * 1024),
    "debug_meta": _bag("debug_meta", 7, 128 * 1024),
    "template": _bag("template", 5, 8 * 1024),
    **{name: _bag(name, 7, 16 * 1024) for name in REPORTS},
}
# Handled below, or the server's own business, or known and of no use to us.
OTHERS = frozenset((
    "event_id", "timestamp", "platform", "level", "type", "tags", "site", "environment", "user",
    "contexts", "breadcrumbs", "logentry", "message", "errors", "received", "key_id", "project",
    "_meta", "grouping_config", "transaction_info", "time_spent", "repos", "spans",
    "start_timestamp", "measurements", "trimHeadFrames", "version", "_metrics", "_metrics_summary",
    "sentry.interfaces.Query",
))  # fmt: skip
# The most frequent first, in the order of SDKs: parsers find them faster so.
ATTRIBUTES = tuple(dict.fromkeys((
    "event_id", "timestamp", "contexts", "level", "exception", "user", "transaction",
    "transaction_info", "tags", "extra", "breadcrumbs", "modules", "request", "release",
    "environment", "server_name", "sdk", "platform", "_meta", *SIMPLE, *sorted(OTHERS),
)))  # fmt: skip
EVENT_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")


def normalise(raw: Any, context: Context) -> Event:
    """The canonical form of an event; what was dropped or changed is listed in its `errors`.

    No value of any attribute can make it raise; BadRequest only if `raw` is no object at all.
    `raw` is consumed: parts of it are changed and end up in the result.

    Law: `normalise(event, context without sent_at) == event | {"errors": []}` for every event it
    returned. (The drift between two clocks belongs to the transport, and is applied once.)
    """
    if not isinstance(raw, dict):
        raise BadRequest("the event is not a JSON object")
    errors = EventErrors()
    raw = _modern(raw, errors)
    event: Event = {"event_id": _event_id(raw.get("event_id"), context, errors)}
    event["timestamp"], shift = settle(raw.get("timestamp"), context, errors)
    event["platform"] = names.platform(raw.get("platform"), errors)
    for name, value in raw.items():
        if handler := SIMPLE.get(name):
            if value is not None and (kept := handler(value, errors)):
                event[name] = kept
        elif name not in OTHERS:
            errors.add(UNKNOWN, name)
    exceptions.adopt_stacktrace(event)
    event["type"] = _type(raw.get("type"), event)
    default = "info" if event["type"] == "transaction" else "error"
    event["level"] = level(raw.get("level"), default, "level", errors)
    _add_message(raw, event, errors)
    _add_tags(raw, event, errors)
    if who := user(raw.get("user"), event, context, errors):
        event["user"] = who
    if crumbs := breadcrumbs(raw.get("breadcrumbs"), shift, errors):
        event["breadcrumbs"] = crumbs
    event["contexts"] = contexts(raw.get("contexts"), errors)
    add_user_agent(event, context)
    event["errors"] = errors.entries
    return event


def _modern(raw: Event, errors: EventErrors) -> Event:
    """Old names of attributes replaced; where both are there, the modern one wins."""
    if not any(name in LEGACY for name in raw):
        return raw
    modern = {name: value for name, value in raw.items() if name not in LEGACY}
    for old, new in LEGACY.items():
        if old in raw and not modern.get(new):
            modern[new] = raw[old]
        elif old in raw:
            errors.add(UNKNOWN, old)
    return modern


def _event_id(value: Any, context: Context, errors: EventErrors) -> str:
    for candidate in (context.event_id, value):
        if isinstance(candidate, str) and len(candidate) <= 64:
            found = candidate.strip().replace("-", "").lower()
            if EVENT_ID.fullmatch(found):
                return found
    if value is not None:
        errors.add(INVALID, "event_id", value)
    return uuid.uuid4().hex


def _type(value: Any, event: Event) -> str:
    if value in NO_ISSUES:
        return str(value)
    if report := next((name for name in REPORTS if name in event), None):
        return report
    return "error" if "exception" in event else "default"


def _add_message(raw: Event, event: Event, errors: EventErrors) -> None:
    entry = logentry(raw.get("logentry"), errors) or logentry(raw.get("message"), errors)
    if entry:
        event["logentry"] = entry


def _add_tags(raw: Event, event: Event, errors: EventErrors) -> None:
    """Tags, and the attributes that stand in for tags or the other way round."""
    sent = raw.get("tags")
    environment = names.environment(raw.get("environment"), errors)
    if environment is None:
        environment = names.environment(tag(sent, "environment"), errors)
    if environment:
        event["environment"] = environment
    kept = tags(sent, errors)
    if site := text(raw.get("site"), "site", errors, 200):
        kept.setdefault("site", site)
    if server := event.get("server_name"):
        kept.setdefault("server_name", server[:200])
    event["tags"] = kept
