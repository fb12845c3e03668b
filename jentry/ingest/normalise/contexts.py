"""What surrounded the error: runtime, system, browser, trace. README: Event attributes."""

import re
from typing import Any

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.context import Context
from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.user_agent import parse

DEPTH, SIZE = 7, 8192
MOST = 100
TRACE_IDS = {
    "trace_id": re.compile(r"(?!0{32})[0-9a-f]{32}"),
    "span_id": re.compile(r"(?!0{16})[0-9a-f]{16}"),
    "parent_span_id": re.compile(r"(?!0{16})[0-9a-f]{16}"),
}


def contexts(value: Any, errors: EventErrors) -> dict[str, dict[str, Any]]:
    """Name -> object, each with its `type`, which is the name unless the client says otherwise."""
    if not isinstance(value, dict):
        if value is not None:
            errors.add(INVALID, "contexts", value)
        return {}
    kept: dict[str, dict[str, Any]] = {}
    for name, raw in value.items():
        if len(kept) >= MOST or len(name) > 200:
            errors.add(TOO_LONG, f"contexts.{name}")
        elif isinstance(raw, dict):
            if not isinstance(raw.get("type"), str):
                raw = {"type": name[:64]} | {k: v for k, v in raw.items() if k != "type"}
            kept[name] = trimming.bounded(raw, f"contexts.{name}", errors, DEPTH, SIZE)
        elif raw is not None:
            errors.add(INVALID, f"contexts.{name}", raw)
    if "trace" in kept:
        _check_ids(kept["trace"], errors)
    return kept


def _check_ids(trace: dict[str, Any], errors: EventErrors) -> None:
    for key, pattern in TRACE_IDS.items():
        if key not in trace:
            continue
        raw = trace[key]
        found = raw.replace("-", "").lower() if isinstance(raw, str) and len(raw) <= 64 else ""
        if pattern.fullmatch(found):
            trace[key] = found
        else:
            del trace[key]
            if raw is not None:
                errors.add(INVALID, f"contexts.trace.{key}", raw)


def add_user_agent(event: dict[str, Any], context: Context) -> None:
    """Browser, system and device from the User-Agent header, each where the client sent none."""
    agent = event.get("request", {}).get("headers", {}).get("User-Agent")
    if not agent and event["platform"] == "javascript":
        agent = context.user_agent
    if not isinstance(agent, str) or not agent:
        return
    known = event["contexts"]
    for name, members in parse(agent[:512]).items():
        if name not in known:
            known[name] = {"type": name, **members}
