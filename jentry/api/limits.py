"""How many requests a token may make, the headers that tell it so, and how much it may write.

The requests are counted in this process's memory: a restart forgets them, and with several worker
processes each has its own. What is written is counted in the database.
"""

import math
import threading
from dataclasses import dataclass

from flask import Response, current_app, g

from jentry import clock
from jentry.app.db import settings
from jentry.errors import TooManyRequests
from jentry.quotas import CHANGE_BYTES
from jentry.store import tokens
from jentry.store.connection import Connection

WINDOW = 60  # seconds
POLICY = "token"  # its name in both headers


@dataclass(frozen=True, slots=True)
class Quota:
    """What a token has left after this request; `is_open`: whether this one was within it."""

    limit: int
    remaining: int
    seconds: int  # until the window ends and the quota is whole again
    is_open: bool


class Limiter:
    """One window of requests for each token, from its first request on; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[int, tuple[float, int]] = {}  # token -> start, requests since

    def take(self, token_id: int, limit: int, now: float) -> Quota:
        with self._lock:
            start, used = self._windows.get(token_id, (now, 0))
            if not 0 <= now - start < WINDOW:  # over, or the clock was set back
                start, used = now, 0
            is_open = used < limit
            used += is_open
            self._windows[token_id] = start, used
        return Quota(limit, max(limit - used, 0), math.ceil(start + WINDOW - now), is_open)


def count(token_id: int) -> None:
    """Count this request of the token. Raises TooManyRequests."""
    limit = settings().api_rate
    if limit == 0:
        return
    limiter: Limiter = current_app.extensions["limiter"]
    g.quota = limiter.take(token_id, limit, clock.now().timestamp())
    if not g.quota.is_open:
        raise TooManyRequests(
            f"This token may make {limit} requests a minute; try again in {g.quota.seconds} s.",
            headers={"Retry-After": str(g.quota.seconds)},
        )


def tell(response: Response) -> None:
    """`RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers spells them."""
    quota: Quota | None = g.get("quota")
    if quota is not None:
        response.headers["RateLimit-Policy"] = f'"{POLICY}";q={quota.limit};w={WINDOW}'
        response.headers["RateLimit"] = f'"{POLICY}";r={quota.remaining};t={quota.seconds}'


def charge(token_id: int, db: Connection, at: str, changes: int = 1) -> None:
    """Count what this request writes: its body, twice as it may be kept for a day with the answer,
    and what comes with each change. Raises TooManyRequests; then nothing of it may be kept.
    """
    most = settings().api_bytes_hour
    if most == 0:
        return
    size = 2 * len(g.get("raw_body", b"")) + CHANGE_BYTES * changes
    wait = tokens.spend(db, token_id, size, most, at)
    if wait:
        raise TooManyRequests(
            f"This token may write {most} bytes an hour; try again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
