"""Inbound filters: which rule, if any, says that an event is noise. README: Inbound filters."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

from jentry.ingest.addresses import plain_address
from jentry.matching.folding import fold
from jentry.matching.globs import glob
from jentry.store.project_settings import Filters

EXTENSION_URLS = (
    "chrome-extension://", "moz-extension://", "safari-extension://", "safari-web-extension://",
    "ms-browser-extension://", "webkit-masked-url://",
)  # fmt: skip
EXTENSION_MESSAGES = (
    "top.globals", "originalcreatenotification", "canvas.contentdocument",
    "myapp_removeallhighlights", "fb_xd_fragment", "atomicfindclose", "conduitpage",
    "extension context invalidated", "plugin.setsuspendstate is not a function",
)  # fmt: skip
# A Cubot is a phone.
CRAWLERS = re.compile(
    r"(?<!cu)bot\b|bot/|spider|crawl|slurp|sogou|facebookexternalhit|meta-externalagent"
    r"|ia_archiver|archive\.org|pingdom|lighthouse|headlesschrome|mediapartners-google|apis-google"
    r"|google-(?:read-aloud|inspectiontool|extended)|feedfetcher|bingpreview|security scanner"
    r"|route53-health-check|statuscake|site24x7|newrelicpinger|datadogsynthetics|gtmetrix"
    r"|wappalyzer|censys|zgrab|masscan",
    re.IGNORECASE,
)
NOT_CRAWLERS = re.compile(r"slackbot|slack-imgproxy", re.IGNORECASE)
MOST_TEXT, LONGEST_TEXT = 64 * 1024, 8192  # characters that patterns are compared with
# The newest major version that counts as legacy.
LEGACY = {
    "IE": 11, "Internet Explorer": 11, "Safari": 11, "Opera": 50, "Opera Mini": 34,
    "Android": 4, "Android Browser": 4, "Edge": 78, "Chrome": 62, "Firefox": 66,
}  # fmt: skip
HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}:)?//(?:[^/@?#]{0,255}@)?(\[[^\]]{0,64}\]|[^/:?#]{1,255})",
    re.IGNORECASE,
)
BUILTIN_FILES = frozenset(("", "<anonymous>", "native", "[native code]"))


def matching_rule(event: dict[str, Any], wanted: Filters, client_ip: str | None) -> str | None:
    """The name of the first filter that matches; None lets the event pass."""
    if wanted == Filters():
        return None
    checks = (
        ("browser_extensions", wanted.browser_extensions and _is_extension(event)),
        ("web_crawlers", wanted.web_crawlers and _is_crawler(event)),
        ("legacy_browsers", wanted.legacy_browsers and _is_legacy(event)),
        ("localhost", wanted.localhost and _is_local(event)),
        ("ips", _in_networks(client_ip, wanted.ips)),
        ("releases", _matches(wanted.releases, event.get("release"))),
        ("environments", _matches(wanted.environments, event.get("environment"))),
        ("messages", _matches(wanted.messages, *_texts(event))),
    )
    return next((name for name, matched in checks if matched), None)


def _matches(patterns: tuple[str, ...], *texts: str | None) -> bool:
    folded = [fold(text) for text in texts if text] if patterns else []
    return any(glob(pattern).fits(text) for pattern in patterns for text in folded)


def _exceptions(event: dict[str, Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = event.get("exception", {}).get("values", [])
    return values


def _texts(event: dict[str, Any]) -> list[str]:
    """What people would call the message: `Type: value`, the value, the log message."""
    entry = event.get("logentry", {})
    texts = [entry.get("formatted") or "", entry.get("message") or ""]
    size = 0
    for exception in reversed(_exceptions(event)):  # causes too: people filter by what they see
        kind, value = exception.get("type") or "", (exception.get("value") or "")[:LONGEST_TEXT]
        size += len(kind) + len(value)
        if size > MOST_TEXT:
            break
        texts += [f"{kind}: {value}" if kind and value else "", value, kind]
    return [text[:LONGEST_TEXT] for text in texts if text]


def _is_extension(event: dict[str, Any]) -> bool:
    if any(known in text.lower() for text in _texts(event) for known in EXTENSION_MESSAGES):
        return True
    if any(_crash_file(exception).startswith(EXTENSION_URLS) for exception in _exceptions(event)):
        return True
    return any(text.startswith(EXTENSION_URLS) for text in _texts(event))


def _crash_file(exception: dict[str, Any]) -> str:
    """The file of the crash frame; built-in functions that it called have none."""
    for frame in reversed(exception.get("stacktrace", {}).get("frames", [])):
        file = str(frame.get("abs_path") or frame.get("filename") or "")
        if file not in BUILTIN_FILES:
            return file
    return ""


def _header(event: dict[str, Any], wanted: str) -> str:
    headers = event.get("request", {}).get("headers", [])
    pairs = headers.items() if isinstance(headers, dict) else headers
    return next((str(value) for name, value in pairs if name == wanted), "")


def _is_crawler(event: dict[str, Any]) -> bool:
    agent = _header(event, "User-Agent")[:1024]
    return bool(CRAWLERS.search(agent)) and not NOT_CRAWLERS.search(agent)


def _is_legacy(event: dict[str, Any]) -> bool:
    browser = event["contexts"].get("browser", {})
    newest = LEGACY.get(str(browser.get("name")))
    major = re.match(r"\d+", str(browser.get("version") or ""))
    return newest is not None and major is not None and int(major[0][:6]) <= newest


def _is_local(event: dict[str, Any]) -> bool:
    """By what the event says of itself: a server beside jentry, or a proxy, sends from here too."""
    address = plain_address(str(event.get("user", {}).get("ip_address") or ""))
    url = str(event.get("request", {}).get("url") or "")
    host = HOST.match(url) or HOST.match(f"//{_header(event, 'Host')}")
    name = host[1].lower().rstrip(".") if host else ""
    is_named = name == "localhost" or name.endswith(".localhost")
    return is_named or _is_loopback(plain_address(name)) or _is_loopback(address)


def _is_loopback(address: str | None) -> bool:
    return address is not None and ip_address(address).is_loopback


def _in_networks(address: str | None, networks: tuple[str, ...]) -> bool:
    if not address or not networks:
        return False
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(_contains(network, ip) for network in networks)


def _contains(network: str, ip: Any) -> bool:
    try:
        return ip in ip_network(network, strict=False)
    except ValueError:
        return False
