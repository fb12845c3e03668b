"""Version 8 of the rules, as it was: only so that its hashes still lead to their issues.

Nothing here is ever mended: what it answers must stay what it answered. A module of today's rules
that it still shares is copied here before it changes.
"""

import re
from hashlib import sha256
from typing import Any

import orjson

from jentry.ingest.grouping.parts import Event, crashed_thread, message, text
from jentry.ingest.grouping.parts import frames as trace_of
from jentry.ingest.grouping.v8 import engines
from jentry.ingest.grouping.v8.crash import PAGES
from jentry.ingest.grouping.v8.exceptions import exception_parts, trace_part
from jentry.ingest.grouping.v8.fingerprint import custom
from jentry.ingest.grouping.v8.parametrise import parametrise
from jentry.ingest.grouping.v8.parts import language
from jentry.ingest.security import csp_key

VERSION = 8
DIGITS = re.compile(r"\d+")

Components = dict[str, Any]


def hash_of(event: Event) -> bytes:
    """Never raises on a normalised event."""
    given = custom(event)
    if given is None:
        components = _default(event)
    elif "{{ default }}" in given:
        components = {"by": "fingerprint", "values": given, "default": _default(event)}
    else:
        components = {"by": "fingerprint", "values": given}
    return sha256(orjson.dumps([VERSION, components], option=orjson.OPT_SORT_KEYS)).digest()


def _default(event: Event) -> Components:
    kind, platform = event.get("type"), language(event)
    if kind == "csp" and isinstance(csp := event.get("csp"), dict):
        return {"by": "csp", "values": csp_key(csp)}
    parts = exception_parts(event)
    if parts and all("type" in part or "frames" in part for part in parts):
        by = "stack" if any(part.get("frames") for part in parts) else "exception"
        return {"by": by, "values": parts}
    if template := _template(event) or (parts and parts[-1].get("value")):
        return {"by": "message", "values": [_said(template, platform), *_logger(event)]}
    if part := trace_part(crashed_thread(event) or trace_of(event), platform):
        return {"by": "stack", "values": [part]}
    return {"by": "fallback", "values": []}


def _logger(event: Event) -> list[str]:
    found = text(event.get("logger"))
    return [DIGITS.sub("<number>", found)] if "." in found else []


def _said(template: str, platform: str) -> str:
    if platform != PAGES:
        return parametrise(template)
    said = engines.reported(template)
    return engines.fault(said) or engines.coded(said) or parametrise(template)


def _template(event: Event) -> str:
    entry = event.get("logentry")
    found = text(entry.get("message")) if isinstance(entry, dict) else ""
    return found if found.strip() else message(event).strip()
