"""Addresses of webhooks and chat services: which are taken, and why others are not."""

import re
from urllib.parse import parse_qsl, urlsplit

WEB = ("http", "https")
# Those of apprise's services that speak HTTP and nothing else. Others run programs, read files,
# write to the log or send datagrams.
SCHEMES = (
    "bark", "barks", "discord", "feishu", "flock", "gchat", "gotify", "gotifys", "guilded",
    "hassio", "hassios", "ifttt", "json", "jsons", "lametric", "lark", "line", "mailgun",
    "matrix", "matrixs", "mmost", "mmosts", "nctalk", "nctalks", "notica", "ntfy", "ntfys",
    "opsgenie", "pagerduty", "pagertree", "pbul", "prowl", "pover", "pushdeer", "pushdeers",
    "pushplus", "rocket", "rockets", "ryver", "sendgrid", "signal", "signals", "signl4",
    "simplepush", "slack", "spike", "splunk", "threema", "tgram", "twilio", "victorops",
    "workflows", "wxteams", "zulip",
)  # fmt: skip
# They would change what this server decides, or read its files.
REFUSED_PARAMETERS = (
    "redirect", "rto", "cto", "verify", "keyfile", "template", "attach", "store", "oauth_file",
)  # fmt: skip
PLAIN = re.compile(r"[!-~]+")


def problem(url: str) -> str | None:
    """Why an address is not taken, as a sentence; None: it is."""
    if not PLAIN.fullmatch(url):
        return "Must be an address of plain ASCII characters without blanks."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Must be an address such as https://hooks.example.com/alerts."
    if parts.scheme in WEB:
        if not host:
            return "Must be an address such as https://hooks.example.com/alerts."
        if parts.username is not None or parts.password is not None:
            return "Must not contain a user or password."
        return None
    if parts.scheme not in SCHEMES:
        return f"Must begin with http://, https:// or one of: {', '.join(SCHEMES)}."
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower().lstrip("+-:") in REFUSED_PARAMETERS:
            return f"Must not have the parameter {name[:40]}."
    return None
