"""Webhooks, signed after Standard Webhooks."""

import http.client
import ssl
from collections.abc import Mapping
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook

from jentry import clock
from jentry.alerts import http as outgoing
from jentry.alerts.addresses import NotPublic
from jentry.alerts.deadline import words
from jentry.alerts.items import Item, Message
from jentry.alerts.outcome import Gone, Later, Outcome, Sent

MOST_ITEMS = 100
TYPES = {"alert": "alert.triggered", "test": "alert.test", "notice": "alert.notice"}
NEVER = "it answered with a redirect, which is never followed"


def body(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {
        "organization": message.organization["slug"],
        "channelId": message.channel["id"] if message.channel else None,
        "itemCount": message.count,
        "items": [_item(item, message.base_url) for item in message.items],
    }
    if message.lines:
        data["text"] = "\n".join(message.lines)
    return {"type": TYPES[message.kind], "timestamp": message.created_at, "data": data}


def _item(item: Item, base_url: str) -> dict[str, Any]:
    issue = None
    if item.issue is not None:
        from jentry.schemas.issues import OUTS  # noqa: PLC0415 - much, for who sends none

        (issue,) = OUTS.dump([{**item.issue, "permalink": item.link(base_url)}])
    return {
        "condition": item.condition,
        "at": item.at,
        "rules": list(item.rules),
        "project": dict(item.project),
        "environment": item.environment,
        "eventId": item.event_id,
        "detail": dict(item.detail),
        "issue": issue,
    }


def send(message: Message, channel: Mapping[str, Any], way: outgoing.Way) -> Outcome:
    """`channel` has `url`, `secret` and `former_secret` (None: only one signs)."""
    payload = orjson.dumps(body(message))
    headers = signed(message.delivery_id, payload, channel["secret"], channel["former_secret"])
    try:
        answer = outgoing.post(channel["url"], payload, headers, way)
    except NotPublic as error:
        return Later(str(error))
    except ssl.SSLCertVerificationError as error:
        return Later(f"its certificate is not valid: {error.verify_message}")
    except (OSError, http.client.HTTPException) as error:
        return Later(words(error))
    return judged(answer)


def signed(delivery_id: int, payload: bytes, secret: str, former: str | None) -> dict[str, str]:
    """Headers. During a change of the secret both sign."""
    name, now = f"msg_{delivery_id}", clock.now()
    text = payload.decode()
    signatures = [Webhook(one).sign(name, now, text) for one in (secret, former) if one]
    return {
        "Content-Type": "application/json",
        "User-Agent": "jentry",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def judged(answer: outgoing.Answer) -> Outcome:
    said = f"{answer.status} {answer.reason}"
    text = " ".join(answer.text.split())
    told = f"{said}: {text}" if text else said
    if 200 <= answer.status < 300:
        return Sent(told)
    if answer.status == 410:
        return Gone(told)
    if 300 <= answer.status < 400:
        return Later(f"{said}: {NEVER}")
    return Later(told, answer.retry_after)
