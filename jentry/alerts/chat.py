"""Chat and paging: apprise, in a child process for each message, which costs the server nothing
once it is gone. What it may reach is guarded there, in `chat_child.py`.
"""

import json
import subprocess
from typing import Any

from jentry import children
from jentry.alerts.http import Way
from jentry.alerts.items import Item, Message
from jentry.alerts.outcome import Later, Outcome, Sent
from jentry.alerts.text import defused, line
from jentry.presentation.text import visible

SECONDS = 12.0
MOST_ITEMS = 20
LONGEST_SUBJECT = 200


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
    child: subprocess.Popen[str] = children.start(
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
