"""Which events are one issue. README: Grouping.

A stack counts by its crash frame: type, module, function; never by lines, columns or paths. The
caller joins in where the site is a helper that gave up for someone else, and words of the crash
line where one function can fail in several ways. Causes count before what wraps them. Without a
usable stack the message counts, with markers for what varies in it.

What is hashed is exactly what `components` shows, so a person can see why events are together; but
for the name of a fingerprint rule, so that events of one fingerprint are together whoever gave it.
"""

import re
from hashlib import sha256
from importlib import import_module
from typing import Any, NamedTuple

import orjson

from jentry.ingest.grouping import beam, engines, faults
from jentry.ingest.grouping.exceptions import exception_parts, trace_part
from jentry.ingest.grouping.fingerprint import custom, rule_of
from jentry.ingest.grouping.frames import WITHOUT_LINES
from jentry.ingest.grouping.messages import PAGES
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import Event, crashed_thread, frames, language, message, text
from jentry.ingest.security import csp_key

__all__ = ["VERSION", "Grouping", "former_hashes", "group"]

VERSION = 9  # of the rules: hashes of different versions never compare
MAX_SHOWN = 4096  # bytes of an explanation
SHOWN_ITEMS, SHOWN_TEXT = 6, 60  # of an explanation that would be longer
SHOWN_RULE = 500
NEAR = 4  # frames: the client's own, and who sent a message
DIGITS = re.compile(r"\d+")
FORMER = (8, 1)  # whose rules are kept; the versions between were never released

Components = dict[str, Any]


class Grouping(NamedTuple):
    version: int
    hash: bytes  # 32 bytes
    components: Components  # {"by": "stack" | "message" | "fingerprint"..., "values": [...]}


def group(event: Event) -> Grouping:
    """Never raises on a normalised event. Projects are told apart by whoever stores the hash."""
    given = custom(event)
    if given is None:
        components = _default(event)
    elif "{{ default }}" in given:
        components = {"by": "fingerprint", "values": given, "default": _default(event)}
    else:
        components = {"by": "fingerprint", "values": given}
    encoded = orjson.dumps([VERSION, components], option=orjson.OPT_SORT_KEYS)
    shown = components if len(encoded) <= MAX_SHOWN else _shortened(components)
    if rule := rule_of(event):
        shown = {**shown, "rule": text(rule.get("rule"))[:SHOWN_RULE]}
    return Grouping(VERSION, sha256(encoded).digest(), shown)


def former_hashes(event: Event, oldest: int | None) -> tuple[tuple[int, bytes], ...]:
    """Version and hash by the rules before, the newest first, as far back as the project has any.

    `oldest` is the version of its oldest hashes; None without any. What nobody needs is not loaded.
    """
    if oldest is None:
        return ()
    if rule := rule_of(event):
        event = event | {"fingerprint": rule.get("values")}
    return tuple((n, _rules(n).hash_of(event)) for n in FORMER if oldest <= n)


def _rules(version: int) -> Any:
    return import_module(f"{__name__}.v{version}")


def _default(event: Event) -> Components:
    kind, platform = event.get("type"), language(event)
    if kind == "csp" and isinstance(csp := event.get("csp"), dict):
        return {"by": "csp", "values": csp_key(csp)}
    parts = exception_parts(event)
    if parts and all("type" in part or "frames" in part for part in parts):
        by = "stack" if any(part.get("frames") for part in parts) else "exception"
        return {"by": by, "values": parts}
    if template := _template(event, platform) or (parts and parts[-1].get("value")):
        said = _written(event, template, platform) or _said(template, platform)
        return {"by": "message", "values": [said, *_logger(event)]}
    if part := trace_part(crashed_thread(event) or frames(event), platform):
        return {"by": "stack", "values": [part]}
    return {"by": "fallback", "values": []}


def _logger(event: Event) -> list[str]:
    """Of which part of the program it is: two may say the same."""
    found = text(event.get("logger"))
    return [DIGITS.sub("<number>", found)] if "." in found else []


def _said(template: str, platform: str) -> str:
    """Of a page perhaps what an engine says about a script that gave no exception away."""
    if platform != PAGES:
        return parametrise(template)
    said = engines.reported(template)
    return engines.fault(said) or engines.coded(said) or parametrise(template)


def _written(event: Event, said: str, platform: str) -> str:
    """The words that the program has for it, where the client sends the line that says it."""
    if platform in WITHOUT_LINES:
        return ""
    trace = crashed_thread(event) or frames(event)
    lines = [text(frame.get("context_line")) for frame in trace[-NEAR:]]
    return next((found for line in lines[::-1] if (found := faults.template(line, said))), "")


def _template(event: Event, platform: str) -> str:
    """The message as the program has it, before parameters were filled in, when that is known."""
    entry = event.get("logentry")
    found = text(entry.get("message")) if isinstance(entry, dict) else ""
    if platform == "elixir":
        found = beam.bare(found)
    return found if found.strip() else message(event).strip()


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_shortened(member) for member in value[:SHOWN_ITEMS]]
    if isinstance(value, str) and len(value) > SHOWN_TEXT:
        return value[:SHOWN_TEXT] + "..."
    return value
