"""Reports that browsers send about policies of a site: raw events, titles. README: Browser reports.

The members of `event["csp"]` have snake_case names, whichever spelling the browser used:
document_uri, referrer, blocked_uri, violated_directive, effective_directive, original_policy,
disposition, source_file, script_sample: text; status_code, line_number, column_number: integers.
effective_directive is always there, the others when the browser said something. Reports about
certificates stand as they came in `hpkp`, `expectct` or `expectstaple`, after their type.
"""

import re
from collections.abc import Mapping
from typing import Any

from jentry.errors import BadRequest, UnsupportedMediaType
from jentry.ingest import jsontext

CONTENT_TYPES = (
    "application/csp-report",
    "application/json",
    "application/reports+json",
    "application/expect-ct-report",
    "application/expect-ct-report+json",
    "application/expect-staple-report",
)
MAX_REPORTS = 100  # in one request; browsers keep no more back

TEXTS = {  # and how many characters of them are kept
    "document_uri": 2048,
    "referrer": 2048,
    "blocked_uri": 2048,
    "violated_directive": 4096,
    "effective_directive": 64,
    "original_policy": 8192,
    "disposition": 16,
    "source_file": 2048,
    "script_sample": 512,
}
NUMBERS = ("status_code", "line_number", "column_number")
ALIASES = {  # the Reporting API has names of its own, before and after camelCase is undone
    "document_url": "document_uri",
    "blocked_url": "blocked_uri",
    "sample": "script_sample",
}
NUMBER = re.compile("[0-9]{1,9}")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")

INTERNAL = re.compile(
    r"(about|chrome|chrome-extension|chromenull|httpinject|jsb|moz-extension|ms-browser-extension"
    r"|mx|opera|res|resource|safari-extension|safari-resource|safari-web-extension|symres|tmtbff"
    r"|webkit-masked-url|webviewprogressproxy)(:.*)?",
    re.IGNORECASE | re.DOTALL,
)

SELF = "'self'"
INLINE = "'unsafe-inline'"
EVAL = "'unsafe-eval'"
LOCAL = {"": SELF, "self": SELF, SELF: SELF}
LOCAL |= {"inline": INLINE, "eval": EVAL, "wasm-eval": EVAL}  # how newer browsers put it

KINDS = {"img": "image", "form-action": "form"}
LOCAL_TITLES = {
    ("script-src", SELF): "Blocked unsafe (eval() or inline) 'script'",
    ("script-src", INLINE): "Blocked unsafe inline 'script'",
    ("script-src", EVAL): "Blocked unsafe eval() 'script'",
    ("script-src-elem", SELF): "Blocked unsafe 'script' element",
    ("script-src-attr", SELF): "Blocked inline script attribute",
    ("style-src-elem", SELF): "Blocked 'style' or 'link' element",
}
HOST_TITLES = {
    "hpkp": "Public key pinning validation failed for '{}'",
    "expectct": "Expect-CT failed for '{}'",
    "expectstaple": "Expect-Staple failed for '{}'",
}
MAX_CULPRIT = 200


