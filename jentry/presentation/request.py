"""The HTTP request of an event: its parts, and the command that sends it again."""

import json
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from jentry.presentation.text import FILTERED, web_address, word
from jentry.presentation.values import Value, value

# What curl sets itself, or what only the first sender could know.
OWN = frozenset(("Host", "Content-Length", "Connection", "Accept-Encoding", "Transfer-Encoding"))


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str  # with query and fragment
    link: str | None  # the URL when it may be a link
    sections: list[tuple[str, list[tuple[str, Value]]]]  # heading, pairs; none of them empty
    body: Value | None
    curl: str


def request(event: dict[str, Any]) -> Request | None:
    raw = event.get("request")
    if not isinstance(raw, dict):
        return None
    url = address(raw)
    sections = [
        ("Query", [(word(key), value(held)) for key, held in raw.get("query_string") or []]),
        ("Headers", _pairs(raw.get("headers"))),
        ("Cookies", _pairs(raw.get("cookies"))),
        ("Environment", _pairs(raw.get("env"))),
    ]
    body = raw.get("data")
    return Request(
        method=word(raw.get("method")),
        url=url,
        link=web_address(url) if word(raw.get("method")) in ("", "GET", "HEAD") else None,
        sections=[(heading, pairs) for heading, pairs in sections if pairs],
        body=None if body in (None, "", {}, []) else value(body),
        curl=curl(raw),
    )


def _pairs(raw: Any) -> list[tuple[str, Value]]:
    return [(name, value(held)) for name, held in raw.items()] if isinstance(raw, dict) else []


def address(raw: dict[str, Any]) -> str:
    pairs = [(word(key), _text(held)) for key, held in raw.get("query_string") or []]
    query = urlencode(pairs, quote_via=quote, safe="[]")
    fragment = word(raw.get("fragment"))
    return (
        word(raw.get("url")) + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    )


def curl(raw: dict[str, Any]) -> str:
    """What the sender has sent, without what scrubbing has taken: secrets are left out."""
    url = dict(raw)
    url["query_string"] = [
        pair for pair in raw.get("query_string") or [] if FILTERED not in _text(pair[1])
    ]
    url.pop("fragment", None)
    lines = ["curl"]
    method = word(raw.get("method"))
    if method and method != "GET":
        lines[0] += f" -X {shlex.quote(method)}"
    for name, held in (raw.get("headers") or {}).items():
        if name not in OWN and FILTERED not in _text(held):
            lines.append(f"-H {shlex.quote(_one_line(f'{name}: {_text(held)}'))}")
    cookies = [
        f"{name}={_text(held)}"
        for name, held in (raw.get("cookies") or {}).items()
        if FILTERED not in _text(held)
    ]
    if cookies:
        lines.append(f"-b {shlex.quote(_one_line('; '.join(cookies)))}")
    if (body := _body(raw)) is not None:
        lines.append(f"--data-raw {shlex.quote(body)}")
    lines.append(shlex.quote(address(url) or "http://"))
    return " \\\n  ".join(lines)


def _body(raw: dict[str, Any]) -> str | None:
    data = _without_filtered(raw.get("data"))
    if data in (None, "", {}, []):
        return None
    if isinstance(data, str):
        return data
    if isinstance(data, dict) and "form" in word(raw.get("inferred_content_type")):
        return urlencode({name: _text(held) for name, held in data.items()}, doseq=False)
    return json.dumps(data, ensure_ascii=False)


def _without_filtered(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _without_filtered(held) for name, held in data.items() if held != FILTERED}
    if isinstance(data, list):
        return [_without_filtered(held) for held in data if held != FILTERED]
    return data.replace(FILTERED, "") if isinstance(data, str) else data


def _text(held: Any) -> str:
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)


def _one_line(text: str) -> str:
    """A header must not bring others along."""
    return " ".join(text.splitlines())
