"""What SDKs are told. README: Answers, Requests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from jentry.errors import Refusal, TooLarge
from jentry.quotas import EVENTS, LIMITS
from jentry.store.rows import RateLimit

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": (
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        "authentication, authorization, content-encoding, transfer-encoding"
    ),
    "Access-Control-Max-Age": "3600",
}
PLACE = re.compile(r": line \d+ column \d+ \(char \d+\)")
NUMBER = re.compile(r"(?<![-\w])(?:0x[0-9a-f]+|\d+)\b")
BUSY_SECONDS = 5  # to wait when too much is queued


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def accepted(event_id: str | None) -> Answer:
    return Answer(200, orjson.dumps({"id": event_id} if event_id else {}), CORS)


def refused(status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """An error in the form SDKs and sentry-cli print."""
    reason = message.encode("ascii", "replace").decode().replace("\n", " ")[:500]
    return Answer(
        status,
        orjson.dumps({"detail": message, "causes": [message]}),
        {**CORS, "X-Sentry-Error": reason, **(headers or {})},
    )


def limited(limits: Sequence[RateLimit]) -> Answer:
    """429 with both headers: without them SDKs stop everything for a minute.

    What no quota names keeps flowing, client reports always.
    """
    wanted = [
        (limit.retry_after, LIMITS[limit.quota].categories, "project:quota_exceeded")
        for limit in limits
    ]
    return _wait(wanted, "quota_exceeded")


def busy() -> Answer:
    """Too much waits to be stored."""
    return _wait([(BUSY_SECONDS, EVENTS, "organization:backpressure")], "backpressure")


def _wait(wanted: Sequence[tuple[int, Sequence[str], str]], reason: str) -> Answer:
    """`wanted`: seconds, categories, and whose limit it is for which reason."""
    seconds = max(seconds for seconds, _, _ in wanted)
    limits = [f"{wait}:{';'.join(categories)}:{whose}" for wait, categories, whose in wanted]
    return refused(
        429,
        f"rate limited, retry after {seconds} seconds ({reason})",
        {"Retry-After": str(seconds), "X-Sentry-Rate-Limits": ", ".join(limits)},
    )


def unstorable(reason: str | None) -> Answer:
    """The disk is full, or the database cannot be written for another reason, which is public."""
    return refused(503, reason or "the event could not be stored", {"Retry-After": "30"})


def unsettled() -> Answer:
    return refused(503, "the project's settings keep changing, try again", {"Retry-After": "1"})


def preflight(requested_headers: str | None) -> Answer:
    """The answer to OPTIONS: headers asked for by name are allowed too."""
    headers = dict(PREFLIGHT)
    if requested_headers and requested_headers.isascii() and requested_headers.isprintable():
        headers["Access-Control-Allow-Headers"] += f", {requested_headers}"
    return Answer(200, b"", headers, "text/plain")


def reason(refusal: Refusal) -> str:
    """The message without what differs from body to body: each reason is a row for every hour."""
    if isinstance(refusal, TooLarge):
        return "too_large"
    return NUMBER.sub("n", PLACE.sub("", refusal.message))[:200]