def reports(
    body: bytes, content_type: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Raw events, one for each report; none when the browser reports about something else.

    Raises UnsupportedMediaType, and BadRequest when the body is no report. Header names are in
    lower case.
    """
    if content_type.partition(";")[0].strip().lower() not in CONTENT_TYPES:
        raise UnsupportedMediaType(f"send reports as one of: {', '.join(CONTENT_TYPES)}")
    if not body.strip():
        raise BadRequest("empty request body")
    value = jsontext.loads(body)
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_REPORTS:
        raise BadRequest(f"more than {MAX_REPORTS} reports in one request")
    events: list[dict[str, Any]] = []
    problems: list[BadRequest] = []
    for entry in entries:
        try:
            events += _events(entry)
        except BadRequest as problem:
            problems.append(problem)
    if problems and not events:
        raise problems[0]
    return [_complete(event, query, headers) for event in events]


def is_browser_internal(event: Mapping[str, Any]) -> bool:
    """Whether an extension or the browser itself is to blame, not the site."""
    csp = event.get("csp")
    return isinstance(csp, dict) and any(
        INTERNAL.fullmatch(_text(csp, name)) for name in ("source_file", "blocked_uri")
    )


def csp_title(csp: Mapping[str, Any]) -> str:
    """What was blocked and from where: `Blocked 'image' from 'cdn.example.com'`."""
    directive, blocked = csp_key(csp)
    name = directive.removesuffix("-elem").removesuffix("-attr").removesuffix("-src")
    kind = KINDS.get(name, name)
    if blocked in (SELF, INLINE, EVAL):
        inline = LOCAL_TITLES.get((directive, SELF), f"Blocked inline '{kind}'")
        return LOCAL_TITLES.get((directive, blocked), inline)
    if directive == "form-action":
        return f"Blocked 'form' action to '{blocked}'"
    return f"Blocked '{kind}' from '{blocked}'"


def csp_culprit(csp: Mapping[str, Any]) -> str:
    """The rule that was broken, with the site's own address as 'self' and without `https://`."""
    own = _host(_text(csp, "document_uri"))
    directive, *sources = _violated(csp).split() or [""]
    short = [SELF if own and _host(s) == own else re.sub(r"^https?://", "", s) for s in sources]
    return " ".join([directive, *short])[:MAX_CULPRIT]


def csp_key(csp: Mapping[str, Any]) -> list[str]:
    """What tells one problem from another: the directive, and what was blocked.

    That is 'self', 'unsafe-inline' or 'unsafe-eval' in quotes, a host, or a scheme with a colon.
    """
    directive = _text(csp, "effective_directive") or _first_word(_violated(csp))
    blocked = _text(csp, "blocked_uri")
    host = _host(blocked)
    local = LOCAL.get(blocked.lower())
    if local is None and host == _host(_text(csp, "document_uri")):
        local = SELF
    if local == SELF and directive == "script-src":
        local = next((word for word in (INLINE, EVAL) if word in _violated(csp)), SELF)
    return [directive, local or host]


def _violated(csp: Mapping[str, Any]) -> str:
    return _text(csp, "violated_directive") or _text(csp, "effective_directive")


def _text(csp: Mapping[str, Any], name: str) -> str:
    value = csp.get(name)
    return value.strip() if isinstance(value, str) else ""


def _first_word(text: str) -> str:
    return next(iter(text.split()), "")


def _host(uri: str) -> str:
    """The host of a web address, `scheme://host` of another, `scheme:` when there is no host."""
    scheme, colon, rest = uri.strip().partition(":")
    scheme = scheme.lower()
    if not scheme or (not colon and "." in scheme):
        return scheme  # a host by itself, as policies name them
    if rest[:1].isdigit():
        return f"{scheme}:{rest.partition('/')[0]}"  # a host and its port
    if not rest.startswith("//"):
        return f"{scheme}:"
    host = re.split(r"[/?#]", rest[2:], maxsplit=1)[0].rpartition("@")[2].lower()
    return host if scheme in ("http", "https") else f"{scheme}://{host}"


def _events(entry: Any) -> list[dict[str, Any]]:
    """The event of one report; none for the other things that the Reporting API reports."""
    if not isinstance(entry, dict):
        raise BadRequest("a report is not a JSON object")
    if isinstance(entry.get("csp-report"), dict):
        return [_csp_event(entry["csp-report"], None)]
    for kind, name in (("expectct", "expect-ct-report"), ("expectstaple", "expect-staple-report")):
        if isinstance(entry.get(name), dict):
            return [_host_event(kind, entry[name])]
    if "known-pins" in entry:
        return [_host_event("hpkp", entry)]
    if not isinstance(entry.get("type"), str):
        raise BadRequest("this is not a report: it has neither csp-report nor type")
    if entry["type"] != "csp-violation" or not isinstance(entry.get("body"), dict):
        return []
    report = {"document_uri": entry.get("url")} | entry["body"]
    return [_csp_event(report, entry.get("user_agent"))]


def _csp_event(report: dict[str, Any], user_agent: Any) -> dict[str, Any]:
    csp = clean(report)
    directive, blocked = csp_key(csp)
    if not directive:
        raise BadRequest("the report names no directive")
    headers = {"User-Agent": user_agent, "Referer": csp.get("referrer")}
    request = {
        "url": csp.get("document_uri"),
        "headers": {name: text for name, text in headers.items() if text and isinstance(text, str)},
    }
    return {
        "type": "csp",
        "csp": csp,
        "message": csp_title(csp),
        "request": request,
        "tags": {"effective-directive": directive, "blocked-uri": blocked[:200]},
    }


def clean(report: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `event["csp"]` from a report in any spelling; what it gives it leaves alone.

    Known members get their names and types, what is unknown or of another type is dropped.
    """
    csp: dict[str, Any] = {}
    for spelling, value in report.items():
        name = CAPITAL.sub("_", spelling).replace("-", "_").lower()
        name = ALIASES.get(name, name)
        if name in TEXTS and isinstance(value, str) and value.strip():
            csp[name] = value.strip()[: TEXTS[name]].rstrip()
        elif name in NUMBERS and NUMBER.fullmatch(str(value)):
            csp[name] = int(value)
    directive = _first_word(csp.get("effective_directive") or csp.get("violated_directive", ""))
    return csp | {"effective_directive": directive.lower()[: TEXTS["effective_directive"]]}


def _host_event(kind: str, report: dict[str, Any]) -> dict[str, Any]:
    host = report.get("hostname")
    if not isinstance(host, str) or not host.strip():
        raise BadRequest("the report has no hostname")
    host = host.strip()[:256]
    port = report.get("port")
    address = host if port in (None, 443) or type(port) is not int else f"{host}:{port}"
    return {
        "type": kind,
        "message": HOST_TITLES[kind].format(host),
        "culprit": host,
        "request": {"url": f"https://{address}/", "headers": {}},
        kind: report,
    }


def _complete(
    event: dict[str, Any], query: Mapping[str, str], headers: Mapping[str, str]
) -> dict[str, Any]:
    """What all reports have in common, and what only the request knows."""
    event |= {"logger": "csp", "level": "error", "user": {"ip_address": "{{auto}}"}}
    if agent := headers.get("user-agent"):
        event["request"]["headers"].setdefault("User-Agent", agent)
    for name in ("release", "environment"):
        if value := query.get(f"sentry_{name}", "").strip():
            event[name] = value
    return event
