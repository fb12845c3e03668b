"""Chat and paging: apprise, in a child process for each message, which costs the server nothing
once it is gone. What it may reach is guarded there, in `chat_child.py`.
"""

import json
import subprocess
from typing import Any
from urllib.parse import urlsplit

from jentry import children
from jentry.alerts.http import Way
from jentry.alerts.items import Item, Message
from jentry.alerts.outcome import Later, Outcome, Sent
from jentry.alerts.text import defused, line
from jentry.presentation.text import visible

SECONDS = 12.0
MOST_ITEMS = 20
LONGEST_SUBJECT = 200

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
REFUSED_PARAMETERS = ("redirect", "rto", "cto", "verify", "keyfile", "template", "attach", "store")


def is_offered(url: str) -> bool:
    return urlsplit(url).scheme.lower() in SCHEMES


def body(message: Message) -> str:
    parts = [visible(text) for text in message.lines]
    parts += ["\n".join(_lines(message, item)) for item in message.items]
    if message.more > 0:
        parts.append(f"And {message.more:,} more: {message.all_link}")
    return "\n\n".join(parts)


def _lines(message: Message, item: Item) -> list[str]:
    """What is from outside is defused; the link is ours."""
    found = [f"{item.project_name}: {item.sentence}"]
    if item.issue is not None:
        found.append(item.title)
    found += filter(None, (item.culprit, " · ".join(item.facts), item.state))
    return [defused(visible(text)) for text in found] + [item.link(message.base_url)]


def request(message: Message, url: str, way: Way) -> dict[str, Any]:
    """What the child gets on its standard input: nothing of it in arguments, which `ps` shows."""
    return {
        "url": url,
        "title": defused(line(message.subject, LONGEST_SUBJECT)),
        "body": body(message),
        "allowed": [str(network) for network in way.allowed],
        "proxy": way.proxy,
    }


def send(message: Message, url: str, way: Way) -> Outcome:
    child = children.start(
        "chat", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        out, _ = child.communicate(json.dumps(request(message, url, way)), SECONDS)
        answer = json.loads(out)
    except subprocess.TimeoutExpired:
        return Later(f"no answer within {SECONDS:g} s")
    except ValueError:
        return Later("the process that sends to chats ended without an answer")
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()
    words = str(answer["words"])
    return Sent(words) if answer["is_sent"] is True else Later(words)
