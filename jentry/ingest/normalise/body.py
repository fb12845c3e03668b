"""The body of a request: structured where it was JSON or a form. README: Event attributes."""

import re
from typing import Any
from urllib.parse import unquote_plus

import orjson

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.event_errors import EventErrors
from jentry.ingest.normalise.text import text

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEPTH, SIZE = 7, 8192
MOST_FIELDS = 1000
MOST_TEXT = 64 * 1024  # characters of a form: what follows would find no room
FORM_LIKE = re.compile(r"[^\s=&{}\[\]\"<>]+=[^\s=&\"<>]*(?:&[^\s=&\"<>]+=[^\s=&\"<>]*)*")


def body(request: dict[str, Any], content_type: str | None, errors: EventErrors) -> dict[str, Any]:
    """`data` and `inferred_content_type`; neither without a body."""
    data = request.get("data")
    if data is None or data == "":
        return {}
    kind = (content_type or "").partition(";")[0].strip().lower()
    inferred = text(
        request.get("inferred_content_type"), "request.inferred_content_type", errors, 128
    )
    if isinstance(data, str):
        data, parsed_as = _parse(data, kind)
        inferred = parsed_as or inferred
    found = {"data": trimming.bounded(data, "request.data", errors, DEPTH, SIZE)}
    if inferred := inferred or kind:
        found["inferred_content_type"] = inferred
    return found


def fields(encoded: str) -> list[tuple[str, str]]:
    """Names and values of a form or query string, in their order; a name alone has value ""."""
    encoded = encoded[:MOST_TEXT]
    parts = [part.partition("=") for part in encoded.split("&", MOST_FIELDS)[:MOST_FIELDS] if part]
    if "%" not in encoded and "+" not in encoded:
        return [(name, value) for name, _, value in parts]
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in parts]


def _parse(data: str, kind: str) -> tuple[Any, str | None]:
    """The structured body and its type; the text itself and None when it has no structure."""
    if data.lstrip()[:1] in ("{", "["):
        try:
            # An escaped NUL would come to life here, after NULs were taken out of the event.
            return (data, None) if "\\u0000" in data else (orjson.loads(data), JSON)
        except orjson.JSONDecodeError:
            return data, None
    if kind == FORM or (not kind and len(data) <= SIZE and FORM_LIKE.fullmatch(data)):
        return _form(data)
    return data, None


def _form(data: str) -> tuple[Any, str | None]:
    """Name -> text, or a list of texts where a name comes more than once."""
    found: dict[str, Any] = {}
    for name, value in fields(data):
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return (found, FORM) if found else (data, None)
