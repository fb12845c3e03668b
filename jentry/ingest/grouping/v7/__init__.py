"""Versions 6 and 7 of the rules, as they were: only so that their hashes lead to their issues.

Nothing here is ever mended: what it answers must stay what it answered. `version` tells the two
apart: 6 took packages by their paths only, kept the lines of generated code, and did not ask for
the caller of a helper whose library failed. Names, words and the like are still those of today,
and are copied here before they change.
"""

from hashlib import sha256
from typing import Any

import orjson

from jentry.ingest.grouping.parts import Event, crashed_thread, message, text
from jentry.ingest.grouping.parts import frames as trace_of
from jentry.ingest.grouping.v7.exceptions import exception_parts, trace_part
from jentry.ingest.grouping.v7.fingerprint import custom
from jentry.ingest.grouping.v7.parametrise import parametrise
from jentry.ingest.security import csp_key

VERSION = 7

Components = dict[str, Any]


def hash_of(event: Event, version: int = VERSION) -> bytes:
    """Never raises on a normalised event."""
    given = custom(event)
    if given is None:
        components = _default(event, version)
    elif "{{ default }}" in given:
        components = {"by": "fingerprint", "values": given, "default": _default(event, version)}
    else:
        components = {"by": "fingerprint", "values": given}
    return sha256(orjson.dumps([version, components], option=orjson.OPT_SORT_KEYS)).digest()


def _default(event: Event, version: int) -> Components:
    kind = event.get("type")
    if kind == "csp" and isinstance(csp := event.get("csp"), dict):
        return {"by": "csp", "values": csp_key(csp)}
    parts = exception_parts(event, version)
    if parts and all("type" in part or "frames" in part for part in parts):
        by = "stack" if any(part.get("frames") for part in parts) else "exception"
        return {"by": by, "values": parts}
    if template := _template(event) or (parts and parts[-1].get("value")):
        return {"by": "message", "values": [parametrise(template)]}
    platform = text(event.get("platform"))
    if part := trace_part(crashed_thread(event) or trace_of(event), platform, version):
        return {"by": "stack", "values": [part]}
    return {"by": "fallback", "values": []}


def _template(event: Event) -> str:
    """The message as the program has it, before parameters were filled in, when that is known."""
    entry = event.get("logentry")
    found = text(entry.get("message")) if isinstance(entry, dict) else ""
    return found if found.strip() else message(event).strip()
