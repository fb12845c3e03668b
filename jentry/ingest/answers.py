"""What SDKs are told. README: Answers, Requests."""

from dataclasses import dataclass, field

import orjson

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
BUSY_SECONDS = 5  # to wait when too much is queued
# Sessions and client reports are never limited: what is not named here keeps flowing.
LIMITED = "error;default;security;attachment"


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


def limited(seconds: int, reason: str, scope: str = "project") -> Answer:
    """429 with both headers: without them SDKs stop for a minute, sessions included."""
    return refused(
        429,
        f"rate limited, retry after {seconds} seconds ({reason})",
        {
            "Retry-After": str(seconds),
            "X-Sentry-Rate-Limits": f"{seconds}:{LIMITED}:{scope}:{reason}",
        },
    )


def busy() -> Answer:
    """Too much waits to be stored."""
    return limited(BUSY_SECONDS, "backpressure", "organization")


def unstorable() -> Answer:
    """The disk is full, or the database cannot be written for another reason."""
    return refused(503, "the event could not be stored", {"Retry-After": "60"})


def unsettled() -> Answer:
    return refused(503, "the project's settings keep changing, try again", {"Retry-After": "1"})


def preflight(requested_headers: str | None) -> Answer:
    """The answer to OPTIONS: headers asked for by name are allowed too."""
    headers = dict(PREFLIGHT)
    if requested_headers and requested_headers.isascii() and requested_headers.isprintable():
        headers["Access-Control-Allow-Headers"] += f", {requested_headers}"
    return Answer(200, b"", headers, "text/plain")
