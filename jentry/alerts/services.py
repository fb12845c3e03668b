"""Addresses of webhooks and chat services: which are taken, and why others are not."""

import re
from urllib.parse import parse_qsl, urlsplit

WEB = ("http", "https")
# Those of apprise's services that speak HTTP and nothing else, by their modules; only the one that
# is needed is loaded. Others run programs, read files, write to the log or send datagrams.
MODULES = {
    "bark": "bark barks", "discord": "discord", "feishu": "feishu", "flock": "flock",
    "google_chat": "gchat", "gotify": "gotify gotifys", "guilded": "guilded",
    "home_assistant": "hassio hassios", "ifttt": "ifttt", "custom_json": "json jsons",
    "lametric": "lametric", "lark": "lark", "line": "line", "mailgun": "mailgun",
    "matrix": "matrix matrixs", "mattermost": "mmost mmosts", "nextcloudtalk": "nctalk nctalks",
    "notica": "notica", "ntfy": "ntfy ntfys", "opsgenie": "opsgenie", "pagerduty": "pagerduty",
    "pagertree": "pagertree", "pushbullet": "pbul", "prowl": "prowl", "pushover": "pover",
    "pushdeer": "pushdeer pushdeers", "pushplus": "pushplus", "rocketchat": "rocket rockets",
    "ryver": "ryver", "sendgrid": "sendgrid", "signal_api": "signal signals", "signl4": "signl4",
    "simplepush": "simplepush", "slack": "slack", "spike": "spike", "splunk": "splunk victorops",
    "threema": "threema", "telegram": "tgram", "twilio": "twilio", "workflows": "workflows",
    "webexteams": "wxteams", "zulip": "zulip",
}  # fmt: skip
SCHEMES = {scheme: name for name, schemes in MODULES.items() for scheme in schemes.split()}
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
