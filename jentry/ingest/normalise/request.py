"""The HTTP request during which it happened. README: Event attributes."""

from typing import Any
from urllib.parse import unquote

from jentry.byte_cache import bounded
from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.body import body, fields
from jentry.ingest.normalise.event_errors import INVALID, EventErrors
from jentry.ingest.normalise.tags import pairs
from jentry.ingest.normalise.text import cut, json_text, text

URL, FRAGMENT, METHOD = 2048, 1024, 32  # characters
QUERY_DEPTH, QUERY_SIZE = 3, 1024
COOKIES_DEPTH, COOKIES_SIZE = 5, 2048
BAG_DEPTH, BAG_SIZE = 7, 8192
COOKIES_TEXT = 16 * 1024  # characters looked at; of what follows no cookie would find room

Request = dict[str, Any]


def request(value: Any, errors: EventErrors) -> Request | None:
    """The request with `headers` and `cookies` as objects and `query_string` as a list of pairs.

    Headers carry their names in Title-Case; `data` is an object or array whenever the body was
    JSON or a form, and `inferred_content_type` then says which.
    """
    if not isinstance(value, dict):
        if value is not None:
            errors.add(INVALID, "request", value)
        return None
    found: Request = {}
    if url := value.get("url"):
        _split_url(url, found, errors)
    if query := _query(value.get("query_string"), errors):
        found["query_string"] = query
    if fragment := text(value.get("fragment"), "request.fragment", errors, FRAGMENT):
        found["fragment"] = fragment
    if method := text(value.get("method"), "request.method", errors, METHOD):
        found["method"] = method.upper()
    headers = _headers(value.get("headers"), errors)
    sent = headers.pop("Cookie", None)
    if cookies := _cookies(value.get("cookies") or sent, errors):
        found["cookies"] = cookies
    if headers:
        found["headers"] = headers
    if env := trimming.bounded_object(value.get("env"), "request.env", errors, BAG_DEPTH, BAG_SIZE):
        found["env"] = env
    found |= body(value, headers.get("Content-Type"), errors)
    return found or None


def _split_url(value: Any, found: Request, errors: EventErrors) -> None:
    """Query and fragment have attributes of their own; given there as well, those win."""
    if not isinstance(value, str):
        errors.add(INVALID, "request.url", value)
        return
    url, _, fragment = value.strip().partition("#")
    url, _, query = url.partition("?")
    if kept := text(url, "request.url", errors, URL):
        found["url"] = kept
    if query and (parsed := _query(query, errors)):
        found["query_string"] = parsed
    if fragment:
        found["fragment"] = cut(fragment, FRAGMENT)


def _query(value: Any, errors: EventErrors) -> list[list[Any]] | None:
    if not value:
        return None
    if isinstance(value, str):
        found = [list(pair) for pair in fields(value.strip().removeprefix("?"))]
    else:
        found = [
            [json_text(key), member] for key, member in pairs(value, "request.query_string", errors)
        ]
    name = "request.query_string"
    kept: list[list[Any]] = trimming.bounded(found, name, errors, QUERY_DEPTH, QUERY_SIZE)
    # Where room ran out, a pair may have lost its second half.
    return [pair for pair in kept if isinstance(pair, list) and len(pair) == 2] or None


def _headers(value: Any, errors: EventErrors) -> dict[str, Any]:
    """Title-Case name -> text; lines of one name are joined as HTTP joins them."""
    kept: dict[str, Any] = {}
    for raw_name, raw_value in pairs(value, "request.headers", errors):
        if raw_value is None:
            continue
        name = _title(json_text(raw_name))
        if isinstance(raw_value, list):
            member = ", ".join(map(json_text, raw_value))
        else:
            member = json_text(raw_value)
        if name not in kept:
            kept[name] = member
        elif len(kept[name]) <= BAG_SIZE:
            kept[name] = f"{kept[name]}, {member}"
    found: dict[str, Any] = trimming.bounded(kept, "request.headers", errors, BAG_DEPTH, BAG_SIZE)
    return found


@bounded(256 * 1024)
def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.strip().split("-"))


def _cookies(value: Any, errors: EventErrors) -> dict[str, Any] | None:
    if not value:
        return None
    kept: dict[str, Any] = {}
    if isinstance(value, str):
        for name, equals, member in _parted(value):
            if equals and name.strip():
                kept.setdefault(unquote(name.strip()), unquote(member.strip()))
        if not kept:
            errors.add(INVALID, "request.cookies", "text")
    else:
        for raw_name, member in pairs(value, "request.cookies", errors):
            kept.setdefault(json_text(raw_name), member)
    return trimming.bounded_object(kept, "request.cookies", errors, COOKIES_DEPTH, COOKIES_SIZE)


def _parted(cookies: str) -> list[tuple[str, str, str]]:
    return [cookie.partition("=") for cookie in cookies[:COOKIES_TEXT].split(";")]
